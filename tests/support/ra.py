"""A counter to work at: invented applicants, their documents and requests, the steps in order."""

import io
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

from PIL import Image

from anxin.kernel.actors import SYSTEM, Actor
from ca import api as certification
from people.api import Role
from pki import keys, names, requests
from pki.sm.sm3 import sm3
from ra.applicants.kinds import kind_of
from ra.applicants.rules import by_proxy
from ra.applications.models import Application
from ra.branches.rules import Authority
from ra.branches.services import install_authority, open_office
from ra.evidence.decoding import DecodedPage, decode
from ra.evidence.models import Document
from ra.evidence.rules import needed
from ra.evidence.services import page_image, take_in
from ra.handover.services import hand_over
from ra.intake import handing_in
from ra.intake import services as intake
from ra.intake.handing_in import Submitted
from ra.publications.models import Publication
from ra.publications.rules import TEXT
from ra.review import decisions
from ra.review import services as review
from ra.review.case import case
from ra.verifications import services as verifications
from ra.verifications.rules import Verified
from tests.support import ca
from tests.support.people import hire

# A Friday morning in China; two working days end on Tuesday.
AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
AGREEMENT = "2026-01"  # CPS 4.1.2.4

FIELDS = {
    "name": "林知夏",
    "document_type": "resident_id",
    "document_number": "330199199203150020",
    "phone": "13800002607",
    "email": "zhixia.lin@example.cn",
}
OTHER = FIELDS | {
    "name": "方沐辰",
    "document_number": "330199198807120012",
    "phone": "13900001279",
    "email": "",
}
COMPANY = {
    "legal_name": "栖原云帆科技有限公司",
    "credit_code": "91330199MA2KQ3W02U",
    "email": "office@example.cn",
    "agent_name": "杜若衡",
    "agent_document_type": "resident_id",
    "agent_document_number": "330199199305060018",
    "agent_phone": "13700004455",
}
PAPERS = ("application_form", "id_front", "id_back")
SITE = COMPANY | {"host_name": "www.example.cn", "other_names": ""}
MACHINE = FIELDS | {"device_name": "栖原网关-07"}


@dataclass(frozen=True)
class Counter:
    """An RA with a service point, and who works there."""

    chen: Actor  # operator at the service point
    ren: Actor  # reviewer of the RA
    shen: Actor  # another reviewer of the RA
    zhao: Actor  # operator of another RA
    zhou: Actor  # reviewer of another RA


def open_counter() -> Counter:
    open_office("RA01", name="栖原注册中心", actor=SYSTEM, at=AT)
    open_office(
        "LRA0103", name="栖原受理点", kind="service_point", parent="RA01", actor=SYSTEM, at=AT
    )
    open_office("RA02", name="江海注册中心", actor=SYSTEM, at=AT)
    for code in ("RA01", "RA02"):
        install_authority(code, authority(), actor=SYSTEM, at=AT)
    publish_agreement()
    return Counter(
        chen=hire("chen", Role.OPERATOR, office="LRA0103"),
        ren=hire("ren", Role.REVIEWER, office="RA01"),
        shen=hire("shen", Role.REVIEWER, office="RA01"),
        zhao=hire("zhao", Role.OPERATOR, office="RA02"),
        zhou=hire("zhou", Role.REVIEWER, office="RA02"),
    )


def publish_agreement(version: str = AGREEMENT, day: date = date(2016, 11, 20)) -> None:
    """As it lies in the table after two have agreed; how they do is tested where it belongs."""
    body = f"订户协议 {version}".encode()
    Publication.objects.create(
        state="published",
        kind="agreement",
        version=version,
        title="订户协议",
        media=TEXT,
        body=body,
        digest=sm3(body).hex(),
        valid_from=day,
        proposed_by=0,
        proposed_at=AT,
        approval_id=0,
    )


def authority(**changes: object) -> Authority:
    """Everything on offer, as many as come, for ten years."""
    everything = tuple(sorted(profile.code for profile in certification.profiles()))
    began = (AT - timedelta(days=365)).date()
    return replace(
        Authority("RA-2026-001", everything, None, began, began + timedelta(days=3650)), **changes
    )


