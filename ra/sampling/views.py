"""Rechecks: the queue of them, one of them, and the figures."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from people.api import Role
from people.gates import actor_of, only
from ra.sampling import queries, services
from ra.sampling.wording import FAULTS


@only(Role.OPERATOR, Role.REVIEWER, Role.AUDITOR)
@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    context = {
        "waiting": queries.waiting(actor),
        "to_be_ended": queries.to_be_ended(actor),
        "figures": queries.figures(actor),
        "may_judge": Role.REVIEWER in actor.roles,
        "may_revoke": Role.OPERATOR in actor.roles,
    }
    return render(request, "ra/sampling/list.html", context)


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_GET
def show(request: HttpRequest, recheck_id: int) -> HttpResponse:
    line, why_not = queries.recheck(recheck_id, actor_of(request))
    context = {"line": line, "why_not": why_not, "faults": FAULTS.items()}
    return render(request, "ra/sampling/page.html", context)


@only(Role.REVIEWER)
@never_cache
@require_POST
def judge(request: HttpRequest, recheck_id: int) -> HttpResponse:
    fault, actor = request.POST.get("fault", ""), actor_of(request)
    services.judge(recheck_id, fault, actor=actor, at=timezone.now())
    return redirect("recheck", recheck_id)
