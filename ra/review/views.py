"""The queue, and the page where a reviewer compares what is said with what is shown."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anxin.kernel.errors import Refusal, Refusals
from anxin.templatetags.ui import told
from ca.api import PROFILES
from people.api import Role
from people.gates import actor_of, only
from ra.applicants.wording import FIELD_LABELS
from ra.applications.queries import id_of
from ra.applications.rules import CORRECTION_DAYS
from ra.applications.wording import STATES
from ra.evidence.rules import PURPOSES, slots
from ra.evidence.wording import SLOTS
from ra.review import case as cases
from ra.review import queries, services
from ra.review.forms import RejectForm, ReturnForm, RevealForm
from ra.review.pages import FieldView
from ra.review.queries import Filters, View
from ra.review.rules import REASONS, Verdict
from ra.review.services import Decided
from ra.review.wording import VIEWS

TABS = ("fields", "checklist", "certificate", "checks", "same", "log")
TABS_OF = {
    Role.REVIEWER: (View.WAITING, View.RESUBMITTED, View.SECOND, View.MINE, View.DONE_TODAY),
    Role.OPERATOR: (View.DRAFTS, View.ISSUING, View.ISSUED),
}
HOT = {View.WAITING, View.SECOND, View.DRAFTS, View.ISSUED}


# --- the queue -------------------------------------------------------------------------------


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """The list; for htmx the rows alone, or with `peek` the pane beside them."""
    actor, at = actor_of(request), timezone.now()
    if "peek" in request.GET:
        case = cases.case(request.GET["peek"], actor, at=at)
        return render(request, "ra/review/peek.html", {"case": case})
    tabs = [view for role, views in TABS_OF.items() if role in actor.roles for view in views]
    view = _view(request.GET.get("view", ""), [*tabs, View.ALL])
    filters = Filters(profile=request.GET.get("profile", ""))
    page = queries.queue(actor, view, filters, after=request.GET.get("after", ""), at=at)
    context: dict[str, Any] = {
        "page": page,
        "view": view.value,
        "view_label": VIEWS[view.value],
        "filters": filters,
        "now": at,
        "late": sum(row.sla.late for row in page.rows if row.sla),
        "soon": sum(row.sla.soon for row in page.rows if row.sla),
    }
    if request.headers.get("HX-Request"):
        return render(request, "ra/review/queue_list.html", context)
    counts = queries.counts(actor, at=at)
    context |= {
        "counts": counts,
        "tabs": [(v.value, VIEWS[v.value], counts[v.value], v in HOT) for v in tabs],
        "all_label": VIEWS[View.ALL.value],
        "profiles": [(code, PROFILES[code]) for code in _profiles(page)],
        "may_enter": Role.OPERATOR in actor.roles,
        "may_review": Role.REVIEWER in actor.roles,
    }
    return render(request, "ra/review/queue.html", context)


@only(Role.REVIEWER)
@require_POST
def claim_next(request: HttpRequest) -> HttpResponse:
    return _onward(request)


@only(Role.REVIEWER)
@require_POST
def claim(request: HttpRequest, number: str) -> HttpResponse:
    actor = actor_of(request)
    services.claim(id_of(number, actor), actor=actor, at=timezone.now())
    return redirect("case", number)


@only(Role.REVIEWER)
@require_POST
def release(request: HttpRequest, number: str) -> HttpResponse:
    actor = actor_of(request)
    services.release(id_of(number, actor), actor=actor, at=timezone.now())
    messages.success(request, _("%(number)s 已放回队列。") % {"number": number})
    return redirect("queue")


# --- the case --------------------------------------------------------------------------------


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_GET
def case(request: HttpRequest, number: str) -> HttpResponse:
    return _case(request, number)


@only(Role.REVIEWER)
@never_cache
@require_POST
def verdict(request: HttpRequest, number: str) -> HttpResponse:
    """One field judged, or one item of the checklist."""
    actor, given = actor_of(request), request.POST
    word = given.get("verdict", "")
    services.set_verdict(
        id_of(number, actor),
        given.get("item", ""),
        word if word in set(Verdict) else "",
        seen=_number(given.get("seen", "")),
        actor=actor,
        at=timezone.now(),
    )
    return _back(request, number)


@only(Role.REVIEWER)
@never_cache
@require_POST
def agree(request: HttpRequest, number: str) -> HttpResponse:
    """All fields that were found to be the same elsewhere, confirmed together."""
    actor = actor_of(request)
    services.confirm_fields(
        id_of(number, actor),
        request.POST.getlist("items"),
        seen=_number(request.POST.get("seen", "")),
        actor=actor,
        at=timezone.now(),
    )
    return _back(request, number)


@only(Role.REVIEWER)
@never_cache
@require_POST
def approve(request: HttpRequest, number: str) -> HttpResponse:
    actor = actor_of(request)
    try:
        done = services.decide_approve(
            id_of(number, actor),
            seen=request.POST.get("seen", ""),
            actor=actor,
            at=timezone.now(),
        )
    except Refusals as refusals:
        return _case(request, number, problems=refusals.items, status=409)
    return _onward(request, done)


@only(Role.REVIEWER)
@never_cache
@require_http_methods(["GET", "POST"])
def send_back(request: HttpRequest, number: str) -> HttpResponse:
    """Return for correction; a page of its own where no dialog opens."""
    actor, at = actor_of(request), timezone.now()
    view = cases.case(number, actor, at=at)
    form = _return_form(view, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            done = services.return_for_correction(view.id, **form.cleaned_data, actor=actor, at=at)
        except Refusal as refusal:
            _tell(form, refusal)
        else:
            return _onward(request, done)
    context = {"case": view, "return_form": form, "correction_days": CORRECTION_DAYS}
    status = 422 if form.errors else 200
    return render(request, "ra/review/return.html", context, status=status)


@only(Role.REVIEWER)
@never_cache
@require_http_methods(["GET", "POST"])
def decline(request: HttpRequest, number: str) -> HttpResponse:
    actor, at = actor_of(request), timezone.now()
    form = RejectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            done = services.reject(id_of(number, actor), **form.cleaned_data, actor=actor, at=at)
        except Refusal as refusal:
            _tell(form, refusal)
        else:
            return _onward(request, done)
    context = {"case": cases.case(number, actor, at=at), "reject_form": form}
    status = 422 if form.errors else 200
    return render(request, "ra/review/reject.html", context, status=status)


@only(Role.REVIEWER)
@never_cache
@require_http_methods(["GET", "POST"])
def reveal(request: HttpRequest, number: str) -> HttpResponse:
    """One whole value, to be shown for fifteen seconds; asked for with a reason."""
    actor, posted = actor_of(request), request.method == "POST"
    form = RevealForm(request.POST) if posted else RevealForm(initial=request.GET.dict())
    context: dict[str, Any] = {"number": number, "form": form}
    if posted and form.is_valid():
        given = form.cleaned_data
        context["field"] = given["field"]
        context["value"] = services.reveal(
            id_of(number, actor),
            given["field"],
            reason=given["reason"],
            actor=actor,
            at=timezone.now(),
        )
    part = "revealed" if request.headers.get("HX-Request") else "revealed_page"
    status = 422 if form.errors else 200
    return render(request, f"ra/review/{part}.html", context, status=status)


# --- inside ----------------------------------------------------------------------------------


def _case(
    request: HttpRequest,
    number: str,
    *,
    problems: list[Refusal] | None = None,
    status: int = 200,
) -> HttpResponse:
    actor = actor_of(request)
    view = cases.case(number, actor, at=timezone.now())
    tab = request.GET.get("tab", "")
    agreed = [field for field in view.fields if field.agrees]
    others = [field for field in view.fields if not field.agrees]
    context: dict[str, Any] = {
        "case": view,
        "tab": tab if tab in TABS else TABS[0],
        "agreed": agreed,
        "agreed_open": [field.code for field in agreed if not field.verdict],
        "exceptions": sorted(others, key=lambda field: field.agrees is None),
        "judged": sum(bool(field.verdict) for field in view.fields),
        "ticked": sum(tick.ticked for tick in view.checklist),
        "alarms": sum(outcome == "bad" for outcome in view.checks.values()),
        "last": view.reviews_done + 1 >= view.reviews_needed,
        "problems": problems or [],
        "may_review": Role.REVIEWER in actor.roles,
    }
    context |= {"return_form": _return_form(view), "correction_days": CORRECTION_DAYS}
    if request.headers.get("HX-Request"):
        return render(request, "ra/review/part.html", context, status=status)
    context |= _shown(request, view, context["exceptions"]) | {
        "reject_form": RejectForm(),
        "reveal_form": RevealForm(),
        "purposes": PURPOSES,
    }
    return render(request, "ra/review/review.html", context, status=status)


def _shown(request: HttpRequest, view: cases.CaseView, fields: list[FieldView]) -> dict[str, Any]:
    """The document and page on the stage: what was asked for, else what the first field is in."""
    first = next((field.document_id for field in fields if field.document_id), None)
    wanted = request.GET.get("document") or str(first)
    documents = view.documents
    shown = next((one for one in documents if str(one.id) == wanted), None)
    shown = shown or (documents[0] if documents else None)
    pages = len(shown.pages) if shown else 0
    page = min(max(_number(request.GET.get("page", "1")), 1), max(pages, 1))
    return {"shown": shown, "shown_page": page}


def _return_form(view: cases.CaseView, data: Any = None) -> ReturnForm:
    """Reasons and items as the mismatches suggest them."""
    wrong = {field.code for field in view.fields if field.verdict == Verdict.DIFFERS}
    wrong |= set(view.missing_slots)
    choices = [(code, SLOTS[code]) for code in slots(view.profile)]
    choices += [(field.code, FIELD_LABELS[field.code]) for field in view.fields]
    reasons = [reason.code for reason in REASONS.values() if wrong & set(reason.items)]
    initial = {"reasons": reasons, "items": sorted(wrong)}
    return ReturnForm(data, items=choices, initial=initial)


def _tell(form: ReturnForm | RejectForm, refusal: Refusal) -> None:
    """A refusal that names no field of the form goes on to the page of refusals."""
    if refusal.field not in form.fields:
        raise refusal
    form.add_error(refusal.field, told(refusal))


def _back(request: HttpRequest, number: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return _case(request, number)
    return redirect("case", number)


def _onward(request: HttpRequest, done: Decided | None = None) -> HttpResponse:
    """To the most urgent application that waits for this person."""
    if done is not None:
        told = {"number": done.number, "state": STATES[done.state]}
        messages.success(request, _("%(number)s 已办结这一步：%(state)s。") % told)
    number = services.claim_next(actor=actor_of(request), at=timezone.now())
    if number is None:
        if done is None:
            messages.warning(request, _("没有等您审核的申请了。"))
        return redirect("queue")
    return redirect("case", number)


def _view(wanted: str, offered: list[View]) -> View:
    return View(wanted) if wanted in offered else offered[0]


def _profiles(page: queries.Page) -> list[str]:
    return sorted({row.profile for row in page.rows})


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0
