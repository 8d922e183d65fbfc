"""Receipts as PDF. The codes come back from the page that has just told them."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST

from anxin.kernel import web
from people.api import Role
from people.gates import actor_of, only
from ra.applications.queries import id_of
from ra.receipts import services

unkept = cache_control(no_store=True, private=True)


@only(Role.OPERATOR)
@unkept
@require_POST
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    actor = actor_of(request)
    pdf = services.print_receipt(
        id_of(number, actor),
        access_code=request.POST.get("access_code", ""),
        status_url=f"{settings.PUBLIC_URL}/status/?number={number}",
        actor=actor,
        at=timezone.now(),
    )
    return web.file(pdf, f"receipt-{number}.pdf", web.PDF, inline=True)


@only(Role.OPERATOR)
@unkept
@require_POST
def codes(request: HttpRequest, number: str) -> HttpResponse:
    actor = actor_of(request)
    pdf = services.print_codes(
        id_of(number, actor),
        reference=request.POST.get("reference", ""),
        authorisation_code=request.POST.get("authorisation_code", ""),
        pick_up_url=f"{settings.PUBLIC_URL}/pick-up/",
        actor=actor,
        at=timezone.now(),
    )
    return web.file(pdf, f"codes-{number}.pdf", web.PDF, inline=True)
