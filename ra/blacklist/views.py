"""The blacklist: proposed at the counter, decided by a reviewer."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anxin.refusals import refusals_on
from people.api import Role
from people.gates import actor_of, only
from ra.blacklist import queries, services
from ra.blacklist.forms import LiftForm, ListForm
from ra.blacklist.wording import STATES


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    state = request.GET.get("state", "")
    context = {
        "entries": queries.entries(state, at=timezone.now()),
        "state": state,
        "states": STATES.items(),
        "may_ask": Role.OPERATOR in actor_of(request).roles,
    }
    return render(request, "ra/blacklist/list.html", context)


@only(Role.OPERATOR)
@never_cache
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    form = ListForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given, actor = form.cleaned_data, actor_of(request)
        with refusals_on(form):
            entry_id = services.ask_to_list(**given, actor=actor, at=timezone.now())
            messages.success(request, _("已提交，等另一人审批。审批前不影响任何申请。"))
            return redirect("blacklist-entry", entry_id)
    status = 422 if form.errors else 200
    return render(request, "ra/blacklist/ask.html", {"form": form}, status=status)


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_GET
def show(request: HttpRequest, entry_id: int) -> HttpResponse:
    entry = queries.entry(entry_id, actor_of(request), at=timezone.now())
    return render(request, "ra/blacklist/page.html", {"entry": entry, "form": LiftForm()})


@only(Role.REVIEWER)
@never_cache
@require_POST
def decide(request: HttpRequest, entry_id: int) -> HttpResponse:
    services.decide(
        entry_id,
        grants=request.POST.get("grants") == "yes",
        seen=request.POST.get("seen", ""),
        actor=actor_of(request),
        at=timezone.now(),
    )
    return redirect("blacklist-entry", entry_id)


@only(Role.OPERATOR)
@never_cache
@require_POST
def lift(request: HttpRequest, entry_id: int) -> HttpResponse:
    reason, actor = request.POST.get("reason", ""), actor_of(request)
    services.ask_to_lift(entry_id, reason, actor=actor, at=timezone.now())
    messages.success(request, _("已提请解除，等另一人审批。"))
    return redirect("blacklist-entry", entry_id)


@only(Role.OPERATOR)
@never_cache
@require_POST
def withdraw(request: HttpRequest, entry_id: int) -> HttpResponse:
    services.take_back(entry_id, actor=actor_of(request), at=timezone.now())
    return redirect("blacklist-entry", entry_id)
