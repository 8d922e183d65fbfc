"""One subscriber's page: applications, certificates, requests, fees, notices."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from people.api import Role
from people.gates import actor_of, only
from ra.subscribers import queries


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_GET
def show(request: HttpRequest, subscriber_id: int) -> HttpResponse:
    after = request.GET.get("after", "")
    actor = actor_of(request)
    view = queries.subscriber(subscriber_id, actor, after=after, at=timezone.now())
    context = {"subscriber": view, "later": bool(after), "may_tell": Role.OPERATOR in actor.roles}
    return render(request, "ra/subscribers/page.html", context)
