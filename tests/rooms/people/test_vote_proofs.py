"""Votes proved from what is kept, here and off the system; tampering is named (CPS-5.2.2)."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from people.api import Role, propose, vote
from pki import statements
from tests.support.people import hire
from tests.support.voting import enrolled, hand_in, pen, sign_vote

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
ONE = pen(1)


@pytest.fixture
def cast():
    """A reviewer's signed vote: the id of its approval."""
    tang, gao = hire("tang", Role.SECURITY_ADMIN), hire("gao", Role.CA_ADMIN)
    chen, ren = hire("chen", Role.OPERATOR), hire("ren", Role.REVIEWER)
    enrolled(ONE, ren, tang, gao, at=AT)
    payload, subject = {"application_id": 17}, "ra.application:17"
    action = "ra.approve_application_twice"
    asked = propose(action, payload, subject=subject, actor=chen, at=LATER)
    sign_vote(ONE, asked.id, ren, at=LATER)
    return asked.id


LAST = "key_id IS NOT NULL"  # in what follows: of the vote that was cast last


def _last(cursor):
    cursor.execute("SELECT max(id) FROM people_vote")
    return cursor.fetchone()[0]


def sql(statement, *values):
    """As the owner of the tables, behind everybody's back."""
    with connection.cursor() as cursor:
        cursor.execute(statement.replace(LAST, f"id = {_last(cursor)}"), values)
        assert cursor.rowcount == 1


def verdict(tmp_path):
    """Of the command here, and of the command line elsewhere on what it exported."""
    file = tmp_path / "votes.json"
    try:
        call_command("verify_votes", export=file)
        here = ""
    except CommandError as error:
        here = str(error).partition(":")[0]
    command = [sys.executable, "-m", "pki", "verify", "vote", str(file)]
    elsewhere = subprocess.run(
        command, capture_output=True, text=True, cwd=settings.BASE_DIR, env={}, check=False
    )
    told = json.loads(elsewhere.stdout)
    assert (elsewhere.returncode == 0) == (told["verdict"] == "holds")
    return here, told


def test_honest_votes_are_proved_here_and_elsewhere(cast, tmp_path, capsys):
    """CPS-5.2.2, CPS-5.2.3"""
    here, told = verdict(tmp_path)

    assert (here, told["votes"], told["signed"]) == ("", 4, 3)
    assert capsys.readouterr().out == "proved: 4 votes, 3 of them signed\n"


def test_an_export_overwrites_nothing_and_tells_no_comment(cast, tmp_path):
    sql("UPDATE people_vote SET comment = '不给别人看' WHERE key_id IS NULL")
    file = tmp_path / "votes.json"
    call_command("verify_votes", export=file)

    assert "不给别人看" not in file.read_text()
    with pytest.raises(CommandError, match="exists already"):
        call_command("verify_votes", export=file)


WRONG = [
    ("UPDATE people_vote SET grants = NOT grants WHERE key_id IS NOT NULL", "vote.statement"),
    ("UPDATE people_vote SET comment = 'x' WHERE key_id IS NOT NULL", "vote.statement"),
    (
        "UPDATE people_vote SET voted_at = voted_at + interval '1 day' WHERE key_id IS NOT NULL",
        "vote.time",
    ),
    (
        (
            "UPDATE people_vote SET statement = replace(statement, 'yes', 'no')"
            " WHERE key_id IS NOT NULL"
        ),
        "vote.signature",
    ),
    (
        (
            "UPDATE people_vote SET key_id = NULL, statement = '', signature = ''"
            " WHERE key_id IS NOT NULL"
        ),
        "vote.unsigned",
    ),
    (
        (
            "UPDATE people_approval SET payload = '{\"application_id\":18}'"
            " WHERE subject = 'ra.application:17'"
        ),
        "vote.payload",
    ),
    (
        (
            "UPDATE people_approval SET action = 'ra.approve_application'"
            " WHERE subject = 'ra.application:17'"
        ),
        "vote.payload",
    ),
    (
        (
            "UPDATE people_approval SET maker_id = (SELECT checker_id FROM people_vote v"
            " WHERE v.approval_id = people_approval.id) WHERE subject = 'ra.application:17'"
        ),
        "vote.own_work",
    ),
]


