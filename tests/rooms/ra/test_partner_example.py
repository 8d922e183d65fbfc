"""The example in docs/api does what it says, with OpenSSL and curl alone."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from ra.applications.models import Application
from tests.oracles.refusals import missing
from tests.support import ra
from tests.support.partners import system

DOCS = Path(settings.BASE_DIR) / "docs" / "api" / "README.md"


@pytest.fixture
def example(tmp_path) -> Path:
    if not shutil.which("curl"):
        missing("curl", "curl")
    (found,) = re.findall(r"```bash\n(.*?)```", DOCS.read_text(), re.DOTALL)
    script = tmp_path / "example.sh"
    script.write_text(found)
    (tmp_path / "front.png").write_bytes(ra.picture())
    return script


def test_the_example_enters_an_application(live_counter, live_server, example):
    """WP-5.3"""
    partner = system(live_counter.chen)
    told = {"SITE": live_server.url, "KEY": partner.number, "SECRET": partner.secret}

    done = subprocess.run(
        ["/bin/bash", example],
        cwd=example.parent,
        env={"PATH": os.environ["PATH"]} | told,
        capture_output=True,
        check=False,
        text=True,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    row = Application.objects.get()
    assert (row.state, row.maker_id) == ("draft", live_counter.chen.person_id)
    assert f'"number":"{row.number}"' in done.stdout
    assert row.documents.get().slot == "id_front"
