"""The counter's pages: open a draft, type, take documents in, submit."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anxin.kernel import web
from anxin.kernel.errors import Refusal, Refusals
from anxin.kernel.workdays import day_of
from anxin.templatetags.ui import told
from ca.api import PROFILES
from people.api import Role
from people.gates import actor_of, only
from ra.agreements.queries import all_in_force
from ra.applicants.kinds import kind_of
from ra.applicants.rules import validate_field
from ra.applications.queries import id_of
from ra.evidence import rules as evidence
from ra.evidence.wording import SLOTS
from ra.intake import handing_in, queries, services
from ra.intake.forms import (
    AgreementForm,
    CancelForm,
    DraftForm,
    OpenForm,
    RequestForm,
    VerifyForm,
)
from ra.lookups.services import ask_at_counter
from ra.publications.queries import agreement
from ra.review.queries import Filters, View, queue
from ra.verifications import services as verifications

PARTS = {
    "request": lazy("证书请求"),
    "agreement": lazy("订户协议"),
    "names": lazy("域名与 IP 验证"),
    "": lazy("本件申请"),
}


@only(Role.OPERATOR)
@never_cache
@require_http_methods(["GET", "POST"])
def intake(request: HttpRequest) -> HttpResponse:
    """What I am entering, and the door to a new one."""
    actor, at = actor_of(request), timezone.now()
    choices = [(one.code, str(PROFILES[one.code])) for one in queries.profiles()]
    form = OpenForm(request.POST or None, choices=choices)
    if request.method == "POST" and form.is_valid():
        draft = services.open_draft(form.cleaned_data["profile"], actor=actor, at=at)
        return redirect("intake-page", draft.number)
    mine = queue(actor, View.DRAFTS, Filters(), after=request.GET.get("after", ""), at=at)
    context = {"form": form, "page": mine}
    return render(request, "ra/intake/list.html", context, status=422 if form.errors else 200)


@only(Role.OPERATOR)
@never_cache
@require_GET
def page(request: HttpRequest, number: str) -> HttpResponse:
    return _page(request, number)


@only(Role.OPERATOR)
@never_cache
@require_POST
def save(request: HttpRequest, number: str) -> HttpResponse:
    """Keeps the draft: for the script as JSON, otherwise as the page with what is wrong."""
    form = _form(request, number)
    try:
        saved = _save(request, number, form)
    except Refusal as refusal:
        if web.wants_json(request):
            raise
        return _page(request, number, form=form, problems=[refusal], status=409)
    at = timezone.localtime()
    said = _("已存草稿 %(at)s") % {"at": f"{at:%H:%M:%S}"}
    if web.wants_json(request):
        return JsonResponse({"version": saved.version, "sentence": said})
    _mark(form, [one for one in saved.wrong if not one.rule.endswith(".empty")])
    return _page(request, number, form=form, saved=said, status=422 if form.errors else 200)


@only(Role.OPERATOR)
@never_cache
@require_POST
def submit(request: HttpRequest, number: str) -> HttpResponse:
    """Keeps what was typed, then hands it to the reviewers."""
    actor, form = actor_of(request), _form(request, number)
    try:
        _save(request, number, form)
        done = handing_in.submit(id_of(number, actor), actor=actor, at=timezone.now())
    except Refusal as refusal:
        wrong = refusal.items if isinstance(refusal, Refusals) else [refusal]
        _mark(form, wrong)
        return _page(request, number, form=form, problems=wrong, status=422)
    context = {"done": done, "status_url": f"{settings.PUBLIC_URL}/status/"}
    return render(request, "ra/intake/submitted.html", context)


@only(Role.OPERATOR)
@never_cache
@require_POST
def attach_request(request: HttpRequest, number: str) -> HttpResponse:
    actor, form = actor_of(request), RequestForm(request.POST)
    if form.is_valid():
        try:
            data = form.cleaned_data["request"].encode()
            services.attach_request(id_of(number, actor), data, actor=actor, at=timezone.now())
        except Refusal as refusal:
            form.add_error("request", told(refusal))
    if form.errors:
        return _page(request, number, request_form=form, status=422)
    messages.success(request, _("请求有效，申请人持有私钥。"))
    return web.back_to("intake-page", number, "request")


@only(Role.OPERATOR)
@require_POST
def accept_agreement(request: HttpRequest, number: str) -> HttpResponse:
    actor, form = actor_of(request), _agreement_form(request.POST)
    if not form.is_valid():
        return _page(request, number, agreement_form=form, status=422)
    services.accept_agreement(
        id_of(number, actor), **form.cleaned_data, actor=actor, at=timezone.now()
    )
    return web.back_to("intake-page", number, "agreement")


@only(Role.OPERATOR)
@never_cache
@require_POST
def verify(request: HttpRequest, number: str) -> HttpResponse:
    """How each document was verified (CPS 3.2.2, 3.2.3)."""
    actor, at = actor_of(request), timezone.now()
    view = queries.intake(number, actor, at=at)
    form = _verify_form(view, request.POST)
    if form.is_valid():
        try:
            verifications.note(view.id, form.found(), actor=actor, at=at)
        except Refusal as refusal:
            named = f"{refusal.field}.method"
            form.add_error(named if named in form.fields else None, told(refusal))
    if form.errors:
        return _page(request, number, verify_form=form, status=422)
    return web.back_to("intake-page", number, "verified")


@only(Role.OPERATOR)
@never_cache
@require_POST
def lookups(request: HttpRequest, number: str) -> HttpResponse:
    """Authority sources asked, seconds at most; what they say is noted with the documents."""
    actor = actor_of(request)
    ask_at_counter(id_of(number, actor), actor=actor, at=timezone.now())
    return web.back_to("intake-page", number, "verified")


def _agreement_form(data: QueryDict | None = None) -> AgreementForm:
    return AgreementForm(data, in_force=agreement(timezone.now()))


def _verify_form(view: queries.IntakeView, data: QueryDict | None = None) -> VerifyForm:
    agreements = [one.number for one in all_in_force(at=timezone.now())]
    slots = [slot.code for slot in view.slots if slot.needed or slot.documents]
    return VerifyForm(data, slots=slots, held=view.verifications, agreements=agreements)


@only(Role.OPERATOR)
@require_POST
def propose_again(request: HttpRequest, number: str) -> HttpResponse:
    """The approval ended undecided; the button is on the page of the case."""
    actor = actor_of(request)
    handing_in.propose_again(id_of(number, actor), actor=actor, at=timezone.now())
    messages.success(request, _("%(number)s 已重新提请审核。") % {"number": number})
    return redirect("case", number)


@only(Role.OPERATOR)
@require_POST
def take_over(request: HttpRequest, number: str) -> HttpResponse:
    actor = actor_of(request)
    services.take_over(id_of(number, actor), actor=actor, at=timezone.now())
    messages.success(request, _("%(number)s 由您接手。") % {"number": number})
    return redirect("intake-page", number)


@only(Role.OPERATOR)
@require_POST
def open_again(request: HttpRequest, number: str) -> HttpResponse:
    actor = actor_of(request)
    draft = services.open_again(id_of(number, actor), actor=actor, at=timezone.now())
    messages.success(request, _("已从 %(number)s 带入原资料。") % {"number": number})
    return redirect("intake-page", draft.number)


@only(Role.OPERATOR)
@require_POST
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    actor, form = actor_of(request), CancelForm(request.POST)
    if not form.is_valid():
        return _page(request, number, status=422)
    services.cancel(id_of(number, actor), **form.cleaned_data, actor=actor, at=timezone.now())
    messages.success(request, _("%(number)s 已撤回。") % {"number": number})
    return redirect("intake")


@only(Role.OPERATOR)
@never_cache
@require_POST
def check(request: HttpRequest) -> JsonResponse:
    """One field judged while it is typed, by the rule that judges the form."""
    code, text = request.POST.get("field", ""), request.POST.get("value", "")
    kind = request.POST.get("document_type", "")
    try:
        kept = validate_field(
            code, text, today=day_of(timezone.now()), document_type=kind or "resident_id"
        )
    except Refusal as refusal:
        return JsonResponse({"ok": False, "sentence": told(refusal)})
    checked = code.endswith(("document_number", "_code")) and kind != "passport"
    said = _("校验码正确") if checked else _("格式正确")
    return JsonResponse({"ok": True, "value": kept, "sentence": said})


# --- inside ----------------------------------------------------------------------------------


def _page(
    request: HttpRequest,
    number: str,
    *,
    form: DraftForm | None = None,
    problems: list[Refusal] | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    view = queries.intake(number, actor_of(request), at=timezone.now())
    typed = {**view.fields, "years": view.years, "distinguisher": view.distinguisher}
    form = form or DraftForm(kind=kind_of(view.profile), initial=typed)
    needed = [slot for slot in view.slots if slot.needed]
    context: dict[str, Any] = {
        "intake": view,
        "form": form,
        "groups": form.groups(),
        "checks": " ".join(form.kind.fields),
        "held": sum(bool(slot.documents) for slot in needed),
        "needed": len(needed),
        "per_slot": evidence.PER_SLOT,
        "limit": evidence.LIMIT,
        "request_form": RequestForm(),
        "agreement_form": _agreement_form(),
        "cancel_form": CancelForm(),
        "verify_form": _verify_form(view),
        "problems": [_problem(one, form) for one in problems or []],
        **more,
    }
    return render(request, "ra/intake/page.html", context, status=status)


def _form(request: HttpRequest, number: str) -> DraftForm:
    return DraftForm(request.POST, kind=queries.kind_at(number, actor_of(request)))


def _save(request: HttpRequest, number: str, form: DraftForm) -> services.Saved:
    form.is_valid()  # a draft is kept as it was typed; the rules say what is wrong with it
    actor, seen = actor_of(request), request.POST.get("content_version", "")
    years = form.cleaned_data.get("years")
    return services.save_draft(
        id_of(number, actor),
        {code: request.POST.get(code, "") for code in form.kind.fields},
        years=int(years) if years else None,
        distinguisher=request.POST.get("distinguisher", ""),
        seen=int(seen) if seen.isdecimal() else None,
        actor=actor,
        at=timezone.now(),
    )


def _mark(form: DraftForm, refusals: list[Refusal]) -> None:
    for one in refusals:
        if one.field in form.fields:
            form.add_error(one.field, told(one))


def _problem(refusal: Refusal, form: DraftForm) -> dict[str, str]:
    """Where on the page, what it is called there, what is wrong with it."""
    field = refusal.field
    if field in form.fields:
        anchor, name = form[field].id_for_label, str(form[field].label)
    elif field in SLOTS:
        place = "verified" if refusal.rule.startswith("verifications.") else f"slot-{field}"
        anchor, name = place, str(SLOTS[field])
    else:
        anchor, name = field or "main", str(PARTS.get(field, PARTS[""]))
    return {"anchor": anchor, "name": name, "sentence": told(refusal)}
