import secrets as random_source

import pytest

from anxin.kernel.secret_files import secret


@pytest.fixture(autouse=True)
def kek_file(tmp_path, settings):
    """The secret files this house reads; returns the path of the key-encryption key."""
    settings.SECRETS_DIR = secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name in ("kek", "index-key"):
        (secrets / name).touch(0o600)
        (secrets / name).write_text(random_source.token_hex(32))
    secret.cache_clear()
    yield secrets / "kek"
    secret.cache_clear()
