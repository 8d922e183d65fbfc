"""The devices that hold CA keys, and their self-tests (CPS 6.2.11)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from anxin.kernel import web
from ca.devices import queries, services
from people.api import Role
from people.gates import actor_of, only

TESTERS = (Role.CA_OPERATOR, Role.CA_ADMIN, Role.SECURITY_ADMIN)
WATCHERS = (*TESTERS, Role.SUPPORT, Role.AUDITOR)
REFRESHED = 5  # seconds


@require_GET
@only(*WATCHERS)
def show(request: HttpRequest) -> HttpResponse:
    """What the last self-tests said; for htmx only the part that changes."""
    part = "figures" if web.wants_part(request) else "page"
    context = {
        "page": queries.page(at=timezone.now()),
        "may_test": bool(set(TESTERS) & set(actor_of(request).roles)),
        "seconds": REFRESHED,
    }
    return render(request, f"ca/devices/{part}.html", context)


@require_POST
@only(*TESTERS)
def test(request: HttpRequest) -> HttpResponse:
    services.ask(actor=actor_of(request), at=timezone.now())
    messages.success(request, _("已要求自检，几秒后即可在本页看到结果。"))
    return redirect("devices")
