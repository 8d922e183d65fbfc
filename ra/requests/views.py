"""Pages every desk has: its list, one request, no, and taking it back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from anxin.refusals import refusals_on
from people.api import Role
from people.gates import actor_of, only
from ra.requests import services
from ra.requests.forms import RefuseForm
from ra.requests.queries import Register, RequestView
from ra.requests.rules import Desk


@dataclass(frozen=True, slots=True)
class Pages:
    """Of one desk. `no` and `why_not` are its words for a refusal, `figures` fill the texts."""

    register: Register[Any, Any]
    no: Promise
    why_not: Promise
    figures: Mapping[str, object] = field(default_factory=dict)

    @property
    def desk(self) -> Desk:
        desk: Desk = self.register.model.DESK
        return desk

    @property
    def refuse(self) -> str:
        return f"{self.desk.noun}-refuse"

    @property
    def withdraw(self) -> str:
        return f"{self.desk.noun}-withdraw"

    def template(self, name: str) -> str:
        return f"ra/{self.desk.room}/{name}.html"


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_GET
def index(request: HttpRequest, *, pages: Pages) -> HttpResponse:
    actor, register = actor_of(request), pages.register
    context = {
        "waiting": register.waiting(actor),
        "decided": register.decided(actor),
        "table": pages.template("table"),
    }
    return render(request, pages.template("list"), context)


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_GET
def show(request: HttpRequest, number: str, *, pages: Pages) -> HttpResponse:
    return _show(request, number, RefuseForm(pages.why_not), pages)


@only(Role.REVIEWER)
@never_cache
@require_POST
def refuse(request: HttpRequest, number: str, *, pages: Pages) -> HttpResponse:
    form = RefuseForm(pages.why_not, request.POST)
    view = pages.register.request(number, actor_of(request))
    if form.is_valid():
        with refusals_on(form):
            _decide(request, view, pages, grants=False, message=form.cleaned_data["message"])
            return redirect(pages.desk.noun, number)
    return _show(request, number, form, pages, status=422)


@only(Role.OPERATOR)
@require_POST
def withdraw(request: HttpRequest, number: str, *, pages: Pages) -> HttpResponse:
    actor = actor_of(request)
    view = pages.register.request(number, actor)
    services.withdraw(pages.register, view.id, actor=actor, at=timezone.now())
    return redirect(pages.desk.noun, number)


# --- for the views of each desk --------------------------------------------------------------


def entered(request: HttpRequest, number: str, pages: Pages) -> HttpResponse:
    messages.success(request, _("%(number)s 已提交，等另一人审核。") % {"number": number})
    return redirect(pages.desk.noun, number)


def agree(request: HttpRequest, view: RequestView, pages: Pages, said: str) -> HttpResponse:
    """It is done at once; `said` is told on the page that follows."""
    _decide(request, view, pages, grants=True)
    messages.success(request, said)
    return redirect(pages.desk.noun, view.number)


# --- inside ----------------------------------------------------------------------------------


def _decide(
    request: HttpRequest, view: RequestView, pages: Pages, *, grants: bool, message: str = ""
) -> None:
    services.decide(
        pages.register,
        view.id,
        grants=grants,
        seen=request.POST.get("seen", ""),
        message=message,
        actor=actor_of(request),
        at=timezone.now(),
    )


def _show(
    request: HttpRequest, number: str, form: RefuseForm, pages: Pages, *, status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    asked = pages.register.request(number, actor)
    context = {"asked": asked, "form": form, "me": actor.name, "pages": pages, **pages.figures}
    return render(request, pages.template("page"), context, status=status)
