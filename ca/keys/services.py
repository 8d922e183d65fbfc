"""The CA's only client of the signers: whatever it has signed goes through here.

Certificates and OCSP answers are spread over all signers there are. Everything else is the home
signer's: lists, since it alone remembers the last one; ceremonies, requests, CA certificates.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import SYSTEM
from audit.log import advance_many
from ca.keeping.queries import check_signs
from ca.keys import clients, queries
from ca.keys.clients import Answers
from ca.keys.models import Sealing
from ca.keys.rules import State
from pki import signatures
from pki.errors import PkiError, TokenError
from pki.publickeys import PublicKey
from pki.signer.client import Restored, Signer
from pki.signer.protocol import ACTIVE, HOME, Header, Key

log = logging.getLogger(__name__)


def places() -> range:
    """Numbers of the signers there are; 0 is the home signer."""
    return range(len(clients.sockets()))


def _signer() -> Signer:
    return clients.at(HOME)


def sign(label: str, kind: str, tbs: Sequence[bytes], *, by: PublicKey) -> list[bytes | PkiError]:
    """For each TBS, in order: its signature, or why the signer refused this one.

    `kind` is CERTIFICATE or OCSP, `by` the public key of that label: a signer that answers with
    one signature of another key is passed by. Raises TokenError when nobody could be asked.
    """
    check_signs(label)  # the signer refuses as well, whatever is written here (CPS 6.2.5)
    return clients.spread(lambda signer: _verified(signer.sign(label, kind, tbs), tbs, by))


def _verified(answers: Answers, tbs: Sequence[bytes], by: PublicKey) -> Answers:
    """All of them, or TokenError `signer.wrong_signature`."""
    algorithm = signatures.default_algorithm(by.algorithm)
    for answer, asked in zip(answers, tbs, strict=True):
        if isinstance(answer, bytes) and not by.verify(asked, answer, algorithm):
            reason = "A signature does not belong to what was to be signed."
            raise TokenError("signer.wrong_signature", reason, permanent=False)
    return answers


def sign_one(label: str, kind: str, tbs: bytes, *, ceremony: str = "") -> bytes:
    """The signature; the signer's refusal is raised.

    `ceremony`, here and below: the number of the one that asks. A demo's has none.
    """
    check_signs(label)
    return _signer().sign_one(label, kind, tbs, ceremony=ceremony)


def sign_list(
    label: str, tbs: bytes, *, expired: Iterable[bytes] = (), released: Iterable[int] = ()
) -> bytes:
    """The signature over a list; who leaves it is named, see `pki.signer.client`."""
    check_signs(label)
    return _signer().sign_list(label, tbs, expired=expired, released=released)


def last_list(label: str) -> bytes | None:
    """The TBS of the last list that the signer was asked for; None before the first."""
    return _signer().last_list(label)


def key_of(label: str) -> Key | None:
    """The signer's key of that label, if it has one."""
    return next((key for key in _signer().keys() if key.label == label), None)  # noqa: SIM118


def ensure_key(label: str, algorithm: str, kinds: Sequence[str], *, ceremony: str = "") -> Key:
    """The key of that label; made now if the signer does not have it (only in a ceremony)."""
    return key_of(label) or _signer().generate(label, algorithm, kinds, ceremony=ceremony)


def ensure_certificate(key: Key, certificate: bytes, *, ceremony: str = "") -> None:
    """Tell the signer whose name the key signs in, unless it knows (only in a ceremony)."""
    if key.certificate != certificate:
        _signer().install_certificate(key.label, certificate, ceremony=ceremony)


def health(place: int = HOME) -> Header:
    """A signer's own report, see `pki.signer.daemon`."""
    return clients.at(place).health()


def self_test(place: int = HOME) -> Header:
    """What the device of a signer says to its examination (CPS 6.2.11). TokenError: sealed."""
    return clients.at(place).self_test()


def record_certificate() -> bytes:
    """Of the signer's own key, which signs records; DER."""
    return _signer().record_certificate()


def sign_record() -> Callable[[bytes], bytes]:
    """Signs the signed attributes of CMS, see `pki.signer.records`; usable where no query is."""
    return _signer().sign_record


# -- ceremonies with devices and keys (docs/decisions/0015) --------------------------------------


