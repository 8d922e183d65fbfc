"""What has been kept long enough, and asking for its destruction (CPS 3.2.2, 3.2.3)."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from people.api import Role
from people.gates import actor_of, only
from ra.retention import queries, services


@only(Role.SECURITY_ADMIN, Role.CA_ADMIN)
@never_cache
@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    actor, at = actor_of(request), timezone.now()
    if request.method == "POST":
        services.propose_destruction(request.POST.getlist("number"), actor=actor, at=at)
        messages.success(request, _("已提请，等另一人审批。"))
        return redirect("retention")
    context = {"page": queries.page(actor, at=at), "kept": settings.KEPT.values()}
    return render(request, "ra/retention/list.html", context)
