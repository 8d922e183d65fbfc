"""The tree of offices and the page of each (CPS 1.4.2): authority, terms kept, end of work."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from anxin.refusals import refusals_on
from people.api import Role
from people.gates import actor_of, only
from ra.branches import services as branches
from ra.branches.queries import offices, seen_office
from ra.offices import estate, queries, services
from ra.offices.forms import AuthorityForm, NameForm, OfficeForm, StopForm

ADMINISTRATORS = (Role.SECURITY_ADMIN, Role.CA_ADMIN)


@only(Role.OPERATOR, Role.REVIEWER, *ADMINISTRATORS)
@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    return _index(request)


@only(Role.SECURITY_ADMIN)
@never_cache
@require_POST
def open_office(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    form = OfficeForm(request.POST, above=offices(actor))
    if form.is_valid():
        with refusals_on(form, above=True):
            branches.open_office(**form.cleaned_data, actor=actor, at=timezone.now())
            return redirect("office", form.cleaned_data["code"])
    return _index(request, form, status=422)


@only(Role.OPERATOR, Role.REVIEWER, *ADMINISTRATORS)
@never_cache
@require_GET
def show(request: HttpRequest, code: str) -> HttpResponse:
    return _show(request, code)


@only(Role.SECURITY_ADMIN)
@never_cache
@require_POST
def rename(request: HttpRequest, code: str) -> HttpResponse:
    actor, form = actor_of(request), NameForm(request.POST)
    office = seen_office(code, actor)
    if form.is_valid():
        with refusals_on(form, above=True):
            branches.rename_office(office.id, **form.cleaned_data, actor=actor, at=timezone.now())
            return redirect("office", code)
    return _show(request, code, name_form=form, status=422)


@only(Role.SECURITY_ADMIN)
@never_cache
@require_POST
def authority(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for an authority; another person has to agree."""
    actor, form = actor_of(request), AuthorityForm(request.POST)
    office = seen_office(code, actor)
    if form.is_valid():
        with refusals_on(form, above=True):
            branches.propose_authority(
                office.id, **form.cleaned_data, actor=actor, at=timezone.now()
            )
            messages.success(request, _("已提请，等另一人审批。"))
            return redirect("office", code)
    return _show(request, code, authority_form=form, status=422)


@only(Role.SECURITY_ADMIN)
@never_cache
@require_POST
def stop(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for the end of an office; another person has to agree."""
    actor = actor_of(request)
    office = seen_office(code, actor)
    form = StopForm(request.POST, offices=queries.successors(office.id, actor))
    if form.is_valid():
        with refusals_on(form, above=True):
            services.propose_stop(office.id, **form.cleaned_data, actor=actor, at=timezone.now())
            messages.success(request, _("已提请，等另一人审批。"))
            return redirect("office", code)
    return _show(request, code, stop_form=form, status=422)


@only(*ADMINISTRATORS)
@never_cache
@require_GET
def hand_over(request: HttpRequest, code: str) -> HttpResponse:
    """What would go over, or is about to (CPS 5.8)."""
    context = {"estate": estate.estate(code, actor_of(request))}
    return render(request, "ra/offices/estate.html", context)


def _index(
    request: HttpRequest, form: OfficeForm | None = None, *, status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    context: dict[str, Any] = {"lines": queries.lines(actor)}
    if Role.SECURITY_ADMIN in actor.roles:
        context["form"] = form or OfficeForm(above=[one.office for one in context["lines"]])
    return render(request, "ra/offices/list.html", context, status=status)


def _show(request: HttpRequest, code: str, *, status: int = 200, **forms_: Any) -> HttpResponse:
    actor = actor_of(request)
    page = queries.page(code, actor, at=timezone.now())
    context: dict[str, Any] = {"page": page, "office": page.office}
    if page.may_propose:
        context |= {
            "name_form": NameForm(initial={"name": page.office.name}),
            "authority_form": AuthorityForm(),
            "stop_form": StopForm(offices=queries.successors(page.office.id, actor)),
        }
    return render(request, "ra/offices/page.html", context | forms_, status=status)
