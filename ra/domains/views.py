"""What to publish for each name of an application, and what was seen of it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from anxin.kernel.errors import Refusal, Refusals
from anxin.templatetags.ui import told
from people.api import Role
from people.gates import actor_of, only
from ra.applications.queries import by_number, id_of
from ra.applications.rules import EDITABLE
from ra.domains import queries, services
from ra.domains.forms import NamesForm


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_GET
def names(request: HttpRequest, number: str) -> HttpResponse:
    return _page(request, number)


@only(Role.OPERATOR)
@never_cache
@require_POST
def ask(request: HttpRequest, number: str) -> HttpResponse:
    """These are the names from now on."""
    actor, form = actor_of(request), NamesForm(request.POST)
    if form.is_valid():
        texts = form.cleaned_data["names"].split()
        try:
            services.request_proofs(id_of(number, actor), texts, actor=actor, at=timezone.now())
        except Refusal as refusal:
            for one in refusal.items if isinstance(refusal, Refusals) else [refusal]:
                form.add_error("names" if one.field else None, told(one))
        else:
            return redirect("case-names", number)
    return _page(request, number, form, status=422)


@only(Role.OPERATOR, Role.REVIEWER)
@never_cache
@require_POST
def check(request: HttpRequest, number: str, proof_id: int) -> HttpResponse:
    """Look again now; what failed or ended gets something new to publish."""
    actor = actor_of(request)
    services.check_again(id_of(number, actor), proof_id, actor=actor, at=timezone.now())
    messages.success(request, _("已安排检查，几秒后刷新本页看结果。"))
    return redirect("case-names", number)


def _page(
    request: HttpRequest, number: str, form: NamesForm | None = None, *, status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    proofs = queries.proofs_of(number, actor)
    known = "\n".join(proof.name for proof in proofs)
    context = {
        "number": number,
        "back": "intake-page" if by_number(number, actor).state in EDITABLE else "case",
        "proofs": proofs,
        "form": form or NamesForm(initial={"names": known}),
        "may_ask": Role.OPERATOR in actor.roles,
    }
    return render(request, "ra/domains/names.html", context, status=status)
