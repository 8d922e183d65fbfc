"""One application's consents at the counter (CPS 9.4.1)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from people.api import Role
from people.gates import actor_of, only
from ra.applications.queries import id_of
from ra.consents import queries, services
from ra.consents.forms import WithdrawForm


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_GET
def show(request: HttpRequest, number: str) -> HttpResponse:
    context = {"page": queries.page(number, actor_of(request)), "form": WithdrawForm()}
    return render(request, "ra/consents/page.html", context)


@only(Role.OPERATOR)
@require_POST
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    actor, said = actor_of(request), request.POST
    services.withdraw(
        id_of(number, actor),
        said.get("purpose", ""),
        how=said.get("how", ""),
        actor=actor,
        at=timezone.now(),
    )
    messages.success(request, _("已记录撤回，以后由受理点当面或写信告知。"))
    return redirect("consents", number)
