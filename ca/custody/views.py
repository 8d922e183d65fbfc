"""Custody: who holds the shares, one's own share, activation, and the stop."""

import json

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from anxin.kernel import web
from anxin.kernel.errors import Kind, Refusal
from anxin.refusals import refusals_on
from ca.custody import activating, demo, drills, pages, queries, records, rules, services
from ca.custody.forms import (
    AskForm,
    DraftForm,
    EnrolForm,
    ProofForm,
    ReasonForm,
    ReceiptForm,
    ShareForm,
)
from ca.custody.rules import Wish
from ca.custody.shapes import SeatView, SetView
from people.api import Role, demo_password
from people.gates import actor_of, only

KEEPERS = (Role.SECURITY_ADMIN, Role.CA_ADMIN, Role.CUSTODIAN)
WATCHERS = (*KEEPERS, Role.CA_OPERATOR, Role.AUDITOR)
REFRESHED = 5  # seconds between two looks of a page


@only(*WATCHERS)
@never_cache
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    return _show(request)


@only(*pages.READERS)
@never_cache
@require_GET
def record(request: HttpRequest) -> HttpResponse:
    """All of custody, for `python -m pki verify custody`."""
    text = json.dumps(records.record(), ensure_ascii=False, indent=1)
    return web.file(text.encode(), "custody.json", "application/json")


@only(Role.SECURITY_ADMIN)
@never_cache
@require_POST
def draft(request: HttpRequest) -> HttpResponse:
    actor, at = actor_of(request), timezone.now()
    page = pages.custody(actor, at=at)
    form = DraftForm(request.POST, people=page.people)
    if form.is_valid():
        with refusals_on(form):
            services.draft_set(form.cleaned_data["people"], actor=actor, at=at)
            messages.success(request, _("已提请分发份额，等另一人审批。"))
            return redirect("custody")
    return _show(request, status=422, draft_form=form)


@only(Role.SECURITY_ADMIN)
@never_cache
@require_POST
def give_up(request: HttpRequest, set_id: int) -> HttpResponse:
    services.give_up(set_id, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("已放弃这一组份额，没有人能再使用它。"))
    return redirect("custody")


@only(Role.CUSTODIAN)
@never_cache
@require_GET
def seat(request: HttpRequest, seat_id: int) -> HttpResponse:
    """One's own share of a set that is being handed out."""
    page = pages.seat(seat_id, actor_of(request), at=timezone.now())
    part = "seat_state" if web.wants_part(request) else "seat"
    context = {"page": page, "handed": json.dumps(page.handed), "seconds": REFRESHED}
    return render(request, f"ca/custody/{part}.html", context)


@only(Role.CUSTODIAN)
@never_cache
@require_POST
def enrol(request: HttpRequest, seat_id: int) -> HttpResponse:
    made = _made(EnrolForm, request)
    services.enrol(seat_id, **made, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("保管密钥已登记。三人都登记后，签名服务会生成份额。"))
    return redirect("custody-seat", seat_id)


@only(Role.CUSTODIAN)
@never_cache
@require_POST
def receipt(request: HttpRequest, seat_id: int) -> HttpResponse:
    made = _made(ReceiptForm, request)
    services.receipt(seat_id, made["receipt"], actor=actor_of(request), at=timezone.now())
    messages.success(request, _("收条已登记。请把份额文件存放在只有您能取到的地方。"))
    return redirect("custody-seat", seat_id)


@only(Role.CUSTODIAN)
@never_cache
@require_GET
def words(request: HttpRequest, seat_id: int) -> HttpResponse:
    """One's own share on paper and back: all of it happens in the browser."""
    page = pages.words(seat_id, actor_of(request), at=timezone.now())
    return render(request, "ca/custody/words.html", {"page": page, "own": json.dumps(page.own)})


@only(Role.CUSTODIAN)
@never_cache
@require_POST
def begin_drill(request: HttpRequest, seat_id: int) -> HttpResponse:
    drill_id = drills.begin(seat_id, actor=actor_of(request), at=timezone.now())
    return redirect("custody-drill", drill_id)


@only(Role.CUSTODIAN)
@never_cache
@require_GET
def drill(request: HttpRequest, drill_id: int) -> HttpResponse:
    """One's own drill: the file is opened in the browser, and what is in it signs."""
    actor = actor_of(request)
    page = pages.drill(drill_id, actor, at=timezone.now())
    context = {
        "page": page,
        "drill": json.dumps(page.drill),
        "passphrase": demo_password(page.seat.person_id) if page.drill else "",
    }
    return render(request, "ca/custody/drill.html", context)


