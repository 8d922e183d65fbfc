"""The end of an authority (CPS 5.7.3, 5.8): declared, agreed to, run step by step, reported."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from anxin.kernel import web
from anxin.kernel.errors import Kind as Why
from anxin.kernel.errors import Refusal
from ca.endings import kinds, pages, queries, services
from ca.endings.forms import Answering, ConfirmForm, DeclareForm, LinkForm, ReasonForm, ReportForm
from people.api import Role
from people.gates import actor_of, only

watchers = only(*(Role(role) for role in sorted(kinds.WATCHERS)))
runners = only(*(Role(role) for role in sorted(kinds.RUNNERS)))


@contextmanager
def _refusals_on(form: Answering) -> Iterator[None]:
    try:
        yield
    except Refusal as refusal:
        form.refuse(refusal)


@watchers
@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    may_declare = bool(actor_of(request).roles & kinds.RUNNERS)
    context = {"rows": pages.lines(), "may_declare": may_declare}
    return render(request, "ca/endings/list.html", context)


@runners
@never_cache
@require_http_methods(["GET", "POST"])
def declare(request: HttpRequest) -> HttpResponse:
    form = DeclareForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with _refusals_on(form):
            number = services.declare(form.said(), actor=actor_of(request), at=timezone.now())
            messages.success(request, _("已声明，并提请安全策略委员会。"))
            return redirect("ending", number)
    status = 422 if form.errors else 200
    return render(request, "ca/endings/declare.html", {"form": form}, status=status)


@watchers
@never_cache
@require_GET
def show(request: HttpRequest, number: str) -> HttpResponse:
    """The run; for htmx only what changes."""
    part = "steps" if web.wants_part(request) else "page"
    found = pages.page(number, actor_of(request), at=timezone.now())
    return render(request, f"ca/endings/{part}.html", {"page": found})


@runners
@require_POST
def ask_again(request: HttpRequest, number: str) -> HttpResponse:
    services.ask_again(number, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("已再次提请安全策略委员会。"))
    return redirect("ending", number)


@runners
@never_cache
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """What this step wants of people: to begin it, to say what was done, or which ceremony."""
    actor, at = actor_of(request), timezone.now()
    found = pages.page(number, actor, at=at)
    one = _one(found, code)
    form = _form(one, request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with _refusals_on(form):
            if one.mine == "begin":
                services.begin(number, code, actor=actor, at=at)
            elif one.mine == "link":
                services.link(number, code, **given, actor=actor, at=at)
            else:
                services.confirm(number, code, **given, actor=actor, at=at)
            messages.success(request, _("已记录。"))
            return redirect("ending", number)
    context = {"page": found, "step": one, "form": form}
    status = 422 if form.errors else 200
    return render(request, "ca/endings/step.html", context, status=status)


def _form(one: pages.StepView, given: Any) -> Answering:
    if one.mine == "begin":
        return Answering(given)
    if one.mine == "link":
        return LinkForm(given)
    return (ReportForm if one.code == kinds.REPORT else ConfirmForm)(given)


def _one(found: pages.Page, code: str) -> pages.StepView:
    one = next((step for step in found.steps if step.code == code), None)
    if one is None:
        raise Refusal(Why.NOT_FOUND, "endings.unknown", f"{found.number} has no {code}", cps="5.8")
    return one


@runners
@never_cache
@require_http_methods(["GET", "POST"])
def leave_out(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """A step that is not done, and why."""
    actor, at = actor_of(request), timezone.now()
    found = pages.page(number, actor, at=at)
    one = _one(found, code)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with _refusals_on(form):
            services.set_aside(number, code, **form.cleaned_data, actor=actor, at=at)
            messages.success(request, _("已记录这一步不办理。"))
            return redirect("ending", number)
    context = {"page": found, "step": one, "form": form}
    status = 422 if form.errors else 200
    return render(request, "ca/endings/leave_out.html", context, status=status)


@runners
@never_cache
@require_http_methods(["GET", "POST"])
def abort(request: HttpRequest, number: str) -> HttpResponse:
    """Ask the committee to break the run off."""
    actor, at = actor_of(request), timezone.now()
    found = pages.page(number, actor, at=at)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with _refusals_on(form):
            services.ask_abort(number, **form.cleaned_data, actor=actor, at=at)
            messages.success(request, _("已提请安全策略委员会中止。"))
            return redirect("ending", number)
    context = {"page": found, "form": form}
    status = 422 if form.errors else 200
    return render(request, "ca/endings/abort.html", context, status=status)


@watchers
@never_cache
@require_GET
def report(request: HttpRequest, number: str) -> HttpResponse:
    """The whole run as a text file, to be kept or sent."""
    found, lists = pages.report(number, actor_of(request), at=timezone.now())
    context = {"page": found, "lists": lists, "at": timezone.now()}
    text = render(request, "ca/endings/report.txt", context).content
    return web.file(text, f"{number}.txt", "text/plain; charset=utf-8")


@require_safe
def notice(request: HttpRequest, number: str) -> HttpResponse:
    """Public: what everybody is told."""
    return render(request, "ca/public/notice.html", {"notice": queries.notice(number)})
