from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from anxin.kernel import web
from ca.custody.views import WATCHERS as CUSTODY
from ca.overview import queries
from people.api import Role
from people.gates import actor_of, only

WATCHERS = (
    Role.CA_ADMIN,
    Role.CA_OPERATOR,
    Role.SECURITY_ADMIN,
    Role.SUPPORT,
    Role.AUDITOR,
)


@require_GET
@only(*WATCHERS)
def show(request: HttpRequest) -> HttpResponse:
    """The dashboard; for htmx only the part that changes."""
    part = "figures" if web.wants_part(request) else "page"
    roles = actor_of(request).roles
    context = {
        "overview": queries.overview(timezone.now()),
        "may_demand": Role.CA_OPERATOR in roles,
        "may_see_custody": not roles.isdisjoint(CUSTODY),
    }
    return render(request, f"ca/overview/{part}.html", context)
