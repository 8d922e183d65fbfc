"""The SDF device of the tests, and what the signer is told of it."""

import argparse
import ctypes
import json
from dataclasses import dataclass, field
from pathlib import Path

from pki import keys
from pki.hsm import drivers
from pki.hsm.sdf import SdfToken

SOURCE = Path(__file__).parent / "sdf_device" / "device.c"
PASSWORD = "12345678"
INDEXES = {"issuing": 1, "other": 2, "rsa": 3}


@dataclass
class Machine:
    """Each copy of the library is a device of its own."""

    library: Path
    keys: Path  # where the library looks for its files
    home: Path
    device_file: Path
    settings: dict[str, object]
    opened: list[SdfToken] = field(default_factory=list)

    def make(self, index: int, algorithm: str = "sm2") -> keys.PrivateKey:
        """What two people do with the vendor's tool."""
        key = keys.generate(algorithm)
        self.place(index).write_bytes(keys.private_key_to_pkcs8(key))
        return key

    def place(self, index: int) -> Path:
        return self.keys / f"key_{index}.der"

    def tell(self, **settings: object) -> None:
        """Write the device's file; None takes a setting out."""
        told = self.settings | settings
        content = {name: value for name, value in told.items() if value is not None}
        self.device_file.write_text(json.dumps(content))

    @property
    def secret(self) -> Path:
        return self.home / "secret"

    def unlock(self, secret: str) -> None:
        self.secret.touch(mode=0o600)
        self.secret.write_text(secret)

    def options(self, vendor: str = "standard") -> tuple[str, ...]:
        return (
            *("--driver", "sdf", "--module", str(self.library), "--vendor", vendor),
            *("--device", str(self.device_file)),
        )

    def open(self, vendor: str = "standard") -> SdfToken:
        parser = argparse.ArgumentParser()
        drivers.add_options(parser)
        told = parser.parse_args([*self.options(vendor), "--home", str(self.home)])
        self.opened.append(drivers.open_token(told, drivers.read_secret(self.secret)))
        return self.opened[-1]

    def close(self) -> None:
        while self.opened:
            self.opened.pop().lock()

    def misuses(self) -> int:
        return ctypes.CDLL(str(self.library)).sdf_misuses()
