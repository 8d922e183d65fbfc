"""Which authority may stand below which, and follow which (CPS 5.6, 6.3.2, 7.4). Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from anxin.kernel.errors import Kind, Refusal
from ca.hierarchy import life
from ca.hierarchy.rules import Issuer, check_term
from ca.profiles.rules import DAYS_OF_A_YEAR, LONGEST_KEY_YEARS, Bearer
from pki.names import Name

_BITS = {"sm2": "sm2-256", "rsa": "rsa-2048"}


@dataclass(frozen=True, slots=True)
class Wish:
    """An authority that a ceremony is to make. `algorithm` as of public keys; years of its term."""

    subject: Name
    algorithm: str
    years: int
    path_length: int | None


def longest(wish: Wish, bearer: Bearer) -> int:
    """Years that a certificate of such a key may have (CPS 6.3.2)."""
    return LONGEST_KEY_YEARS[bearer, _BITS[wish.algorithm]]


def check_below(wish: Wish, superior: Issuer, *, at: datetime) -> None:
    """Refuses (INVALID) `hierarchy.path_length`, `hierarchy.superior_algorithm`,
    `hierarchy.superior_name`, `hierarchy.outlives_superior`, and as `check_term` and
    `life.check_issuing` do.
    """
    check_term(wish.years, longest(wish, Bearer.CA))
    life.check_issuing(superior, at=at)
    allowed = superior.certificate.basic_constraints.path_length
    if allowed is not None and (wish.path_length is None or wish.path_length >= allowed):
        raise _refused(
            "path_length",
            f"{superior.code} allows less than {allowed}",
            cps="7.4",
            field="path_length",
            code=superior.code,
            most=allowed - 1,
        )
    if wish.algorithm != superior.certificate.public_key.algorithm:
        raise _refused(
            "superior_algorithm", "one algorithm to a hierarchy", cps="7.4", field="algorithm"
        )
    owner = superior.certificate.subject
    if wish.subject.get("C") != owner.get("C") or wish.subject.key == owner.key:
        raise _refused("superior_name", "its own name, of one country", cps="7.4", field="name")
    end = at + timedelta(days=DAYS_OF_A_YEAR * wish.years)
    if end > superior.certificate.not_after:
        raise _refused(
            "outlives_superior",
            f"{superior.code} ends on {superior.certificate.not_after:%Y-%m-%d}",
            cps="5.6",
            field="years",
            code=superior.code,
            day=f"{superior.certificate.not_after:%Y-%m-%d}",
        )


def check_name_free(subject: Name, taken: Collection[str]) -> None:
    """Refuses (CONFLICT) `hierarchy.name_taken`. `taken`: folded names of all authorities."""
    if subject.key in taken:
        raise Refusal(
            Kind.CONFLICT,
            "hierarchy.name_taken",
            f"{subject.text} is an authority's name",
            cps="7.4",
            field="name",
        )


def check_follows(
    present: Issuer, *, self_signed: bool, has_superior: bool, since: datetime, at: datetime
) -> None:
    """Whether a new key may follow this one under its name (CPS 5.6).

    Refuses (CONFLICT) `hierarchy.stopped`: the end of a root was declared; `hierarchy.external`: a
    CA elsewhere certifies it, so its new key takes a request; `hierarchy.key_worn`: the old key is
    older than CPS 6.3.2 lets it grow.
    """
    if not self_signed and not has_superior:
        raise _stands("external", "certified elsewhere", cps="7.4", code=present.code)
    if self_signed:  # its key would vouch for the new one
        life.check_goes_on(present)
    until = life.key_age(present.certificate, since, at=at).until
    if at > until:
        raise _stands(
            "key_worn", f"the key is older than {until:%Y-%m-%d}", cps="5.6", code=present.code
        )


def _stands(rule: str, reason: str, *, cps: str, code: str) -> Refusal:
    return Refusal(Kind.CONFLICT, f"hierarchy.{rule}", reason, cps=cps, field="succeeds", code=code)


def _refused(rule: str, reason: str, *, cps: str, field: str, **details: object) -> Refusal:
    return Refusal(Kind.INVALID, f"hierarchy.{rule}", reason, cps=cps, field=field, **details)
