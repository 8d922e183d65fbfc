"""The page where a reviewer compares what is said with what is shown."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anxin.kernel import web
from anxin.kernel.errors import Refusal
from people.api import Role
from people.gates import actor_of, only
from ra.applicants.wording import FIELD_LABELS
from ra.applications.queries import id_of
from ra.applications.rules import CORRECTION_DAYS
from ra.evidence.rules import PURPOSES, slots
from ra.evidence.wording import SLOTS
from ra.review import case as cases
from ra.review import services
from ra.review.forms import RejectForm, ReturnForm, RevealForm
from ra.review.pages import FieldView
from ra.review.rules import REASONS, REVEALED_FOR, Verdict

TABS = ("fields", "checklist", "certificate", "checks", "same", "log")


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_GET
def case(request: HttpRequest, number: str) -> HttpResponse:
    return page(request, number)


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
def lookups(request: HttpRequest, number: str) -> HttpResponse:
    """Authority sources asked, seconds at most."""
    actor = actor_of(request)
    services.ask_sources(id_of(number, actor), actor=actor, at=timezone.now())
    return _back(request, number)


@only(Role.REVIEWER)
@never_cache
@require_POST
def readings(request: HttpRequest, number: str) -> HttpResponse:
    """Documents read by the machine, a minute at most."""
    actor = actor_of(request)
    services.read_documents(id_of(number, actor), actor=actor, at=timezone.now())
    return _back(request, number)


@only(Role.REVIEWER)
@never_cache
@require_http_methods(["GET", "POST"])
def reveal(request: HttpRequest, number: str) -> HttpResponse:
    """One whole value, to be shown for a moment; asked for with a reason."""
    actor, posted = actor_of(request), request.method == "POST"
    form = RevealForm(request.POST) if posted else RevealForm(initial=request.GET.dict())
    context: dict[str, Any] = {"number": number, "form": form, "seconds": REVEALED_FOR}
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
    part = "revealed" if web.wants_part(request) else "revealed_page"
    status = 422 if form.errors else 200
    return render(request, f"ra/review/{part}.html", context, status=status)


# --- what decisions show again ----------------------------------------------------------------


def page(
    request: HttpRequest,
    number: str,
    *,
    problems: list[Refusal] | None = None,
    status: int = 200,
) -> HttpResponse:
    actor = actor_of(request)
    tab = request.GET.get("tab", "")
    view = cases.case(number, actor, told=tab == "log", at=timezone.now())
    if tab == "certificate" and view.may_judge and view.preview:
        services.open_preview(view.id, actor=actor, at=timezone.now())
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
    }
    context |= {"return_form": return_form(view), "correction_days": CORRECTION_DAYS}
    if web.wants_part(request):
        return render(request, "ra/review/part.html", context, status=status)
    context |= _shown(request, view, context["exceptions"]) | {
        "reject_form": RejectForm(),
        "reveal_form": RevealForm(),
        "seconds": REVEALED_FOR,
        "purposes": PURPOSES,
    }
    return render(request, "ra/review/review.html", context, status=status)


def return_form(view: cases.CaseView, data: Any = None) -> ReturnForm:
    """Reasons and items as the mismatches suggest them."""
    wrong = {field.code for field in view.fields if field.verdict == Verdict.DIFFERS}
    wrong |= set(view.missing_slots)
    choices = [(code, SLOTS[code]) for code in slots(view.profile)]
    choices += [(field.code, FIELD_LABELS[field.code]) for field in view.fields]
    reasons = [reason.code for reason in REASONS.values() if wrong & set(reason.items)]
    initial = {"reasons": reasons, "items": sorted(wrong)}
    return ReturnForm(data, items=choices, initial=initial)


# --- inside ----------------------------------------------------------------------------------


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


def _back(request: HttpRequest, number: str) -> HttpResponse:
    if web.wants_part(request):
        return page(request, number)
    return redirect("case", number)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0
