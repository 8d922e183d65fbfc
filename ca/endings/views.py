"""The end of an authority (CPS 5.7.3, 5.8): declared, agreed to, run step by step, reported."""

from collections.abc import Callable
from functools import partial

from django import forms
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
from anxin.refusals import refusals_on
from ca.endings import kinds, pages, queries, services
from ca.endings.forms import ConfirmForm, DeclareForm, LinkForm, ReasonForm, ReportForm
from people.api import Role
from people.gates import actor_of, only

watchers = only(*(Role(role) for role in sorted(kinds.WATCHERS)))
runners = only(*(Role(role) for role in sorted(kinds.RUNNERS)))


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
        with refusals_on(form):
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
    found, one = _page(request, number, code)
    given = request.POST or None
    if one.mine == "begin":
        form, act = forms.Form(given), partial(services.begin, number, code)
    elif one.mine == "link":
        form, act = LinkForm(given), partial(services.link, number, code)
    else:
        kind = ReportForm if one.code == kinds.REPORT else ConfirmForm
        form, act = kind(given), partial(services.confirm, number, code)
    return _answered(request, "step", form, act, _("已记录。"), page=found, step=one)


@runners
@never_cache
@require_http_methods(["GET", "POST"])
def leave_out(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """A step that is not done, and why."""
    found, one = _page(request, number, code)
    form, act = ReasonForm(request.POST or None), partial(services.set_aside, number, code)
    done = _("已记录这一步不办理。")
    return _answered(request, "leave_out", form, act, done, page=found, step=one)


@runners
@never_cache
@require_http_methods(["GET", "POST"])
def abort(request: HttpRequest, number: str) -> HttpResponse:
    """Ask the committee to break the run off."""
    found = pages.page(number, actor_of(request), at=timezone.now())
    form, act = ReasonForm(request.POST or None), partial(services.ask_abort, number)
    return _answered(request, "abort", form, act, _("已提请安全策略委员会中止。"), page=found)


def _page(request: HttpRequest, number: str, code: str) -> tuple[pages.Page, pages.StepView]:
    found = pages.page(number, actor_of(request), at=timezone.now())
    one = next((step for step in found.steps if step.code == code), None)
    if one is None:
        raise Refusal(Why.NOT_FOUND, "endings.unknown", f"{number} has no {code}", cps="5.8")
    return found, one


def _answered(
    request: HttpRequest,
    template: str,
    form: forms.Form,
    act: Callable[..., object],
    done: str,
    **context: object,
) -> HttpResponse:
    """The form, or what came of it: `act` takes what was typed."""
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            act(**form.cleaned_data, actor=actor_of(request), at=timezone.now())
            messages.success(request, done)
            return redirect("ending", context["page"].number)  # type: ignore[attr-defined]
    status = 422 if form.errors else 200
    return render(request, f"ca/endings/{template}.html", {**context, "form": form}, status=status)


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
