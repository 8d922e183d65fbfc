"""Thirty applications, each somewhere on its way; everything goes through the services.

ANXIN_DEMO_APPLICATIONS=8 tells so many of them, spread over all endings: a demo that is up sooner.
"""

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from anxin.demo.cast import COMPANIES, Person, applicants
from anxin.demo.money import pay
from anxin.demo.specimens import Artist
from anxin.kernel.actors import Actor
from anxin.kernel.fonts import FONT_FILE
from anxin.kernel.workdays import day_of, working_time
from ca import api as ca
from pki import keys, names, requests
from ra.applicants.queries import known_subscriber
from ra.applications.models import Application
from ra.applications.rules import AcceptedHow
from ra.applications.workcalendar import is_workday
from ra.evidence.services import add_evidence, page_image
from ra.handover import services as handover
from ra.intake import handing_in
from ra.intake import services as intake
from ra.intake.services import Draft
from ra.publications import queries as publications
from ra.review import decisions
from ra.review import services as review
from ra.review.case import case
from ra.revocations import services as revocations
from ra.revocations.queries import request
from ra.verifications.rules import Method, Verified
from ra.verifications.services import note

Say = Callable[[str], None]
SM2, RSA = "personal-sm2-sign", "personal-rsa-sign"
COMPANY, SERVER = "organization-sm2-sign", "server-sm2-sign"
HOSTS = {"host_name": "www.example.com", "other_names": "shop.example.com"}
PAID = frozenset({"accepted", "revoked", "revocation asked"})  # and picked up


@dataclass(frozen=True, slots=True)
class Chapter:
    """One applicant's story: `hours` of working time ago it was entered, and how far it came."""

    hours: float
    ending: str
    profile: str = SM2


CHAPTERS = (
    Chapter(3, "draft"),
    Chapter(13, "waiting"),
    Chapter(18.6, "waiting"),  # overdue
    Chapter(17.2, "waiting"),  # due within the hour
    Chapter(16.5, "waiting"),
    Chapter(15, "waiting"),
    Chapter(1, "draft", SERVER),  # nobody has proved yet that the names are theirs
    Chapter(11.5, "waiting", RSA),
    Chapter(9, "waiting"),
    Chapter(7, "waiting", COMPANY),
    Chapter(5, "waiting"),
    Chapter(3.5, "waiting"),
    Chapter(2, "waiting"),
    Chapter(0.5, "waiting"),
    Chapter(12, "checked once", RSA),
    Chapter(10, "checked once", RSA),
    Chapter(14, "returned"),
    Chapter(16, "returned"),
    Chapter(20, "rejected"),
    Chapter(9, "cancelled"),
    Chapter(150, "accepted"),
    Chapter(131, "accepted"),
    Chapter(117, "revoked"),
    Chapter(96, "accepted", COMPANY),
    Chapter(74, "revoked"),
    Chapter(60, "accepted"),
    Chapter(47, "revocation asked"),
    Chapter(38, "issued"),
    Chapter(30, "issued", RSA),
    Chapter(22, "issued", COMPANY),
)


