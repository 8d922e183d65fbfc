"""What to publish for each name of an application, and what was seen of it."""

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
from ra.domains import queries, services


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_GET
def names(request: HttpRequest, number: str) -> HttpResponse:
    context = {"number": number, "proofs": queries.proofs_of(number, actor_of(request))}
    return render(request, "ra/domains/names.html", context)


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_POST
def check(request: HttpRequest, number: str, proof_id: int) -> HttpResponse:
    """Look again now; what failed or ended gets something new to publish."""
    actor = actor_of(request)
    services.check_again(id_of(number, actor), proof_id, actor=actor, at=timezone.now())
    messages.success(request, _("已安排，结果稍后显示在本页。"))
    return redirect("case-names", number)