@only(Role.CUSTODIAN)
@never_cache
@require_POST
def prove(request: HttpRequest, drill_id: int) -> HttpResponse:
    made = _made(ProofForm, request)
    drills.prove(drill_id, made["proof"], actor=actor_of(request), at=timezone.now())
    messages.success(request, _("演练通过：您的份额文件能打开，已登记。"))
    return redirect("custody")


@only(Role.SECURITY_ADMIN)
@never_cache
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    form = AskForm(request.POST, helpers=queries.helper_places())
    if form.is_valid():
        wish = Wish(**form.cleaned_data)
        with refusals_on(form):
            activation_id = activating.ask(wish, actor=actor_of(request), at=timezone.now())
            return redirect("custody-activation", activation_id)
    return _show(request, status=422, ask_form=form)


@only(Role.CUSTODIAN)
@never_cache
@require_POST
def ask_in_demo(request: HttpRequest) -> HttpResponse:
    activation_id = activating.ask_in_demo(actor=actor_of(request), at=timezone.now())
    return redirect("custody-activation", activation_id)


@only(*WATCHERS)
@never_cache
@require_GET
def activation(request: HttpRequest, activation_id: int) -> HttpResponse:
    """One activation; for htmx only the part that changes."""
    actor, at = actor_of(request), timezone.now()
    part = "quorum" if web.wants_part(request) else "activation"
    page = pages.activation(activation_id, actor, at=at)
    context = {
        "page": page,
        "offer": json.dumps(page.offer),
        "at": at,
        "seconds": REFRESHED,
        "passphrase": demo_password(page.own.seat.person_id) if page.offer and page.own else "",
        "demo_share": _demo_share(page.own.seat, page.set) if page.offer and page.own else None,
    }
    return render(request, f"ca/custody/{part}.html", context)


@only(Role.CUSTODIAN)
@never_cache
@require_POST
def bring(request: HttpRequest, activation_id: int) -> HttpResponse:
    made = _made(ShareForm, request)
    activating.bring(
        activation_id,
        sealed=made["sealed"],
        signature=made["share_signature"],
        actor=actor_of(request),
        at=timezone.now(),
    )
    messages.success(request, _("份额已加密提交，签名服务正在核对。"))
    return redirect("custody-activation", activation_id)


@only(*KEEPERS)
@never_cache
@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    form = ReasonForm(request.POST, auto_id="stop_%s")
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        with refusals_on(form):
            activating.stop(reason, actor=actor_of(request), at=timezone.now())
            messages.warning(request, _("已下令停用，签名服务几秒内封存密钥。有关人员会收到邮件。"))
            return redirect("custody")
    return _show(request, status=422, stop_form=form)


@only(Role.CUSTODIAN)
@never_cache
@require_POST
def propose_end(request: HttpRequest) -> HttpResponse:
    form = ReasonForm(request.POST, auto_id="end_%s")
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        with refusals_on(form):
            activating.propose_end(reason, actor=actor_of(request), at=timezone.now())
            messages.success(request, _("已提请停用，等另一位份额持有人同意。"))
            return redirect("custody")
    return _show(request, status=422, end_form=form)


def _show(request: HttpRequest, *, status: int = 200, **given: forms.Form) -> HttpResponse:
    page = pages.custody(actor_of(request), at=timezone.now())
    part = "figures" if web.wants_part(request) else "page"
    number = request.GET.get("ceremony", "")  # from its room
    wish = {"purpose": rules.Purpose.CEREMONY, "ceremony": number} if number else None
    context = {
        "page": page,
        "seconds": REFRESHED,
        "demo_share": _demo_share(page.in_force.own, page.in_force) if page.in_force else None,
        "draft_form": DraftForm(people=page.people),
        "ask_form": AskForm(helpers=queries.helper_places(), initial=wish),
        "stop_form": ReasonForm(auto_id="stop_%s"),
        "end_form": ReasonForm(auto_id="end_%s"),
    }
    return render(request, f"ca/custody/{part}.html", context | given, status=status)


def _demo_share(seat: SeatView | None, kept: SetView) -> demo.DemoShare | None:
    """The reader's own, in a demo."""
    return demo.share_of(seat.person_id, kept.code) if seat and seat.own else None


def _made(kind: type[forms.Form], request: HttpRequest) -> dict[str, str]:
    """What a script put into the form, or somebody pasted whom the command line told it.

    Refuses (INVALID) a form that none has filled.
    """
    pasted = request.POST.get("answer")
    form = kind(request.POST if pasted is None else rules.answer(pasted))
    if not form.is_valid():
        raise Refusal(Kind.INVALID, "custody.unreadable", "not made by a browser", cps="6.2.8")
    return dict(form.cleaned_data)
