"""Freezing and unfreezing: asked for at the counter, decided by another person (CPS 4.9.14)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from anxin.refusals import refusals_on
from people.api import Role
from people.gates import actor_of, only
from ra.holds import queries, services
from ra.holds.forms import HoldForm
from ra.requests import views as requests
from ra.requests.views import Pages, entered

PAGES = Pages(queries.REGISTER, no=gettext_lazy("不予办理"), why_not=gettext_lazy("不予办理的理由"))


@only(Role.OPERATOR)
@never_cache
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, certificate_id: int, act: str) -> HttpResponse:
    """The form of a request; the certificate stays as it is."""
    actor, at = actor_of(request), timezone.now()
    certificate = queries.certificate_for(act, certificate_id, actor)
    form = HoldForm(act, request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            number = services.request_hold(
                certificate_id, act=act, **form.cleaned_data, actor=actor, at=at
            )
            return entered(request, number, PAGES)
    frozen = queries.frozen_by(certificate_id) if act == "unfreeze" else ""
    context = {"form": form, "certificate": certificate, "act": act, "frozen_by": frozen}
    status = 422 if form.errors else 200
    return render(request, "ra/holds/ask.html", context, status=status)


@only(Role.REVIEWER)
@require_POST
def agree(request: HttpRequest, number: str) -> HttpResponse:
    """It is done at once."""
    view = queries.request(number, actor_of(request))
    return requests.agree(request, view, PAGES, _("已办理，在线状态立即生效。"))
