"""Disclosure cases: asked for at the counter, decided by a reviewer, produced, handed over."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anxin.kernel import web
from anxin.refusals import refusals_on
from people.api import Role
from people.gates import actor_of, only
from ra.disclosures import queries, services
from ra.disclosures.forms import AskForm, FindForm, HandOverForm, RefuseForm

GROUND = ("authority", "number", "recipient", "purpose")


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    context = {"cases": queries.cases(actor_of(request)), "form": FindForm()}
    return render(request, "ra/disclosures/list.html", context)


@only(Role.OPERATOR)
@never_cache
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The form for one application, named in the address; nothing is opened."""
    actor = actor_of(request)
    scope = queries.scope(request.GET.get("number", "").strip(), actor)
    form = AskForm(request.POST or None, held=scope.fields, kept=scope.slots)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with refusals_on(form, fields="fields_"):
            number = services.ask(
                scope.number,
                basis=given["basis"],
                ground={code: given[code] for code in GROUND},
                dated=given["dated"],
                fields=given["fields_"],
                slots=given["slots"],
                actor=actor,
                at=timezone.now(),
            )
            messages.success(request, _("%(number)s 已提交，等另一人审批。") % {"number": number})
            return redirect("disclosure", number)
    context = {"scope": scope, "form": form}
    status = 422 if form.errors else 200
    return render(request, "ra/disclosures/ask.html", context, status=status)


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_GET
def show(request: HttpRequest, number: str) -> HttpResponse:
    return _show(request, number)


@only(Role.REVIEWER)
@never_cache
@require_POST
def decide(request: HttpRequest, number: str) -> HttpResponse:
    actor, grants = actor_of(request), request.POST.get("grants") == "yes"
    form = RefuseForm(None if grants else request.POST)
    if grants or form.is_valid():
        with refusals_on(form):
            services.decide(
                number,
                grants=grants,
                seen=request.POST.get("seen", ""),
                message="" if grants else form.cleaned_data["message"],
                actor=actor,
                at=timezone.now(),
            )
            return redirect("disclosure", number)
    return _show(request, number, refuse_form=form, status=422)


@only(Role.OPERATOR)
@never_cache
@require_POST
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    services.withdraw_case(number, actor=actor_of(request), at=timezone.now())
    return redirect("disclosure", number)


@only(Role.OPERATOR)
@never_cache
@require_POST
def produce(request: HttpRequest, number: str) -> HttpResponse:
    services.produce(number, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("摘录已制作并加密保存，只制作这一次。"))
    return redirect("disclosure", number)


@only(Role.OPERATOR)
@never_cache
@require_POST
def extract(request: HttpRequest, number: str) -> HttpResponse:
    """The PDF; by POST, because each fetching is an entry of the journal."""
    pdf = services.take_extract(number, actor=actor_of(request), at=timezone.now())
    return web.file(pdf, f"{number}.pdf", web.PDF)


@only(Role.OPERATOR)
@never_cache
@require_POST
def hand_over(request: HttpRequest, number: str) -> HttpResponse:
    actor, form = actor_of(request), HandOverForm(request.POST)
    if form.is_valid():
        with refusals_on(form):
            services.hand_over(number, **form.cleaned_data, actor=actor, at=timezone.now())
            return redirect("disclosure", number)
    return _show(request, number, hand_over_form=form, status=422)


def _show(
    request: HttpRequest, number: str, *, status: int = 200, **forms_: forms.Form
) -> HttpResponse:
    context = {
        "case": queries.case(number, actor_of(request)),
        "refuse_form": RefuseForm(),
        "hand_over_form": HandOverForm(),
    }
    return render(request, "ra/disclosures/page.html", context | forms_, status=status)
