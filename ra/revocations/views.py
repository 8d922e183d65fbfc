"""Revocation: asked for at the counter, decided by another person."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anxin.kernel.errors import Refusal
from anxin.templatetags.ui import told
from ca.api import LISTED_AT_LATEST
from people.api import Role
from people.gates import actor_of, only
from ra.revocations import queries, rules, services
from ra.revocations.forms import RefuseForm, RevocationForm

CRL_HOURS = LISTED_AT_LATEST // timedelta(hours=1)


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    context = {"waiting": queries.waiting(actor), "decided": queries.decided(actor)}
    return render(request, "ra/revocations/list.html", context)


@only(Role.OPERATOR)
@never_cache
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, certificate_id: int) -> HttpResponse:
    """The form of a request; nothing is revoked yet."""
    actor, at = actor_of(request), timezone.now()
    certificate = queries.revocable(certificate_id, actor)
    form = RevocationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            number = services.request_revocation(
                certificate_id, **form.cleaned_data, actor=actor, at=at
            )
        except Refusal as refusal:
            _tell(form, refusal)
        else:
            messages.success(request, _("%(number)s 已提交，等另一人审核。") % {"number": number})
            return redirect("revocation", number)
    context = {"form": form, "certificate": certificate, "terms": rules.BY_CAUSE}
    context["crl_hours"] = CRL_HOURS
    status = 422 if form.errors else 200
    return render(request, "ra/revocations/ask.html", context, status=status)


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_GET
def show(request: HttpRequest, number: str) -> HttpResponse:
    return _show(request, number, RefuseForm())


@only(Role.REVIEWER)
@never_cache
@require_POST
def revoke(request: HttpRequest, number: str) -> HttpResponse:
    """Agree: the certificate is revoked at once."""
    actor = actor_of(request)
    view = queries.request(number, actor)
    typed = request.POST.get("tail", "").strip().lower()
    if typed != view.certificate.serial[-4:].lower():
        messages.error(request, _("序列号末四位不符，没有吊销。请对照页面再输入一次。"))
        return redirect("revocation", number)
    seen = request.POST.get("seen", "")
    services.decide(view.id, grants=True, seen=seen, actor=actor, at=timezone.now())
    messages.success(request, _("证书已吊销，在线状态立即生效。"))
    return redirect("revocation", number)


@only(Role.REVIEWER)
@never_cache
@require_POST
def refuse(request: HttpRequest, number: str) -> HttpResponse:
    actor, form = actor_of(request), RefuseForm(request.POST)
    if form.is_valid():
        try:
            services.decide(
                queries.request(number, actor).id,
                grants=False,
                seen=request.POST.get("seen", ""),
                message=form.cleaned_data["message"],
                actor=actor,
                at=timezone.now(),
            )
        except Refusal as refusal:
            _tell(form, refusal)
        else:
            return redirect("revocation", number)
    return _show(request, number, form, status=422)


@only(Role.OPERATOR)
@require_POST
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    actor = actor_of(request)
    view = queries.request(number, actor)
    services.withdraw_request(view.id, actor=actor, at=timezone.now())
    return redirect("revocation", number)


def _show(
    request: HttpRequest, number: str, form: RefuseForm, *, status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    context = {"asked": queries.request(number, actor), "form": form, "me": actor.name}
    context["crl_hours"] = CRL_HOURS
    return render(request, "ra/revocations/page.html", context, status=status)


def _tell(form: RevocationForm | RefuseForm, refusal: Refusal) -> None:
    """A refusal that names no field of the form goes on to the page of refusals."""
    if refusal.field not in form.fields:
        raise refusal
    form.add_error(refusal.field, told(refusal))
