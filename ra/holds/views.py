"""Freezing and unfreezing: asked for at the counter, decided by another person (CPS 4.9.14)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anxin.kernel.errors import Refusal
from anxin.templatetags.ui import told
from people.api import Role
from people.gates import actor_of, only
from ra.holds import queries, services
from ra.holds.forms import HoldForm, RefuseForm


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    context = {"waiting": queries.waiting(actor), "decided": queries.decided(actor)}
    return render(request, "ra/holds/list.html", context)


@only(Role.OPERATOR)
@never_cache
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, certificate_id: int, act: str) -> HttpResponse:
    """The form of a request; the certificate stays as it is."""
    actor, at = actor_of(request), timezone.now()
    certificate = queries.certificate_for(act, certificate_id, actor)
    form = HoldForm(act, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            number = services.request_hold(
                certificate_id, act=act, **form.cleaned_data, actor=actor, at=at
            )
        except Refusal as refusal:
            _tell(form, refusal)
        else:
            messages.success(request, _("%(number)s 已提交，等另一人审核。") % {"number": number})
            return redirect("hold", number)
    frozen = queries.frozen_by(certificate_id) if act == "unfreeze" else ""
    context = {"form": form, "certificate": certificate, "act": act, "frozen_by": frozen}
    status = 422 if form.errors else 200
    return render(request, "ra/holds/ask.html", context, status=status)


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_GET
def show(request: HttpRequest, number: str) -> HttpResponse:
    return _show(request, number, RefuseForm())


@only(Role.REVIEWER)
@require_POST
def agree(request: HttpRequest, number: str) -> HttpResponse:
    """It is done at once."""
    actor = actor_of(request)
    view = queries.request(number, actor)
    seen = request.POST.get("seen", "")
    services.decide(view.id, grants=True, seen=seen, actor=actor, at=timezone.now())
    messages.success(request, _("已办理，在线状态立即生效。"))
    return redirect("hold", number)


@only(Role.REVIEWER)
@never_cache
@require_POST
def refuse(request: HttpRequest, number: str) -> HttpResponse:
    actor, form = actor_of(request), RefuseForm(request.POST)
    if form.is_valid():
        try:
            services.decide(
                queries.request(number, actor).id,
                grants=False,
                seen=request.POST.get("seen", ""),
                message=form.cleaned_data["message"],
                actor=actor,
                at=timezone.now(),
            )
        except Refusal as refusal:
            _tell(form, refusal)
        else:
            return redirect("hold", number)
    return _show(request, number, form, status=422)


@only(Role.OPERATOR)
@require_POST
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    actor = actor_of(request)
    view = queries.request(number, actor)
    services.withdraw_request(view.id, actor=actor, at=timezone.now())
    return redirect("hold", number)


def _show(
    request: HttpRequest, number: str, form: RefuseForm, *, status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    context = {
        "asked": queries.request(number, actor),
        "form": form,
        "me": actor.name,
    }
    return render(request, "ra/holds/page.html", context, status=status)


def _tell(form: HoldForm | RefuseForm, refusal: Refusal) -> None:
    """A refusal that names no field of the form goes on to the page of refusals."""
    if refusal.field not in form.fields:
        raise refusal
    form.add_error(refusal.field, told(refusal))
