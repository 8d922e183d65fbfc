"""The kinds of key ceremonies as one table: steps, who attests each, how long it may take (CPS 6.1,
6.2). Pure.
"""

from dataclasses import dataclass
from enum import StrEnum

from ca.keeping.rules import Act as DeviceAct
from pki import ceremonies


class Only(StrEnum):
    """Which authorities a step is for."""

    EVERY = ""
    ISSUING = "issuing"  # to people: at the end of a path
    ROOT = "root"  # self-signed


class Part(StrEnum):
    """What somebody is in a ceremony; nobody is two of them."""

    HOST = "host"
    CUSTODIAN = "custodian"
    WITNESS = "witness"
    AUDITOR = "auditor"


# The trusted role (people.api.Role) that each part takes, CPS 5.2.1.
ROLE_OF = {
    Part.HOST: "security_admin",
    Part.CUSTODIAN: "custodian",
    Part.WITNESS: "ca_admin",
    Part.AUDITOR: "auditor",
}
ALL = tuple(Part)

DEVICE_ACTS = tuple(map(str, DeviceAct))
# Those whose result workers put to use, once everybody has attested it (`acts.LIVE`).
LIVE = frozenset({"certify", "enter", "hand_over"})


@dataclass(frozen=True, slots=True)
class Step:
    """One step: who attests it, how long it may take, what the system does in it."""

    code: str
    attest: tuple[Part, ...] = ALL
    minutes: int = 10
    act: str = ""
    only: Only = Only.EVERY


@dataclass(frozen=True, slots=True)
class Ceremony:
    """One kind of ceremony; `custodians` is how many take part at least (CPS 6.2.2)."""

    code: str
    cps: str
    steps: tuple[Step, ...]
    custodians: int = 2


_GATHER = Step("gather", minutes=15)
_DEVICE = Step("device", (Part.HOST, Part.WITNESS), act="look")
_CLOSE = Step(ceremonies.CLOSE, minutes=15)
_KEEPERS = (Part.CUSTODIAN, Part.WITNESS, Part.AUDITOR)


def _kind(code: str, cps: str, *steps: Step, custodians: int = 2) -> Ceremony:
    return Ceremony(code, cps, (_GATHER, _DEVICE, *steps, _CLOSE), custodians)


def _act(code: str, only: Only = Only.EVERY) -> Step:
    return Step(code, _KEEPERS, act=code, only=only)


_RESPONDER = _act("make_responder", Only.ISSUING)
_BELOW = Step("subordinate", _KEEPERS, act="certify")


KINDS: dict[str, Ceremony] = {
    one.code: one
    for one in (
        _kind("generate_root", "6.1.1", _act("make_key"), _RESPONDER, _act("certify")),
        _kind("generate_subordinate", "7.4", _act("make_key"), _RESPONDER, _BELOW),
        _kind("generate", "6.1.1", _act("make_key"), _act("request")),
        _kind("export_request", "6.1.1", _act("request")),
        _kind("import_certificate", "7.4", _RESPONDER, _act("enter")),
        _kind("initialise", "6.2.1", _act("initialise")),
        _kind("backup", "6.2.4", _act("backup"), custodians=3),
        _kind("restore", "6.2.4", _act("restore"), custodians=3),
        _kind(
            "rollover",
            "5.6",
            _act("make_key"),
            _RESPONDER,
            Step("succeed", _KEEPERS, act="follow"),
            _act("link", Only.ROOT),
            _act("hand_over"),
        ),
        _kind("archive", "6.2.5", _act("archive")),
        _kind("destroy", "6.2.10", _act("destroy"), custodians=3),
    )
}
