"""What the public site seals inwards, and a new key for it."""

import secrets as random_source

import pytest

from anxin.kernel.actors import SYSTEM
from anxin.kernel.secret_files import secret
from kmc import api as kmc
from tests.support.ra import AT
from tests.support.refusals import refused_by


@pytest.fixture
def restart_with(kek_file):
    """Start anew with these keys, the newest first."""

    def start(*lines):
        path = kek_file.with_name("inbox-key")
        path.touch(0o600)
        path.write_text("\n".join(lines))
        secret.cache_clear()

    return start


@pytest.mark.django_db
def test_a_new_inbox_key_takes_over_without_a_gap(restart_with):
    old, new = random_source.token_hex(32), random_source.token_hex(32)
    restart_with(old)
    kmc.publish_inbox_key(actor=SYSTEM, at=AT)
    before = kmc.seal_inwards("here", b"before")

    restart_with(new, old)
    assert kmc.publish_inbox_key(actor=SYSTEM, at=AT)
    after = kmc.seal_inwards("here", b"after")

    assert [kmc.open_inwards("here", one) for one in (before, after)] == [b"before", b"after"]
    restart_with(new)
    assert kmc.open_inwards("here", after) == b"after"
    assert refused_by(kmc.open_inwards, "here", before) == "kmc.seal_broken"
