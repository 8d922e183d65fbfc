"""The work queue, and taking the next application from it."""

import logging
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anxin.kernel import web
from anxin.kernel.errors import Refusal
from anxin.refusals import refusals_on
from ca.api import PROFILES
from people.api import Role
from people.gates import actor_of, only
from ra.applications.queries import id_of
from ra.applications.wording import STATES
from ra.review import case as cases
from ra.review import passing, queries, services
from ra.review.decisions import Decided
from ra.review.forms import PassForm
from ra.review.queries import Filters, View
from ra.review.rules import LEASE
from ra.review.wording import VIEWS

log = logging.getLogger(__name__)

TABS_OF = {
    Role.REVIEWER: (View.WAITING, View.RESUBMITTED, View.SECOND, View.MINE, View.DONE_TODAY),
    Role.OPERATOR: (View.DRAFTS, View.ISSUING, View.ISSUED),
}
HOT = {View.WAITING, View.SECOND, View.DRAFTS, View.ISSUED}


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """The list; for htmx the rows alone, or with `peek` the pane beside them."""
    actor, at = actor_of(request), timezone.now()
    if "peek" in request.GET:
        case = cases.case(request.GET["peek"], actor, told=False, at=at)
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
        "may_review": Role.REVIEWER in actor.roles,
    }
    if web.wants_part(request):
        return render(request, "ra/review/queue_list.html", context)
    counts = queries.counts(actor, at=at)
    context |= {
        "counts": counts,
        "late": counts["late"],
        "soon": counts["soon"],
        "tabs": [(v.value, VIEWS[v.value], counts[v.value], v in HOT) for v in tabs],
        "all_label": VIEWS[View.ALL.value],
        "profiles": [(code, PROFILES[code]) for code in _profiles(page)],
        "may_enter": Role.OPERATOR in actor.roles,
    }
    return render(request, "ra/review/queue.html", context)


@only(Role.REVIEWER)
@require_POST
def claim_next(request: HttpRequest) -> HttpResponse:
    return onward(request)


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


@only(Role.REVIEWER)
@never_cache
@require_http_methods(["GET", "POST"])
def pass_on(request: HttpRequest, number: str) -> HttpResponse:
    """To a colleague's desk, or back to the queue, with a reason."""
    actor, at = actor_of(request), timezone.now()
    form = PassForm(request.POST or None, colleagues=passing.colleagues(number, actor, at=at))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with refusals_on(form):
            passing.pass_on(
                id_of(number, actor), given["to"], reason=given["reason"], actor=actor, at=at
            )
            messages.success(request, _("%(number)s 已移交。") % {"number": number})
            return redirect("queue")
    status = 422 if form.errors else 200
    context = {"number": number, "form": form, "minutes": LEASE // timedelta(minutes=1)}
    return render(request, "ra/review/pass_on.html", context, status=status)


def onward(request: HttpRequest, done: Decided | None = None) -> HttpResponse:
    """To the most urgent application that waits for this person.

    What was decided stays decided, and is said, whatever becomes of the next one.
    """
    if done is not None:
        told = {"number": done.number, "state": STATES[done.state]}
        messages.success(request, _("%(number)s 已办结这一步：%(state)s。") % told)
    try:
        number = services.claim_next(actor=actor_of(request), at=timezone.now())
    except (Refusal, DatabaseError) as error:
        if done is None:
            raise
        log.warning("decided %s, but claimed no other: %s", done.number, type(error).__name__)
        messages.warning(request, _("没能领取下一件，请从队列中选择。"))
        return redirect("queue")
    if number is None:
        if done is None:
            messages.warning(request, _("没有等您审核的申请了。"))
        return redirect("queue")
    return redirect("case", number)


# --- inside ----------------------------------------------------------------------------------


def _view(wanted: str, offered: list[View]) -> View:
    return View(wanted) if wanted in offered else offered[0]


def _profiles(page: queries.Page) -> list[str]:
    return sorted({row.profile for row in page.rows})
