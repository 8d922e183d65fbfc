"""Revocation: asked for at the counter, decided by another person."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from anxin.refusals import refusals_on
from ca.api import LISTED_AT_LATEST
from people.api import Role
from people.gates import actor_of, only
from ra.requests.views import Pages, agree, entered
from ra.revocations import queries, services
from ra.revocations.forms import RevocationForm

PAGES = Pages(
    queries.REGISTER,
    no=gettext_lazy("不予吊销"),
    why_not=gettext_lazy("不予吊销的理由"),
    figures={"crl_hours": LISTED_AT_LATEST // timedelta(hours=1)},
)


@only(Role.OPERATOR)
@never_cache
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, certificate_id: int) -> HttpResponse:
    """The form of a request; nothing is revoked yet."""
    actor, at = actor_of(request), timezone.now()
    certificate = queries.revocable(certificate_id, actor)
    form = RevocationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            number = services.request_revocation(
                certificate_id, **form.cleaned_data, actor=actor, at=at
            )
            return entered(request, number, PAGES)
    context = {"form": form, "certificate": certificate, **PAGES.figures}
    status = 422 if form.errors else 200
    return render(request, "ra/revocations/ask.html", context, status=status)


@only(Role.REVIEWER)
@never_cache
@require_POST
def revoke(request: HttpRequest, number: str) -> HttpResponse:
    """Agree: the certificate is revoked at once."""
    view = queries.request(number, actor_of(request))
    typed = request.POST.get("tail", "").strip().lower()
    if typed != view.certificate.serial[-4:].lower():
        messages.error(request, _("序列号末四位不符，没有吊销。请对照页面再输入一次。"))
        return redirect("revocation", number)
    return agree(request, view, PAGES, _("证书已吊销，在线状态立即生效。"))
