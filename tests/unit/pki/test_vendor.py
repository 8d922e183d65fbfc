"""The HPKE that seals a custodian's share in a browser is the one that `script/hpke` built."""

import hashlib
from pathlib import Path

VENDOR = Path(__file__).resolve().parents[3] / "static/vendor"


def test_hpke_is_the_file_whose_digest_is_written_down():
    digest = hashlib.sha256((VENDOR / "hpke.js").read_bytes()).hexdigest()
    assert f"Its SHA-256:\n{digest}\n" in (VENDOR / "LICENSES").read_text("utf8")
