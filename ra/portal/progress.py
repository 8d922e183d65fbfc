"""How an application stands, told to the applicant. Pure but for the words."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from ra.handover.queries import StatusView

DONE, NOW, WAITS = "d", "n", "w"  # classes of the steps: done, going on, waits for the applicant


@dataclass(frozen=True, slots=True)
class Part:
    """One of the four parts of the way."""

    label: str
    mark: str
    detail: str


@dataclass(frozen=True, slots=True)
class Progress:
    """`tone` colours the head; `step` counts from 1, 0 when it is over."""

    tone: str
    title: str
    text: str
    step: int
    parts: tuple[Part, ...]


# state -> (which part is going on, its mark, tone of the head)
WAY = {
    "draft": (1, NOW, ""),
    "submitted": (2, NOW, ""),
    "returned": (2, WAITS, "warn"),
    "approved": (3, NOW, ""),
    "failed": (3, NOW, "warn"),
    "issued": (4, WAITS, "ok"),
    "accepted": (5, DONE, "ok"),
    "rejected": (0, "", "bad"),
    "cancelled": (0, "", "plain"),
}
HEADS = {
    "draft": (lazy("正在录入"), lazy("受理点还在录入您的材料")),
    "submitted": (lazy("正在审核"), lazy("预计 %(at)s 前有结果")),
    "returned": (lazy("请补正材料"), lazy("%(at)s 前补正即可，其他材料已为您保留")),
    "approved": (lazy("正在签发"), lazy("审核已经通过，证书正在制作")),
    "failed": (lazy("签发遇到问题"), lazy("受理点会与您联系，更正后重新办理")),
    "issued": (lazy("证书已签发"), lazy("请凭参考号和授权码领取")),
    "accepted": (lazy("证书已领取"), lazy("证书现在可以使用")),
    "rejected": (pgettext_lazy("state", "不予批准"), lazy("原因见下。您可以凭原资料重新申请")),
    "cancelled": (lazy("申请已撤回"), lazy("需要时请重新申请")),
    "held": (lazy("证书已冻结"), lazy("冻结期间不能使用。解冻请在网上申请，或联系受理点")),
    "revoked": (lazy("证书已吊销"), lazy("这张证书不再有效。需要时请重新申请")),
}
TONES = {"held": "warn", "revoked": "bad"}  # states of a certificate that come before its way


def progress(view: StatusView) -> Progress:
    at, mark, tone = WAY[view.state]
    title, text = _head(view)
    tone = TONES.get(view.certificate_state, tone)
    return Progress(tone, title, text, min(at, 4), tuple(_parts(view, at, mark)))


def _parts(view: StatusView, at: int, mark: str) -> Iterator[Part]:
    labels = (_("提交材料"), _("材料审核"), _("签发证书"), _("领取证书"))
    when = {step.what: date_format(localtime(step.at), "m-d H:i") for step in view.history}
    details = (
        when.get("resubmitted") or when.get("submitted", ""),
        when.get("approved") or when.get("returned") or when.get("rejected", ""),
        when.get("issued", ""),
        when.get("accepted", ""),
    )
    for number, (label, detail) in enumerate(zip(labels, details, strict=True), start=1):
        yield Part(label, DONE if number < at else mark if number == at else "", detail)


def _head(view: StatusView) -> tuple[str, str]:
    """Title and text; `%(at)s` is the day by which something happens."""
    certificate = view.certificate_state
    title, text = HEADS[certificate if certificate in TONES else view.state]
    day = view.correction_due_at or view.deadline_at or view.codes_expire_at
    at = date_format(localtime(day), _("n 月 j 日 H:i")) if day else "—"
    return str(title), str(text) % {"at": at}
