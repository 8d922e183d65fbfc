"""Agreements with other CAs: what is on record, and asking for another (CPS 3.2.7)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from anxin.kernel.errors import Refusal
from anxin.templatetags.ui import told
from people.api import Role
from people.gates import actor_of, only
from ra.agreements import queries, services
from ra.agreements.forms import AgreementForm


@only(Role.OPERATOR, Role.REVIEWER, Role.SECURITY_ADMIN, Role.CA_ADMIN)
@never_cache
@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """The list; posting asks for another one, which a second person has to agree to."""
    actor, at = actor_of(request), timezone.now()
    form = AgreementForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.propose_agreement(**form.cleaned_data, actor=actor, at=at)
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, told(refusal))
        else:
            messages.success(request, _("已提请，等另一人审批。"))
            return redirect("ca-agreements")
    context = {"page": queries.page(actor, at=at), "form": form}
    status = 422 if form.errors else 200
    return render(request, "ra/agreements/list.html", context, status=status)
