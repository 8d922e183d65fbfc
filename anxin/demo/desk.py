"""What waits for somebody on the other desks of the demo; each piece looks whether it is there."""

import secrets
from datetime import date, datetime, timedelta

from anxin.demo.cast import resident_number
from anxin.kernel.actors import Actor
from anxin.kernel.workdays import day_of
from people.api import open_approvals
from ra.agreements.queries import ENTER, SUBJECT
from ra.agreements.services import propose_agreement
from ra.applications.models import Application
from ra.blacklist import services as blacklist
from ra.blacklist.models import BlacklistEntry
from ra.disclosures import services as disclosures
from ra.disclosures.models import DisclosureCase
from ra.fees.models import FeeOrder
from ra.fees.rules import State as FeeState
from ra.fees.services import ask_refund
from ra.holds import services as holds
from ra.holds.models import HoldRequest
from ra.imports import services as imports
from ra.imports.models import Import
from ra.procedures.queries import under_way
from ra.procedures.services import begin
from ra.review.models import Decision
from ra.sampling.services import draw

SHEET = """姓名,证件类型,证件号码,手机号,电子邮箱,有效期（年）
白鹭洲,居民身份证,{number},13800004021,,1
温如故,居民身份证,330199199203150021,13800004022,,1
"""  # the second number's check digit is wrong


def lay_out(actors: dict[str, Actor], *, at: datetime) -> None:
    """After the story, which it asks about."""
    _ask_to_refund(actors["yuanxi"], at=at)
    _ask_to_freeze(actors["chenyue"], at=at)
    _begin_re_key(actors["chenyue"], at=at)
    _ask_to_disclose(actors["chenyue"], at=at)
    _ask_to_list(actors["chenyue"], at=at)
    _ask_for_agreement(actors["tangshu"], at=at)
    _import(actors["chenyue"], at=at)
    _draw(at=at)


def _ask_to_refund(finance: Actor, *, at: datetime) -> None:
    """One of the revoked; others are for whoever tries it (CPS 9.1.5)."""
    if not FeeOrder.objects.filter(state=FeeState.REFUND_ASKED).exists():
        row = FeeOrder.objects.filter(state=FeeState.REFUND_DUE).order_by("pk").first()
        if row is not None:
            ask_refund(row.pk, actor=finance, at=at)


def _valid() -> Application | None:
    """One whose certificate is in use, and against which nobody has asked for anything."""
    rows = Application.objects.filter(state="accepted", certificate_state="valid")
    return rows.filter(revocation_requests=None).order_by("pk").first()


def _ask_to_freeze(operator: Actor, *, at: datetime) -> None:
    row = _valid()
    if row is None or HoldRequest.objects.exists():
        return
    holds.request_hold(
        row.certificate_id or 0,
        act="freeze",
        cause="own_wish",
        asker="subscriber",
        checked_how="on_site",
        document="冻结申请表 2026-031",
        note="订户到柜台说明：出境三个月，期间不使用证书。",
        actor=operator,
        at=at,
    )


def _begin_re_key(operator: Actor, *, at: datetime) -> None:
    """CPS 4.7: the key is out of order, a draft with the old words waits for a new request."""
    row = _valid()
    if row and row.certificate_id and not under_way(row.certificate_id):
        begin(row.certificate_id, "re_key", occasion="damaged", actor=operator, at=at)


def _ask_to_disclose(operator: Actor, *, at: datetime) -> None:
    row = _valid()
    if row is None or DisclosureCase.objects.exists():
        return
    disclosures.ask(
        row.number,
        basis="order",
        ground={
            "authority": "栖原市人民法院（演示）",
            "number": "（2026）栖法调字第 18 号",
            "recipient": "承办书记员",
            "purpose": "核对合同签署人的身份",
        },
        dated=day_of(at - timedelta(days=2)),
        fields=["name"],
        slots=[],
        actor=operator,
        at=at,
    )


def _ask_to_list(operator: Actor, *, at: datetime) -> None:
    if not BlacklistEntry.objects.exists():
        blacklist.ask_to_list(
            "document",
            resident_number(date(1979, 4, 9), 77),
            cause="false_papers",
            paper="核查记录 2026-07",
            actor=operator,
            at=at,
        )


def _ask_for_agreement(keeper: Actor, *, at: datetime) -> None:
    if not open_approvals(ENTER, [SUBJECT]):
        begins = day_of(at)
        propose_agreement(
            "临江电子认证（演示）",
            number="HR-2026-002",
            valid_from=begins,
            valid_until=begins + timedelta(days=729),
            actor=keeper,
            at=at,
        )


def _import(operator: Actor, *, at: datetime) -> None:
    if not Import.objects.exists():
        sheet = SHEET.format(number=resident_number(date(1994, 3, 8), 61))
        number = imports.upload("personal-sm2-sign", sheet.encode(), actor=operator, at=at)
        imports.go_on(number, actor=operator, at=at)


def _draw(*, at: datetime) -> None:
    """Of every day on which somebody decided, a sample to be looked at again (CPS 4.1.2.2)."""
    today = day_of(at)
    moments = Decision.objects.values_list("at", flat=True)
    for day in sorted({day_of(moment) for moment in moments}):
        if day < today:
            draw(day, secrets.token_hex(16), at=at)
