"""A ceremony room with people in it: everybody with a role, a key of their own, and a say."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import ModuleType

import pytest

from anxin.kernel.actors import Actor
from ca.ceremonies import queries, services, working
from ca.ceremonies.kinds import ROLE_OF
from ca.ceremonies.models import Ceremony, CeremonyStep
from ca.ceremonies.rules import Draft
from people.api import Role, approval, vote
from pki import ceremonies, certificates, extensions, keys, names, requests
from pki.certificates import Certificate, Plan
from pki.keys import PrivateKey
from pki.signatures import default_algorithm
from tests.support.ca import NOW, entropy
from tests.support.people import hire
from tests.support.signer import SignerProcess
from tests.support.voting import Pen, enrolled, pen, with_pen

CAST = {
    "tang": Role.SECURITY_ADMIN,
    "lu": Role.CUSTODIAN,
    "qin": Role.CUSTODIAN,
    "gao": Role.CA_ADMIN,
    "jiang": Role.AUDITOR,
}
SECOND = timedelta(seconds=1)


class Killed(BaseException):
    """As a kill does, it ends a worker whatever this would catch."""


def killed(*_given: object, **_named: object) -> None:
    raise Killed


def step_of(number: str, code: str) -> CeremonyStep:
    return CeremonyStep.objects.get(ceremony__number=number, code=code)


@dataclass
class House:
    """The people, and a clock that goes on by itself."""

    signer: SignerProcess
    people: dict[str, Actor] = field(default_factory=dict)
    others: dict[str, Actor] = field(default_factory=dict)  # present nowhere, without keys
    cast: dict[str, Role] = field(default_factory=lambda: dict(CAST))
    at: datetime = NOW - timedelta(minutes=30)
    pens: dict[str, Pen] = field(default_factory=dict)  # of those who have another than at first

    def furnish(self) -> "House":
        asks = hire("other-tang", Role.SECURITY_ADMIN)
        agrees = hire("other-gao", Role.CA_ADMIN)
        self.others = {"tang": asks, "gao": agrees}
        for number, (login, role) in enumerate(self.cast.items(), 1):
            self.people[login] = hire(login, role)
            enrolled(pen(number), self.people[login], asks, agrees, at=self.now())
        return self

    def now(self) -> datetime:
        self.at += SECOND
        return self.at

    def pen_of(self, login: str):
        return self.pens.get(login) or pen(1 + list(self.cast).index(login))

    def draft(self, said: Draft, **changes: object) -> str:
        parts = {
            "custodians": [
                self.people[one].person_id
                for one, role in self.cast.items()
                if role == Role.CUSTODIAN
            ],
            "witness": self.people["gao"].person_id,
            "auditor": self.people["jiang"].person_id,
        }
        return services.draft(said, **(parts | changes), actor=self.people["tang"], at=self.now())

    def agree(self, number: str, *logins: str) -> None:
        services.ask(number, actor=self.people["tang"], at=self.now())
        asked = approval(Ceremony.objects.get(number=number).approval_id)
        for login in logins or ("gao", "lu"):
            at = self.now()
            actor = with_pen(self.pen_of(login), asked, self.people[login], at=at)
            vote(asked.id, grants=True, seen=asked.digest, actor=actor, at=at)

    def opened(self, said: Draft, *, active: bool = True) -> str:
        """`active`: two custodians have activated the signer for it."""
        number = self.draft(said)
        self.agree(number)
        services.open_room(number, actor=self.people["tang"], at=self.now())
        if active:
            self.activate(number)
        return number

    def activate(self, number: str) -> None:
        """Two custodians bring their shares for this ceremony."""
        self.signer.agree(queries.ceremony(number).script.encode())

    def begin(self, number: str, code: str, given: str = "") -> None:
        services.begin(number, code, given=given, actor=self.people["tang"], at=self.now())

    def work(self) -> int:
        return working.run(at=self.now(), entropy=entropy)

    def die_at_work(self, before: str = "_settle", room: ModuleType = working) -> None:
        """A worker is killed before what `before` does."""
        with pytest.MonkeyPatch.context() as dying:
            dying.setattr(room, before, killed)
            with pytest.raises(Killed):
                self.work()

    def signing(self, login: str, said: dict[str, str], at: datetime, key: str = "") -> Actor:
        written = at.isoformat()
        signature = self.pen_of(key or login).sign(ceremonies.statement(said, at=written))
        return replace(self.people[login], signature=f"{written} {signature.hex()}")

    def attest(self, number: str, code: str, login: str, *, key: str = "", **changes: str) -> None:
        row = queries.ceremony(number)
        step = CeremonyStep.objects.get(ceremony=row, code=code)
        at = self.now()
        said = queries.fields(row, step, self.people[login].person_id) | changes
        services.attest(number, code, actor=self.signing(login, said, at, key), at=at)

    def step(self, number: str, code: str, given: str = "") -> None:
        """From its beginning to its end."""
        self.begin(number, code, given)
        self.work()
        row = queries.ceremony(number)
        written = next(one for one in queries.script_of(row)["steps"] if one["code"] == code)
        parts = {role: part for part, role in ROLE_OF.items()}
        for login, role in self.cast.items():
            if parts[role] in written["attest"]:
                self.attest(number, code, login)
        self.work()  # what everybody has attested is put to use

    def steps(self, number: str, *codes: str) -> None:
        for code in codes:
            self.step(number, code)

    def run(self, said: Draft, given: str = "") -> str:
        """A whole ceremony; its number."""
        number = self.opened(said)
        for step in queries.script_of(queries.ceremony(number))["steps"]:
            self.step(number, step["code"], given if step["act"] == "enter" else "")
        return number

    def cancel(self, number: str, reason: str, *, login: str = "tang") -> None:
        at = self.now()
        person = self.people[login]
        said = queries.abort_fields(queries.ceremony(number), person.person_id, reason)
        services.cancel(number, reason=reason, actor=self.signing(login, said, at), at=at)

    def end_early(self, number: str, login: str, reason: str = "") -> bool:
        row = queries.ceremony(number)
        at = self.now()
        why = reason or row.abort_reason
        said = queries.abort_fields(row, self.people[login].person_id, why)
        actor = self.signing(login, said, at)
        return services.end_early(number, reason=reason, actor=actor, at=at)


def external_root(algorithm: str = "sm2", years: int = 20) -> tuple[PrivateKey, Certificate]:
    """A root of somebody else."""
    key = keys.generate(algorithm)
    name = names.build([("C", "CN"), ("O", "Elsewhere"), ("CN", "External Root")])
    plan = Plan(
        serial=1 << 126,
        issuer=name.der,
        subject=name,
        public_key=key.public,
        not_before=NOW - timedelta(days=30),
        not_after=NOW + timedelta(days=365 * years),
        signature_algorithm=default_algorithm(key.algorithm),
        extensions=(
            extensions.subject_key_identifier(key.public.key_identifier),
            extensions.key_usage(("keyCertSign", "cRLSign")),
            extensions.basic_constraints(ca=True),
        ),
    )
    return key, _signed(plan, key)


def signed_by_root(
    wish: bytes, root: tuple[PrivateKey, Certificate], **changes: object
) -> Certificate:
    """What the root makes of a request; `changes` replace fields of the plan."""
    key, issuer = root
    request = requests.parse(wish)
    path_length = changes.pop("path_length", 0)
    fields = {
        "serial": (1 << 126) + 1,
        "issuer": issuer.body.subject,
        "subject": request.subject,
        "public_key": request.public_key,
        "not_before": NOW - timedelta(days=1),
        "not_after": NOW + timedelta(days=365 * 10),
        "signature_algorithm": default_algorithm(key.algorithm),
        "extensions": (
            extensions.authority_key_identifier(issuer.public_key.key_identifier),
            extensions.subject_key_identifier(request.public_key.key_identifier),
            extensions.key_usage(("keyCertSign", "cRLSign")),
            extensions.basic_constraints(ca=True, path_length=path_length),
            extensions.certificate_policies(("2.5.29.32.0",)),
            extensions.crl_distribution_points(("http://crl.example.com/root.crl",)),
            extensions.authority_information_access(issuers=("http://example.com/root.cer",)),
        ),
    }
    return _signed(Plan(**(fields | changes)), changes.get("by", key))


def _signed(plan: Plan, key: PrivateKey) -> Certificate:
    tbs = certificates.encode(plan)
    return certificates.parse(certificates.assemble(tbs, key.sign(tbs)))