def chapters(environment: Mapping[str, str]) -> list[Chapter]:
    """All of them, or as many as are asked for."""
    every = len(CHAPTERS)
    wanted = min(int(environment.get("ANXIN_DEMO_APPLICATIONS") or every), every)
    return [CHAPTERS[number * every // wanted] for number in range(wanted)]


def tell(actors: dict[str, Actor], say: Say, *, at: datetime) -> None:
    """Tell every chapter that is not told yet; a broken-off demo goes on where it stopped."""
    told = Application.objects.count()
    wanted = chapters(os.environ)
    people = list(applicants())
    artist = Artist(FONT_FILE)
    for number in range(told, len(wanted)):
        chapter = wanted[number]
        entered = _working_hours_before(at, chapter.hours)
        decided = min(entered + timedelta(hours=1), at)
        with transaction.atomic():
            draft = _enter(chapter, people[number], artist, actors, at=entered)
            _decide(chapter, draft, actors, at=decided)
        ca.sign_waiting(at=decided, entropy=secrets.token_bytes)
        handover.sweep_issued(at=decided)
        if (number + 1) % 10 == 0:
            say(f"{number + 1} applications")
    for number, chapter in enumerate(wanted):
        _after_issue(chapter, people[number], actors, at=at)


def _enter(
    chapter: Chapter, person: Person, artist: Artist, actors: dict[str, Actor], *, at: datetime
) -> Draft:
    operator = actors["chenyue"]
    draft = intake.open_draft(chapter.profile, actor=operator, at=at)
    _fill_in(draft.id, chapter, person, artist, operator, at=at)
    if chapter.ending != "draft":
        handing_in.submit(draft.id, actor=operator, at=at)
    return draft


def _decide(chapter: Chapter, draft: Draft, actors: dict[str, Actor], *, at: datetime) -> None:
    first, second = actors["shenjia"], actors["heming"]
    match chapter.ending:
        case "draft" | "waiting":
            pass
        case "cancelled":
            intake.cancel(draft.id, reason="withdrawn", actor=actors["chenyue"], at=at)
        case "returned":
            _return(draft, first, at=at)
        case "rejected":
            _reject(draft, first, at=at)
        case "checked once":
            _approve(draft, first, at=at)
        case _:
            _approve(draft, first, at=at)
            if chapter.profile == RSA:
                _approve(draft, second, at=at)
            if chapter.ending in PAID:
                pay(draft.id, actors["yuanxi"], at=at)


def _after_issue(
    chapter: Chapter, person: Person, actors: dict[str, Actor], *, at: datetime
) -> None:
    """Pick up, and revoke, what has not been yet."""
    if chapter.ending not in PAID:
        return
    subscriber_id = known_subscriber(_identity(chapter, person))
    assert subscriber_id is not None
    row = Application.objects.filter(subscriber_id=subscriber_id).earliest("pk")
    if row.state == "issued":
        codes = handover.issue_download_codes(row.pk, actor=actors["chenyue"], at=at)
        handover.pick_up(codes.reference, codes.authorisation_code, at=at)
    if chapter.ending in {"revoked", "revocation asked"} and not row.revocation_requests.exists():
        _ask_to_revoke(row, chapter, actors, at=at)


def _ask_to_revoke(
    row: Application, chapter: Chapter, actors: dict[str, Actor], *, at: datetime
) -> None:
    agreed = chapter.ending == "revoked"
    number = revocations.request_revocation(
        row.certificate_id or 0,
        cause="key_at_risk" if agreed else "own_wish",
        asker="subscriber",
        checked_how="on_site",
        discovered_at=at - timedelta(hours=3),
        note="订户到柜台说明：智能密码钥匙遗失。" if agreed else "订户到柜台说明：不再使用本证书。",
        actor=actors["chenyue"],
        at=at,
    )
    if agreed:
        view = request(number, actors["shenjia"])
        revocations.decide(view.id, grants=True, seen=view.seen, actor=actors["shenjia"], at=at)


def _identity(chapter: Chapter, person: Person) -> dict[str, str]:
    if chapter.profile == COMPANY:
        return {"credit_code": _company(chapter)[1]}
    return {"document_type": "resident_id", "document_number": person.document_number}


def _company(chapter: Chapter) -> tuple[str, str]:
    """Name and credit code; each has a chapter of its own, and the first wants a server too."""
    if chapter.profile == SERVER:
        return COMPANIES[0]
    return COMPANIES[[one for one in CHAPTERS if one.profile == COMPANY].index(chapter)]


def _fill_in(
    application_id: int,
    chapter: Chapter,
    person: Person,
    artist: Artist,
    operator: Actor,
    *,
    at: datetime,
) -> None:
    algorithm = "rsa-2048" if chapter.profile == RSA else "sm2"
    if chapter.profile in {COMPANY, SERVER}:
        fields, papers = _of_company(person, _company(chapter), artist)
        if chapter.profile == SERVER:
            fields, papers = fields | HOSTS, papers | _of_server(_company(chapter), artist)
    else:
        on = day_of(at)
        fields, papers = _of_person(person, artist, algorithm=algorithm, on=on)
    intake.save_draft(application_id, fields, actor=operator, at=at)
    for slot, picture in papers.items():
        add_evidence(application_id, slot, f"{slot}.jpg", picture, actor=operator, at=at)
    on_site = [Verified(slot, Method.ON_SITE) for slot in papers]
    note(application_id, on_site, actor=operator, at=at)
    if chapter.ending == "draft":
        return
    named = fields.get("host_name") or fields.get("legal_name", person.name)
    subject = names.build([("C", "CN"), ("CN", named)])
    request = requests.build(subject, keys.generate(algorithm))
    intake.attach_request(application_id, request, actor=operator, at=at)
    intake.accept_agreement(
        application_id,
        publications.agreement(at),
        how=AcceptedHow.SIGNED_ON_PAPER,
        by_message=True,
        actor=operator,
        at=at,
    )


Entered = tuple[dict[str, str], dict[str, bytes]]  # fields, and a picture for each slot


def _of_person(person: Person, artist: Artist, *, algorithm: str, on: date) -> Entered:
    fields = {
        "name": person.name,
        "document_type": "resident_id",
        "document_number": person.document_number,
        "phone": person.phone,
        "email": person.email,
    }
    papers = {
        "application_form": artist.application_form(person, algorithm=algorithm.upper(), on=on),
        "id_front": artist.identity_front(person),
        "id_back": artist.identity_back(person),
    }
    return fields, papers


def _of_company(person: Person, company: tuple[str, str], artist: Artist) -> Entered:
    """An organisation whose agent is this person (CPS 3.2.2, 3.2.6)."""
    name, code = company
    fields = {
        "legal_name": name,
        "credit_code": code,
        "email": person.email,
        "agent_name": person.name,
        "agent_document_type": "resident_id",
        "agent_document_number": person.document_number,
        "agent_phone": person.phone,
    }
    known = [("单位全称", name), ("统一社会信用代码", code)]
    agent = [("经办人", person.name), ("证件号码", person.document_number), ("手机", person.phone)]
    papers = {
        "sealed_form": artist.sealed_sheet("数字证书业务申请表（机构）", known + agent, seal=name),
        "licence": artist.sealed_sheet("营业执照（样例）", known, seal=name),
        "sealed_authorization": artist.sealed_sheet("授权委托书", known + agent, seal=name),
        "agent_id": artist.identity_front(person),
    }
    return fields, papers


def _of_server(company: tuple[str, str], artist: Artist) -> dict[str, bytes]:
    """What a server is asked for on top (CPS 3.2.2)."""
    name, _code = company
    rows = [("单位全称", name), *(("域名", host) for host in HOSTS.values())]
    titles = {
        "domain_right": "域名注册证书（样例）",
        "icp_record": "网站备案信息（样例）",
        "ownership_undertaking": "服务器所有权承诺书",
    }
    return {slot: artist.sealed_sheet(title, rows, seal=name) for slot, title in titles.items()}


def _look_through(draft: Draft, reviewer: Actor, *, at: datetime) -> None:
    """Claim, open every page, agree to every item."""
    review.claim(draft.id, actor=reviewer, at=at)
    view = case(draft.number, reviewer, at=at)
    for document in view.documents:
        for page in document.pages:
            page_image(document.id, page.number, actor=reviewer, at=at)
    for field in view.fields:
        if field.unseen:
            review.reveal(draft.id, field.code, reason="compare_document", actor=reviewer, at=at)
    review.open_preview(draft.id, actor=reviewer, at=at)
    items = [field.code for field in view.fields] + [tick.code for tick in view.checklist]
    review.confirm_fields(draft.id, items, seen=view.version, actor=reviewer, at=at)


def _approve(draft: Draft, reviewer: Actor, *, at: datetime) -> None:
    _look_through(draft, reviewer, at=at)
    seen = case(draft.number, reviewer, at=at).seen
    decisions.decide_approve(draft.id, seen=seen, actor=reviewer, at=at)


def _return(draft: Draft, reviewer: Actor, *, at: datetime) -> None:
    _look_through(draft, reviewer, at=at)
    decisions.return_for_correction(
        draft.id,
        ["A01"],
        items=["id_back"],
        message="身份证国徽面反光，有效期限看不清，请重新拍摄后提交。",
        actor=reviewer,
        at=at,
    )


def _reject(draft: Draft, reviewer: Actor, *, at: datetime) -> None:
    review.claim(draft.id, actor=reviewer, at=at)
    decisions.reject(
        draft.id,
        ["J01"],
        message="证件照片与申请人不是同一人，本次申请不予批准。",
        actor=reviewer,
        at=at,
    )


def _working_hours_before(at: datetime, hours: float) -> datetime:
    """The latest quarter of an hour that lies at least so much working time back."""
    moment = at
    while working_time(moment, at, is_workday) < timedelta(hours=hours):
        moment -= timedelta(minutes=15)
    return moment
