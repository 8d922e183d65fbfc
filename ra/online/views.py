"""What came in over the public site, at the counter: looked at, taken in, or turned down."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from people.api import Role
from people.gates import actor_of, only
from ra.online import queries, rules, taking
from ra.online.forms import IdentifiedForm, RefuseForm


@only(Role.OPERATOR)
@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "ra/online/list.html", {"rows": queries.waiting(actor_of(request))})


@only(Role.OPERATOR)
@never_cache
@require_GET
def show(request: HttpRequest, number: str) -> HttpResponse:
    found = taking.look_at(number, actor=actor_of(request), at=timezone.now())
    asked = IdentifiedForm() if found.view.purpose in rules.REQUESTS else None
    context = {"found": found, "form": RefuseForm(), "asked": asked}
    return render(request, "ra/online/page.html", context)


@only(Role.OPERATOR)
@require_POST
def take(request: HttpRequest, number: str) -> HttpResponse:
    """What the holder asks of a certificate, another person decides."""
    how = request.POST.get("checked_how", "")
    taken = taking.take(number, checked_how=how, actor=actor_of(request), at=timezone.now())
    if taken.is_request:
        told = _("%(number)s 已提交，等另一人审核。") % {"number": taken.number}
        messages.success(request, told)
        return redirect("online")
    messages.success(request, _("已受理，资料和材料已带入申请。"))
    return redirect("intake-page", taken.number)


@only(Role.OPERATOR)
@require_POST
def refuse(request: HttpRequest, number: str) -> HttpResponse:
    reason = request.POST.get("reason", "")
    taking.refuse(number, reason, actor=actor_of(request), at=timezone.now())
    return redirect("online")