def picture(seed: int = 0, size: tuple[int, int] = (60, 40), form: str = "PNG") -> bytes:
    """A small scan; another seed gives another file."""
    buffer = io.BytesIO()
    Image.new("RGB", size, (seed % 256, seed // 256 % 256, 90)).save(buffer, form)
    return buffer.getvalue()


def key(number: int, algorithm: str = "sm2") -> keys.PrivateKey:
    """The key of applicant `number`; the same for the same number."""
    return _key(number, algorithm)


@cache
def _key(_number: int, algorithm: str) -> keys.PrivateKey:
    return keys.generate(algorithm)


def request(number: int = 1, name: str = "林知夏", algorithm: str = "sm2") -> bytes:
    """A certificate request as a USB key makes it, DER."""
    return requests.build(names.build([("C", "CN"), ("CN", name)]), key(number, algorithm))


@cache
def _pages() -> list[DecodedPage]:
    return decode("png", picture())


def hold(application_id: int, slot: str, actor: Actor, at: datetime = AT) -> int:
    """A document in hand, decoded once for all tests; its id."""
    row = Application.objects.get(pk=application_id)
    scan = picture() + secrets.token_bytes(8)  # never decoded: only its digest matters
    return take_in(row, slot, "png", scan, _pages(), actor=actor, at=at).document_id


def verify(application_id: int, actor: Actor, at: datetime = AT, **found: str) -> None:
    """Every document in hand was verified on site, or as `found` says."""
    slots = Document.objects.filter(application_id=application_id, removed_at__isnull=True)
    said = {"method": "on_site"} | found
    noted = [Verified(slot, **said) for slot in slots.values_list("slot", flat=True).distinct()]
    verifications.note(application_id, noted, actor=actor, at=at)


def draft(
    actor: Actor,
    number: int = 1,
    fields: dict[str, str] = FIELDS,
    *,
    profile: str = "personal-sm2-sign",
    algorithm: str = "sm2",
    at: datetime = AT,
) -> int:
    """A complete draft, ready to be submitted; its id."""
    opened = intake.open_draft(profile, actor=actor, at=at)
    intake.save_draft(opened.id, fields, actor=actor, at=at)
    person = profile.startswith("personal")
    evidence = certification.profile(profile).evidence
    for slot in PAPERS if person else needed(evidence, fields, proxy=by_proxy(fields)):
        hold(opened.id, slot, actor, at=at)
    verify(opened.id, actor, at=at)
    der = request(number, fields[kind_of(profile).title], algorithm)
    intake.attach_request(opened.id, der, actor=actor, at=at)
    agreed = {"how": "signed_on_paper", "by_message": True}
    intake.accept_agreement(opened.id, AGREEMENT, **agreed, actor=actor, at=at)
    return opened.id


def submitted(counter: Counter, number: int = 1, **how: object) -> tuple[int, Submitted]:
    """An application that waits for a reviewer: its id, and what the operator was told."""
    application_id = draft(counter.chen, number, **how)
    return application_id, handing_in.submit(application_id, actor=counter.chen, at=AT + MINUTE)


def look_through(application_id: int, reviewer: Actor, at: datetime = AT + 2 * MINUTE) -> str:
    """Claim, open every document, tick everything; what `decide_approve` wants as `seen`."""
    review.claim(application_id, actor=reviewer, at=at)
    row = Application.objects.get(pk=application_id)
    view = case(row.number, reviewer, at=at)
    for document in view.documents:
        for page in document.pages:
            page_image(document.id, page.number, actor=reviewer, at=at)
    reveal(application_id, [field.code for field in view.fields if field.unseen], reviewer, at)
    review.open_preview(application_id, actor=reviewer, at=at)
    items = [field.code for field in view.fields] + [tick.code for tick in view.checklist]
    review.confirm_fields(application_id, items, seen=view.version, actor=reviewer, at=at)
    return view.seen


def reveal(application_id: int, fields: list[str], reviewer: Actor, at: datetime) -> None:
    """Look at whole values."""
    for field in fields:
        review.reveal(application_id, field, reason="compare_document", actor=reviewer, at=at)


def approved(counter: Counter, number: int = 1, **how: object) -> int:
    application_id, _ = submitted(counter, number, **how)
    seen = look_through(application_id, counter.ren)
    decisions.decide_approve(application_id, seen=seen, actor=counter.ren, at=AT + 3 * MINUTE)
    return application_id


def issued(counter: Counter, number: int = 1, **how: object) -> int:
    """With its certificate signed and known to the RA."""
    application_id = approved(counter, number, **how)
    ca.sign_all(at=AT + 4 * MINUTE)
    row = Application.objects.get(pk=application_id)
    hand_over([row.certificate_id], at=AT + 5 * MINUTE)
    return application_id


def state_of(application_id: int) -> str:
    return Application.objects.get(pk=application_id).state
