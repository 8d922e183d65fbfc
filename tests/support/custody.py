"""Custodians with their browsers, for tests: what static/js/custody.js does, by pki.custodians."""

from dataclasses import dataclass, field

from anxin.kernel.actors import Actor
from ca.custody import activating, noting, services
from ca.custody.models import Activation, Seat
from ca.custody.rules import Wish
from people.api import Role, approval, vote
from pki import custodians
from pki.custodians import Newcomer
from pki.shares import ShareFile
from tests.support.people import hire

WISH = {"purpose": "activate", "hours": 48, "signatures": 1000, "reason": "日常签发"}


@dataclass
class Custodian:
    """A person at their own browser. `files`: the share files they have, the latest last."""

    actor: Actor
    files: list[ShareFile] = field(default_factory=list)

    @property
    def person_id(self) -> int:
        return self.actor.person_id

    def seat(self) -> Seat:
        return Seat.objects.filter(person_id=self.person_id).latest("pk")

    def enrol(self, *, at) -> None:
        seat = self.seat()
        self.browser = Newcomer(seat.number, str(self.person_id), seat.name)
        said = self.browser.as_header()
        services.enrol(
            seat.pk, key=said["key"], transport=said["transport"], actor=self.actor, at=at
        )

    def open_share(self) -> ShareFile:
        seat = self.seat()
        self.files.append(
            self.browser.take(
                seat.statement.encode(),
                bytes(seat.signature),
                bytes(seat.sealed),
                identity=bytes(seat.set.identity),
            )
        )
        return self.files[-1]

    def receive(self, *, at) -> None:
        owned = self.open_share()
        signed = custodians.receipt(owned).hex()
        services.receipt(self.seat().pk, signed, actor=self.actor, at=at)

    def answer(self, activation_id: int, file: ShareFile | None = None) -> dict[str, str]:
        """The fields of the form."""
        row = Activation.objects.select_related("set").get(pk=activation_id)
        sent = custodians.bring(
            file or self.files[-1],
            row.statement.encode(),
            bytes(row.signature),
            identity=bytes(row.set.identity),
        )
        return {"sealed": sent.sealed.hex(), "signature": sent.signature.hex()}

    def bring(self, activation_id: int, *, at, file: ShareFile | None = None) -> int:
        fields = self.answer(activation_id, file)
        return activating.bring(activation_id, **fields, actor=self.actor, at=at)


@dataclass
class Room:
    """Everybody who has to do with custody."""

    host: Actor  # security administrator
    admin: Actor  # CA administrator
    custodians: list[Custodian]

    def draft(self, *, at) -> int:
        people = [one.person_id for one in self.custodians]
        return services.draft_set(people, actor=self.host, at=at)

    def agree(self, set_id: int, *, at) -> None:
        asked = approval(services.CustodySet.objects.get(pk=set_id).approval_id)
        vote(asked.id, grants=True, seen=asked.digest, actor=self.admin, at=at)

    def hand_out(self, *, at) -> int:
        """From the draft to shares that lie ready."""
        set_id = self.draft(at=at)
        self.agree(set_id, at=at)
        for one in self.custodians:
            one.enrol(at=at)
        noting.tend(at=at)
        return set_id

    def put_in_force(self, *, at) -> int:
        set_id = self.hand_out(at=at)
        for one in self.custodians:
            one.receive(at=at)
        noting.tend(at=at)
        return set_id

    def ask(self, *, at, **changes) -> int:
        """An activation that the signer has offered."""
        activation_id = activating.ask(Wish(**(WISH | changes)), actor=self.host, at=at)
        noting.tend(at=at)
        return activation_id

    def activate(self, *, at, **changes) -> int:
        activation_id = self.ask(at=at, **changes)
        for one in self.custodians[:2]:
            one.bring(activation_id, at=at)
        noting.tend(at=at)
        return activation_id


def room() -> Room:
    names = ("luchen", "baizhou", "xuning")
    return Room(
        hire("tangshu", Role.SECURITY_ADMIN),
        hire("gaoyuan", Role.CA_ADMIN),
        [Custodian(hire(name, Role.CUSTODIAN)) for name in names],
    )
