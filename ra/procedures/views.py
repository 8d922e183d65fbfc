"""Renewing, re-keying and modifying at the counter (CPS 4.6 to 4.8)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from anxin.refusals import refusals_on
from people.api import Role
from people.gates import actor_of, only
from ra.procedures import queries, services
from ra.procedures.forms import BeginForm, SignedForm


@only(Role.OPERATOR)
@never_cache
@require_http_methods(["GET", "POST"])
def begin(request: HttpRequest, certificate_id: int) -> HttpResponse:
    """What may be begun with a certificate, and why not the rest; a post begins it."""
    actor, at = actor_of(request), timezone.now()
    form = BeginForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        draft = services.begin(certificate_id, **form.cleaned_data, actor=actor, at=at)
        messages.success(request, _("已从原申请带入资料。"))
        return redirect("intake-page", draft.number)
    context = {"found": queries.choices(certificate_id, actor, at=at), "form": form}
    status = 422 if form.errors else 200
    return render(request, "ra/procedures/page.html", context, status=status)


@only(Role.OPERATOR)
@never_cache
@require_http_methods(["GET", "POST"])
def signed(request: HttpRequest) -> HttpResponse:
    """A request signed by the old key, which stands for the documents (CPS 3.3.1)."""
    form = SignedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            draft = services.begin_signed(
                form.cleaned_data["signed"].encode(),
                occasion=form.cleaned_data["occasion"],
                actor=actor_of(request),
                at=timezone.now(),
            )
            messages.success(request, _("原密钥的签名有效，已从原申请带入资料。"))
            return redirect("intake-page", draft.number)
    status = 422 if form.errors else 200
    return render(request, "ra/procedures/signed.html", {"form": form}, status=status)
