"""What must not leave the memory of a process, nor a demo (WP-6.2, CPS-9.4)."""

import sys

from anxin.supervisor.__main__ import main
from anxin.supervisor.home import Home
from anxin.supervisor.processes import Child, Program


def test_no_child_leaves_a_core_dump(place, eventually):
    home = Home(place)
    home.prepare()
    limits = "import resource; print(*resource.getrlimit(resource.RLIMIT_CORE))"
    arguments = (sys.executable, "-c", limits)

    child = Child(Program("limits", arguments, {"PATH": "/usr/bin:/bin"}), home)

    eventually(lambda: child.result() == 0)
    assert child.tail() == "    0 0"


def test_production_does_not_begin_in_the_home_of_a_demo(place, monkeypatch, capsys):
    """Its people's passwords and device keys lie in that home."""
    (place / "run").mkdir()
    (place / "run/demo.loaded").touch()
    monkeypatch.setenv("ANXIN_HOME", str(place))
    monkeypatch.setenv("ANXIN_ENV", "production")

    status = main([])

    assert status == 1
    assert "holds a demo" in capsys.readouterr().err
    assert not (place / "secrets").exists()


def test_custodians_who_never_leave_are_for_a_demo(place, monkeypatch, capsys):
    """CPS-6.2.2: elsewhere nobody has two shares in one place."""
    monkeypatch.setenv("ANXIN_HOME", str(place))
    monkeypatch.setenv("ANXIN_ENV", "production")

    assert main(["--activate-demo"]) == 1
    assert "two custodians come" in capsys.readouterr().err
    assert main(["--unlock"]) == 1
    assert "the only option" in capsys.readouterr().err


def test_first_shares_are_for_anybody_in_a_demo_alone(place, monkeypatch, capsys):
    """CPS-6.2.2: such a signer would found CAs without a ceremony, too."""
    monkeypatch.setenv("ANXIN_HOME", str(place))
    monkeypatch.setenv("ANXIN_ENV", "production")
    monkeypatch.setenv("ANXIN_SIGNER_FIRST_CUSTODIANS", "anybody")

    assert main([]) == 1

    (said,) = capsys.readouterr().err.splitlines()
    assert "anybody is for a demo: name the three" in said
    assert not (place / "secrets").exists()
