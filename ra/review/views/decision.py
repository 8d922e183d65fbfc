"""The decision: approve, return for correction, reject (CPS 4.2.2, 4.3.1)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from anxin.kernel.errors import Refusals
from anxin.refusals import refusals_on
from people.api import Role
from people.gates import actor_of, only
from ra.applications.queries import id_of
from ra.applications.rules import CORRECTION_DAYS
from ra.review import case as cases
from ra.review import decisions
from ra.review.forms import RejectForm
from ra.review.views.case import page, return_form
from ra.review.views.queue import onward


@only(Role.REVIEWER)
@never_cache
@require_POST
def approve(request: HttpRequest, number: str) -> HttpResponse:
    actor = actor_of(request)
    try:
        done = decisions.decide_approve(
            id_of(number, actor),
            seen=request.POST.get("seen", ""),
            actor=actor,
            at=timezone.now(),
        )
    except Refusals as refusals:
        return page(request, number, problems=refusals.items, status=409)
    return onward(request, done)


@only(Role.REVIEWER)
@never_cache
@require_http_methods(["GET", "POST"])
def send_back(request: HttpRequest, number: str) -> HttpResponse:
    """Return for correction; a page of its own where no dialog opens."""
    actor, at = actor_of(request), timezone.now()
    view = cases.case(number, actor, at=at)
    form = return_form(view, request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            done = decisions.return_for_correction(view.id, **form.cleaned_data, actor=actor, at=at)
            return onward(request, done)
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
        with refusals_on(form):
            done = decisions.reject(id_of(number, actor), **form.cleaned_data, actor=actor, at=at)
            return onward(request, done)
    context = {"case": cases.case(number, actor, at=at), "reject_form": form}
    status = 422 if form.errors else 200
    return render(request, "ra/review/reject.html", context, status=status)
