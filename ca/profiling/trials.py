"""A certificate to look at before a profile counts: an invented subject, and keys that are thrown
away. The authority's key has no part in it, and the signer is not asked.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from anxin.kernel.errors import Kind, Refusal
from ca.hierarchy.queries import addresses
from ca.hierarchy.rules import Issuer
from ca.issuing import rules as issuing
from ca.issuing.previews import extension_rows
from ca.profiles.rules import Profile
from pki import certificates, extensions, keys, lint, names
from pki.certificates import Plan
from pki.errors import Finding, LintError
from pki.keys import PrivateKey

Entropy = Callable[[int], bytes]
YEARS = 12  # of the invented issuer: longer than any certificate
ISSUER = (("C", "CN"), ("O", "测试 TEST ONLY"), ("CN", "测试颁发者 TEST ISSUER"))
CREDIT_CODE = "91150100TE5T000083"  # nobody has it; its check character is right (GB 32100)
HOST = "test.invalid"  # RFC 2606
SUBJECT = {
    "C": "CN",
    "ST": "测试省 TEST",
    "L": "测试市 TEST",
    "O": "测试单位 TEST",
    "OU": "测试部门 TEST",
    "CN": "测试证书 TEST CERTIFICATE",
    "serialNumber": CREDIT_CODE,
    "emailAddress": "test@test.invalid",
}


@dataclass(frozen=True, slots=True)
class Trial:
    """`rows`: label and value, field by field, read back from the bytes. `findings`: none is well.

    `der`: the certificate, signed by a key that is gone. `advice`: what may stay as it is.
    """

    rows: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    der: bytes
    advice: tuple[str, ...] = ()


def issue(profile: Profile, *, at: datetime, entropy: Entropy) -> Trial:
    """Made by the code that makes real ones, for the longest term on offer."""
    authority = keys.generate(_algorithm(profile))
    issuer = _issuer(profile, authority, at=at, entropy=entropy)
    holder = keys.generate(_algorithm(profile))
    order = issuing.Order(
        profile.code,
        _subject(profile),
        holder.public.spki,
        profile.days[-1],
        "test",
        names=(HOST,) if profile.server else (),
    )
    plan = issuing.Draft(issuing.read(order, replace(profile, retired=False)), issuer).plan(
        serial=_serial(entropy), not_before=at
    )
    tbs = certificates.encode(plan)
    der = certificates.assemble(tbs, authority.sign(tbs))
    rows = tuple(_rows(certificates.parse(der)))
    return Trial(rows, _findings(tbs, issuer, profile), der, tuple(_advice(profile)))


def check(profile: Profile, *, at: datetime, entropy: Entropy) -> None:
    """Refuses `profiles.lint`: a certificate by this profile would not be signed."""
    found = issue(profile, at=at, entropy=entropy).findings
    if found:
        raise Refusal(
            Kind.INVALID, "profiles.lint", found[0].reason, cps="7.1", fault=found[0].rule
        )


def _algorithm(profile: Profile) -> str:
    return "rsa-2048" if profile.key_algorithm == "rsa" else profile.key_algorithm


def _serial(entropy: Entropy) -> int:
    return certificates.serial_from(entropy(certificates.MIN_SERIAL_OCTETS))


def _subject(profile: Profile) -> tuple[tuple[str, str], ...]:
    """All it may have, so that nothing is looked at for the first time in a real one."""
    said = {**SUBJECT, "CN": HOST} if profile.server else SUBJECT
    return tuple((short, said[short]) for short in profile.attributes)


def _issuer(profile: Profile, key: PrivateKey, *, at: datetime, entropy: Entropy) -> Issuer:
    """An authority of this moment, with the addresses of the real one."""
    name = names.build(ISSUER)
    identifier = key.public.key_identifier
    begins = at.replace(microsecond=0) - timedelta(minutes=1)
    plan = Plan(
        serial=_serial(entropy),
        issuer=name.der,
        subject=name,
        public_key=key.public,
        not_before=begins,
        not_after=begins + timedelta(days=365 * YEARS),
        signature_algorithm=key.signature_algorithm,
        extensions=(
            extensions.authority_key_identifier(identifier),
            extensions.subject_key_identifier(identifier),
            extensions.key_usage(("keyCertSign", "cRLSign")),
            extensions.basic_constraints(ca=True, path_length=0),
        ),
    )
    tbs = certificates.encode(plan)
    certificate = certificates.parse(certificates.assemble(tbs, key.sign(tbs)))
    arc = settings.POLICY_ARC
    return Issuer(
        id=0,
        code=profile.issuer,
        lineage=profile.issuer,
        key_label="",
        certificate=certificate,
        addresses=addresses(profile.issuer),
        policy_arc=arc,
        stops=certificate.not_after,
    )


def _findings(tbs: bytes, issuer: Issuer, profile: Profile) -> tuple[Finding, ...]:
    promised = issuing.lint_rules(profile)
    try:
        lint.check_certificate_tbs(tbs, issuer=issuer.certificate, profile_rules=promised)
    except LintError as error:
        return error.findings
    return ()


def _advice(profile: Profile) -> Iterator[str]:
    """What we sign and readers do not need to accept. No profile writes an address as a name."""
    if "emailProtection" in profile.purposes and "emailAddress" not in profile.attributes:
        yield _(
            "用途有 emailProtection，证书里却没有电子邮箱，邮件软件可能不接受"
            "（CA/B 论坛 S/MIME BR 7.1.4.2.1；RFC 5280 4.2.1.6）。请去掉这个用途，或加上电子邮箱。"
        )


def _rows(found: certificates.Certificate) -> Iterator[tuple[str, str]]:
    yield _("版本"), f"v{found.body.version}"
    yield _("序列号"), f"{found.serial:x}"
    yield _("颁发者"), found.issuer.text
    yield _("主体"), found.subject.text
    yield (
        _("有效期"),
        f"{found.not_before:%Y-%m-%d %H:%M:%S} — {found.not_after:%Y-%m-%d %H:%M:%S} UTC",
    )
    yield _("公钥"), f"{found.public_key.algorithm.upper()} {found.public_key.bits}"
    for extension in found.body.extensions:
        yield from extension_rows(extension)
    yield _("签名算法"), found.signature_algorithm
    yield _("指纹（SM3）"), found.fingerprint_sm3
