"""Keys of partner RAs: the list, asking for one, drawing its secret, revoking (CPS 1.4.2)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from anxin.refusals import refusals_on
from people.gates import actor_of, only
from ra.partners import queries, services, shown
from ra.partners.forms import KeyForm


@only(*queries.ENDED_BY)
@never_cache
@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """The list; posting asks for another key, which a second person has to agree to."""
    actor, at = actor_of(request), timezone.now()
    form = KeyForm(request.POST or None, people=queries.responsible(at=at))
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, above=True):
            services.propose_key(**form.cleaned_data, actor=actor, at=at)
            messages.success(request, _("已提请，等另一人审批。"))
            return redirect("partner-keys")
    page = queries.page(actor, at=at)
    terms = shown.rows(page.waiting.approval.payload) if page.waiting.approval else ()
    context = {"page": page, "form": form, "terms": terms}
    status = 422 if form.errors else 200
    return render(request, "ra/partners/list.html", context, status=status)


@only(queries.HANDED_BY)
@never_cache
@require_POST
def hand_out(request: HttpRequest, number: str) -> HttpResponse:
    """The secret, shown this once."""
    secret = services.hand_out(number, actor=actor_of(request), at=timezone.now())
    return render(request, "ra/partners/secret.html", {"number": number, "secret": secret})


@only(*queries.ENDED_BY)
@never_cache
@require_POST
def revoke(request: HttpRequest, number: str) -> HttpResponse:
    services.revoke(number, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("%(number)s 已作废，不能再用。") % {"number": number})
    return redirect("partner-keys")
