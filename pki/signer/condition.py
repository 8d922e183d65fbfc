"""How the signer is: its last trouble, which keys the device fails, and the self-test."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from pki.errors import PkiError, TokenError
from pki.hsm.examination import FAILED, PASSED, examine
from pki.signer.logs import log

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from pki.hsm.examination import Report
    from pki.hsm.interface import Token
    from pki.signer.protocol import Header

_SEALED = "token.locked"  # somebody sealed the signer meanwhile: no trouble of the device


class Condition:
    """Thread-safe. A key is failed by its device until it signs again: then the signer is degraded.

    Every signature is another try, and the driver opens a lost device anew by itself
    (`pki.hsm.cryptoki`), so whatever comes back is used again without anybody's help.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now, self._lock = now, threading.Lock()
        self._failing: dict[str, Header] = {}
        self.last_error: Header | None = None

    def note(self, error: PkiError) -> Header:
        """What a dashboard shows as the last trouble."""
        said = {"at": self._now().isoformat(), "rule": error.rule, "reason": error.reason}
        self.last_error = said
        return said

    def failed(self, label: str, error: TokenError) -> None:
        """The device did not sign with this key."""
        if error.rule == _SEALED:
            return
        said = self.note(error)
        with self._lock:
            before = self._failing.get(label, said)
            self._failing[label] = {**said, "since": before.get("since", said["at"])}

    def served(self, label: str) -> None:
        """The device has signed with this key."""
        if self._failing:
            with self._lock:
                self._failing.pop(label, None)

    def forget(self) -> None:
        """The signer was sealed or activated: what was, tells nothing."""
        with self._lock:
            self._failing.clear()

    def failing(self) -> dict[str, Header]:
        """By key: since when, and what the device said last."""
        with self._lock:
            return dict(self._failing)

    def compare(self, token: Token, expected: Mapping[str, bytes]) -> None:
        """Tell when register and token differ; the other keys stay usable."""
        for label, public_key in expected.items():
            try:
                same = token.public_key(label) == public_key
                reason = "" if same else "The token has another key by this name."
            except TokenError as error:
                reason = error.reason
            if reason:
                self.note(TokenError("signer.key_missing", reason, permanent=True))
                log("key_missing", key=label, reason=reason)

    def examine(self, token: Token, expected: Mapping[str, bytes]) -> Report:
        """The self-test; what it says of keys counts as well."""
        report = examine(token, expected)
        for check in report.checks:
            if check.about == "key" and check.outcome == PASSED:
                self.served(check.name)
            elif check.about == "key" and check.outcome == FAILED and check.name in expected:
                self.failed(check.name, TokenError(check.rule, check.reason, permanent=False))
        return report
