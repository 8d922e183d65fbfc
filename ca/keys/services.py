"""The signers' only client in this project: every signature of the CA goes through `sign`.

Certificates and OCSP answers are spread over all signers there are. Everything else is the home
signer's: lists, since it alone remembers the last one; ceremonies, requests, CA certificates.
"""

from collections.abc import Iterable, Sequence

from ca.keeping.queries import check_signs
from ca.keys import clients
from pki.errors import PkiError
from pki.signer.client import Restored, Signer
from pki.signer.protocol import CERTIFICATE, OCSP, Header, Key

SPREAD = frozenset({CERTIFICATE, OCSP})  # the rest needs the home signer's books


def places() -> range:
    """Numbers of the signers there are; 0 is the home signer."""
    return range(len(clients.sockets()))


def _signer() -> Signer:
    return clients.at(clients.HOME)


def sign(label: str, kind: str, tbs: Sequence[bytes]) -> list[bytes | PkiError]:
    """For each TBS, in order: its signature, or why the signer refused this one.

    `kind` is one of `pki.signer.protocol.KINDS`. Raises TokenError when nothing could be asked.
    """
    check_signs(label)  # the signer refuses as well, whatever is written here (CPS 6.2.5)
    if kind in SPREAD:
        return clients.spread(lambda signer: signer.sign(label, kind, tbs))
    return _signer().sign(label, kind, tbs)


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


def health(place: int = clients.HOME) -> Header:
    """A signer's own report, see `pki.signer.daemon`."""
    return clients.at(place).health()


def self_test(place: int = clients.HOME) -> Header:
    """What the device of a signer says to its examination (CPS 6.2.11). TokenError: sealed."""
    return clients.at(place).self_test()


def record_certificate() -> bytes:
    """Of the signer's own key, which signs records; DER."""
    return _signer().record_certificate()


def sign_record(attributes: bytes) -> bytes:
    """The signature over the signed attributes of CMS, see `pki.signer.records`."""
    return _signer().sign_record(attributes)


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


# -- custody (docs/decisions/0013) ----------------------------------------------------------------


def custody(place: int = clients.HOME) -> Header:
    """Whether a signer is active, until when, and who holds its shares."""
    return clients.at(place).custody()


def hand_out(custodians: Sequence[Header]) -> list[Header]:
    """The share of each, sealed to them; raises the signer's refusal `custody.*`."""
    return _signer().hand_out(custodians)


def received(set_id: str, number: int, signature: bytes) -> int:
    """A custodian's receipt; how many are missing."""
    return _signer().received(set_id, number, signature)


def offer(
    purpose: str,
    *,
    ceremony: str = "",
    hours: int,
    signatures: int,
    newcomers: str = "",
    place: int = clients.HOME,
) -> Header:
    """What custodians are asked for: `statement` and `signature`. `newcomers`: see the client."""
    asked = {"ceremony": ceremony, "newcomers": newcomers}
    return clients.at(place).offer(purpose, hours=hours, signatures=signatures, **asked)


def bring(
    session: str, number: int, signature: bytes, sealed: bytes, *, place: int = clients.HOME
) -> Header:
    """A custodian's share on its way: {"accepted": numbers, "active": bool}."""
    return clients.at(place).bring(session, number, signature, sealed)


def seal() -> None:
    """Nothing is signed until two custodians bring their shares again. Raises what went wrong.

    Every signer is told, whatever another one says.
    """
    failures = []
    for place in places():
        try:
            clients.at(place).lock()
        except PkiError as error:
            failures.append(error)
    if failures:
        raise failures[0]
