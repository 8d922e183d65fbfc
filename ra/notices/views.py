"""Notices at the counter: what did not go out by itself, one application's, one with its words."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from anxin.kernel.mail import by_language
from people.api import Role
from people.gates import actor_of, only
from ra.notices import queries, services


@only(Role.OPERATOR)
@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    rows = queries.for_people(actor_of(request))
    return render(request, "ra/notices/list.html", {"rows": rows})


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_GET
def of_application(request: HttpRequest, number: str) -> HttpResponse:
    rows = queries.of_application(number, actor_of(request))
    return render(request, "ra/notices/list.html", {"rows": rows, "number": number})


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_GET
def show(request: HttpRequest, notice_id: int) -> HttpResponse:
    actor = actor_of(request)
    notice = queries.notice(notice_id, actor)
    context = {
        "notice": notice,
        "parts": by_language(notice.text),
        "may_tell": Role.OPERATOR in actor.roles,
    }
    return render(request, "ra/notices/page.html", context)


@only(Role.OPERATOR)
@require_POST
def resend(request: HttpRequest, notice_id: int) -> HttpResponse:
    services.resend(notice_id, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("已排队，稍后发送。"))
    return redirect("notice", notice_id)


@only(Role.OPERATOR)
@require_POST
def tell(request: HttpRequest, notice_id: int) -> HttpResponse:
    how = request.POST.get("how", "")
    services.tell(notice_id, how, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("已记录。"))
    return redirect("notice", notice_id)