def initialise(ceremony: str) -> Header:
    """The second device is in use; its self-test."""
    return _signer().initialise(ceremony)


def back_up(ceremony: str, label: str) -> Header:
    """A wrapped copy for the second device: digest, check value, facts of the device."""
    return _signer().back_up(ceremony, label)


def restore(ceremony: str, label: str, *, keep: bool) -> Restored:
    """The copy in the second device, which has signed; `keep` false takes it out again."""
    return _signer().restore(ceremony, label, keep=keep)


def archive(ceremony: str, label: str, reason: str) -> Key:
    """The key, which signs nothing more."""
    return _signer().archive(ceremony, label, reason)


def destroy(ceremony: str, label: str, reason: str) -> Header:
    """By device, what remains: nothing."""
    return _signer().destroy(ceremony, label, reason)


def helpers() -> range:
    """Places of the signers beside the home signer."""
    return places()[1:]


def signs_at(place: int, label: str) -> list[str]:
    """That label, if a signer may still sign with its key."""
    there = clients.at(place).keys()
    return [key.label for key in there if (key.label, key.state) == (label, ACTIVE)]


def remains_at(place: int, label: str, public_key: bytes) -> list[str]:
    """What the device of a signer still has of a key. TokenError: it is sealed."""
    return clients.at(place).remains(label, public_key)


# -- custody (docs/decisions/0013) ----------------------------------------------------------------


def custody(place: int = HOME) -> Header:
    """Whether a signer is active, until when, and who holds its shares."""
    return clients.at(place).custody()


def custody_book() -> Header:
    """What the home signer's book says of custody, signed by it: see the client."""
    return _signer().custody_book()


def hand_out(custodians: Sequence[Header]) -> list[Header]:
    """The share of each, sealed to them; raises the signer's refusal `custody.*`."""
    return _signer().hand_out(custodians)


def received(set_id: str, number: int, signature: bytes) -> int:
    """A custodian's receipt; how many are missing."""
    return _signer().received(set_id, number, signature)


def offer(
    purpose: str,
    *,
    script: str = "",
    hours: int,
    signatures: int,
    newcomers: str = "",
    place: int = HOME,
) -> Header:
    """What custodians are asked for: `statement` and `signature`. `newcomers`: see the client.

    `script` of the ceremony that it is for.
    """
    limits, said = {"hours": hours, "signatures": signatures}, script.encode()
    return clients.at(place).offer(purpose, script=said, newcomers=newcomers, **limits)


def bring(
    session: str, number: int, signature: bytes, sealed: bytes, *, place: int = HOME
) -> Header:
    """A custodian's share on its way: {"accepted": numbers, "active": bool}."""
    return clients.at(place).bring(session, number, signature, sealed)


def seal_after(ceremony: str) -> None:
    """Seal the home signer if it is active for this ceremony, which is over."""
    _signer().lock(ceremony)


def places_due() -> list[int]:
    """The signers that are to be sealed, the home signer first."""
    return [place for place in queries.places_due() if place in places()]


def still_due(order: int) -> list[int]:
    """The signers that an order has not reached, of those that are configured."""
    return [place for place in queries.places_of(order) if place in places()]


@transaction.atomic
def order_seal(order: int) -> None:
    """Every signer is to be sealed, each before anything else is asked of it."""
    Sealing.objects.bulk_create(
        Sealing(state=State.DUE, order=order, place=place) for place in places()
    )


def seal(place: int, *, at: datetime) -> bool:
    """Nothing is signed there until two custodians bring their shares again; noted for every order.

    False: it does not answer, and is sealed when it does.
    """
    rows = Sealing.objects.filter(place=place, state=State.DUE)
    orders = list(rows.values_list("order", flat=True))
    try:
        clients.seal(place)
    except PkiError as error:
        log.error("signer %s is not sealed: %s", place, error)  # noqa: TRY400 -- the reason says it
        return False
    with transaction.atomic():
        told = list(rows.filter(order__in=orders).select_for_update().order_by("pk"))
        for row in told:
            row.sealed_at = at
        details = {row.pk: {"order": row.order, "place": place} for row in told}
        advance_many(told, "seal", actor=SYSTEM, at=at, details=details, columns=("sealed_at",))
    return True
