"""Ends of authorities: people who run them, and certificates in great numbers."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import connection

from anxin.kernel.actors import Actor
from ca.api import ending_audiences, note_ending_told
from ca.endings import services, working
from ca.endings.models import Ending, EndingStep
from ca.endings.rules import Declaration
from people.api import Role, approval
from tests.support.ca import NOW
from tests.support.ceremonies import draft
from tests.support.ceremony_rooms import House
from tests.support.people import hire
from tests.support.voting import enrolled, pen, sign_vote

MINUTE = timedelta(minutes=1)
PEN = pen(41)  # of the committee's member
RAN = ("ca.end_authority", "ca.abort_ending", "people.enrol_key")  # duties as they are
_labels = iter(range(1, 1000))
MANY = """
INSERT INTO ca_certificate
  (state, ca_id, profile, profile_version, requester, holder, warrant, subject, subject_text,
   public_key, days, names, template_digest, ordered_at, serial, not_before, not_after, planned_at,
   der, settled_at, refusal, ends, held_at, answers_until)
SELECT CASE WHEN i %% 10 = 0 THEN 'held' ELSE 'valid' END, %(ca)s, 'personal-sm2-sign', 1,
  'ra.application:' || i, 'subscriber:' || i, 1000000 + i, '\\x30'::bytea, 'CN=王小明, C=CN',
  '\\x30'::bytea, 365, '[]', '', %(at)s, '4' || md5(i::text), %(at)s,
  %(at)s + interval '365 days', %(at)s, '\\x30'::bytea, %(at)s, '', '',
  CASE WHEN i %% 10 = 0 THEN %(at)s END, %(at)s
FROM generate_series(1, %(many)s) AS i
"""


def issue_many(ca_id: int, many: int, *, at: datetime = NOW) -> None:
    """Certificates as their rows are; their bytes are nothing. Each tenth is on hold."""
    with connection.cursor() as cursor:
        cursor.execute(MANY, {"ca": ca_id, "many": many, "at": at - timedelta(days=1)})


@dataclass
class Office:
    """Who declares, who runs, who agrees; and a clock that goes on by itself."""

    at: datetime = NOW
    people: dict[str, Actor] = field(default_factory=dict)

    def furnish(self) -> "Office":
        for login, role in (
            ("tang", Role.SECURITY_ADMIN),
            ("gao", Role.CA_ADMIN),
            ("shao", Role.POLICY_MEMBER),
            ("jiang", Role.AUDITOR),
        ):
            self.people[login] = hire(login, role)
        return self.with_key()

    def with_key(self) -> "Office":
        """The committee's member signs votes."""
        asks, agrees = self.people["tang"], self.people["gao"]
        enrolled(PEN, self.people["shao"], asks, agrees, at=self.at)
        return self

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at

    def declare(self, authority: str = "nmg-sm2", **changes: object) -> str:
        said = {
            "kind": "compromise",
            "authority": authority,
            "known": "备份机房的密码设备被打开过，封条破损。",
            "notice": "因密钥损害，本 CA 的全部证书即将吊销，请办理新证书。",
            "since": self.at - 60 * MINUTE,
        }
        declaration = Declaration(**(said | changes))
        return services.declare(declaration, actor=self.people["tang"], at=self.now())

    def terminate(self, ends_on: date, authority: str = "nmg-sm2", **changes: object) -> str:
        said = {"kind": "termination", "since": None, "ends_on": ends_on}
        return self.declare(authority, **(said | changes))

    def decide(self, number: str, *, grants: bool = True) -> None:
        asked = approval(Ending.objects.get(number=number).approval_id)
        self.vote(asked, grants=grants)

    def vote(self, asked, *, grants: bool = True) -> None:
        sign_vote(PEN, asked.id, self.people["shao"], at=self.now(), grants=grants)

    def agreed(self, **changes: object) -> str:
        number = self.declare(**changes)
        self.decide(number)
        return number

    def begin(self, number: str, code: str = "revoke") -> None:
        services.begin(number, code, actor=self.people["gao"], at=self.now())

    def confirm(self, number: str, *codes: str, note: str = "发文〔2026〕12 号") -> None:
        day = (self.at + timedelta(hours=8)).date()
        for code in codes:
            services.confirm(
                number, code, note=note, on_day=day, actor=self.people["gao"], at=self.now()
            )

    def work(self, most: int = 40) -> int:
        return working.run(at=self.now(), most=most)


def states(number: str) -> dict[str, str]:
    rows = EndingStep.objects.filter(ending__number=number).order_by("position")
    return dict(rows.values_list("code", "state"))


def step(number: str, code: str) -> EndingStep:
    return EndingStep.objects.get(ending__number=number, code=code)


def tell_everybody(*, at: datetime) -> None:
    """What the house above does, batch after batch, without its letters."""
    while audiences := ending_audiences():
        for one in audiences:
            note_ending_told(one.step_id, one.certificate_ids, at=at)


def ceremony_held(house: House, office: Office, **changes: object) -> str:
    """The number of a real one, in which an authority beside the one that ends begins."""
    label = f"instead-{next(_labels)}"  # the signer outlives the tables of a test
    said = {
        "kind": "generate_subordinate",
        "key": label,
        "organization": "Baotou CA",
        "name": f"Baotou SM2 CA {label}",
        "years": 10,
        "superior": "anxin-sm2",
    }
    house.at = office.now()
    number = house.run(draft(**(said | changes)))
    office.at = house.now()
    return number