@pytest.mark.parametrize(("statement", "rule"), WRONG)
def test_what_was_changed_behind_everybodys_back_is_named(cast, tmp_path, statement, rule):
    """CPS-5.2.2, CPS-5.2.4"""
    sql(statement)

    here, told = verdict(tmp_path)

    assert (here, told["rule"]) == (rule, rule)
    assert "Vote " in told["reason"]


def test_a_key_put_in_the_place_of_the_enrolled_one_is_named(cast, tmp_path):
    """CPS-5.2.3: the enrolment, agreed to by two, says which key is whose."""
    key = "WHERE id = (SELECT max(id) FROM people_operatorkey)"
    sql(f"UPDATE people_operatorkey SET public_key = %s {key}", pen(2).public)

    here, told = verdict(tmp_path)

    assert (here, told["rule"]) == ("vote.key", "vote.key")


def test_a_key_that_nobody_agreed_to_proves_nothing(cast, tmp_path):
    """CPS-5.2.3: whoever writes a key and its enrolment into the tables does not vote with it."""
    wei = hire("wei", Role.REVIEWER)
    chen = hire("cheng", Role.OPERATOR)
    forged = pen(3)
    key_id = hand_in(forged, wei, at=AT)
    stated = {
        "person": wei.person_id,
        "key": key_id,
        "fingerprint": statements.fingerprint(forged.public),
    }
    tang = hire("tan", Role.SECURITY_ADMIN)
    about = f"people.staffmember:{wei.person_id}"
    asked = propose("people.enrol_key", stated, subject=about, actor=tang, at=AT)
    sql(
        "UPDATE people_operatorkey SET state = 'active', active_from = %s, warrant_id = %s"
        " WHERE id = %s",
        AT,
        asked.id,
        key_id,
    )
    about = "ra.application:18"
    action = "ra.approve_application_twice"
    bought = propose(action, {"application_id": 18}, subject=about, actor=chen, at=LATER)
    sign_vote(forged, bought.id, wei, at=LATER)

    here, told = verdict(tmp_path)

    assert (here, told["rule"]) == ("vote.enrolment", "vote.enrolment")


def test_an_act_whose_vote_was_taken_away_is_named(cast, tmp_path):
    """CPS-5.2.2"""
    wei, tang, gao = (
        hire("wei", Role.REVIEWER),
        hire("tan", Role.SECURITY_ADMIN),
        hire("gong", Role.CA_ADMIN),
    )
    enrolled(pen(2), wei, tang, gao, at=LATER)
    sql("DELETE FROM people_vote WHERE id = (SELECT max(id) FROM people_vote)")

    with pytest.raises(CommandError, match="without the votes it needs"):
        call_command("verify_votes")


def test_a_vote_from_before_its_voter_had_a_key_needs_no_signature(tmp_path):
    tang, gao = hire("tang", Role.SECURITY_ADMIN), hire("gao", Role.CA_ADMIN)
    chen, ren = hire("chen", Role.OPERATOR), hire("ren", Role.REVIEWER)
    asked = propose("ra.approve_application_twice", {"n": 1}, subject="x:1", actor=chen, at=AT)
    vote(asked.id, grants=True, seen=asked.digest, actor=ren, at=AT)
    enrolled(ONE, ren, tang, gao, at=LATER)

    here, told = verdict(tmp_path)

    assert (here, told["signed"]) == ("", 2)  # those that enrolled a key


@pytest.mark.parametrize("content", ["", "[]", '{"format": "other", "votes": []}', "{}"])
def test_what_is_no_export_cannot_be_read(tmp_path, content):
    file = Path(tmp_path / "votes.json")
    file.write_text(content)
    command = [sys.executable, "-m", "pki", "verify", "vote", str(file)]
    answer = subprocess.run(
        command, capture_output=True, text=True, cwd=settings.BASE_DIR, env={}, check=False
    )

    assert (answer.returncode, json.loads(answer.stdout)["rule"]) == (2, "vote.file")
