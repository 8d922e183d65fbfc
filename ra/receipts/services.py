"""Printing receipts (CPS 4.3.2). The codes come from whoever was just told them; none is kept."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from anxin.kernel.actors import Actor
from anxin.kernel.workdays import SHANGHAI
from audit.log import record, subject_of
from ca import api as ca
from kmc import api as kmc
from pki.sm.sm3 import sm3
from ra.applicants.kinds import kind_of
from ra.applications import queries as applications
from ra.applications.models import Application
from ra.applications.rules import person
from ra.evidence.queries import held_slots
from ra.evidence.rules import slots
from ra.evidence.wording import SLOTS
from ra.handover import queries as handover
from ra.handover.rules import TRIES, VALID_FOR
from ra.procedures.wording import PROCEDURES
from ra.receipts import drawing, models, rules
from ra.verifications.queries import current
from ra.verifications.wording import METHODS


@transaction.atomic
def print_receipt(
    application_id: int, *, access_code: str, status_url: str, actor: Actor, at: datetime
) -> bytes:
    """The receipt of a submitted application as PDF, with the access code and a QR code.

    Refuses `receipts.other_code`, and `receipts.missing_glyph` with the character the font lacks.
    """
    row = applications.locked(application_id, actor)
    rules.check_code(handover.is_access_code(row.pk, access_code))
    fields = applications.content(row).fields
    receipt = drawing.Receipt(
        title=_("电子认证业务受理回执"),
        number=row.number,
        rows=(
            (_("申请人"), fields[kind_of(row.profile).title]),
            (_("业务"), _business(row)),
            (_("材料"), _("、").join(_documents(row))),
            (_("受理"), row.office.name),
            (_("预计办结"), _moment(row.deadline_at)),
            (_("查询码"), access_code),
        ),
        notes=(
            _("请核对以上内容。凭受理编号和查询码查看办理进度，查询码只印这一次。"),
            _("私钥由您自己的介质生成和保管，任何人不会向您索取 PIN。"),
        ),
        status_url=status_url,
        footer=actor.name,
        printed_at=at,
    )
    return _printed(row, "intake", receipt, actor=actor, at=at)


@transaction.atomic
def print_codes(
    application_id: int,
    *,
    reference: str,
    authorisation_code: str,
    pick_up_url: str,
    actor: Actor,
    at: datetime,
) -> bytes:
    """The slip with both codes for picking the certificate up. Refuses as `print_receipt` does."""
    row = applications.locked(application_id, actor)
    rules.check_code(handover.is_authorisation_code(row.pk, reference, authorisation_code))
    receipt = drawing.Receipt(
        title=_("证书下载凭证"),
        number=row.number,
        rows=(
            (_("申请人"), row.masked_name),
            (_("业务"), _business(row)),
            (_("参考号"), reference),
            (_("授权码"), authorisation_code),
        ),
        notes=(
            _(
                "凭参考号和授权码领取证书，只能使用一次，%(days)s 天内有效；"
                "连续输错 %(tries)s 次将被锁定。"
            )
            % {"days": VALID_FOR.days, "tries": TRIES},
            _("取得证书即视为接受证书。请勿把授权码告诉任何人。"),
        ),
        status_url=pick_up_url,
        footer=actor.name,
        printed_at=at,
    )
    return _printed(row, "codes", receipt, actor=actor, at=at)


def _printed(
    row: Application, kind: str, receipt: drawing.Receipt, *, actor: Actor, at: datetime
) -> bytes:
    pdf = drawing.draw(receipt)
    digest = kmc.blind_index("ra.receipt", sm3(pdf).hex()).hex()
    models.Receipt.objects.create(
        application=row, kind=kind, printed_by=person(actor), printed_at=at, digest=digest
    )
    record("ra.print_receipt", subject_of(row), actor=actor, at=at, kind=kind, digest=digest)
    return pdf


def _business(row: Application) -> str:
    what, name = PROCEDURES[row.procedure], ca.PROFILES.get(row.profile, row.profile)
    told = {"procedure": what, "profile": name, "years": row.years}
    return _("%(procedure)s：%(profile)s，%(years)s 年") % told


def _documents(row: Application) -> list[str]:
    """With how each was verified (CPS 5.4.1)."""
    held = held_slots(row.pk)
    how = {one.slot: str(METHODS[one.method]) for one in current(row.pk)}
    return [
        _("%(document)s（%(how)s）") % {"document": SLOTS[code], "how": how[code]}
        if code in how
        else str(SLOTS[code])
        for code in slots(row.profile)
        if code in held
    ]


def _moment(moment: datetime | None) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if moment else ""
