"""The auditors' page: chain, list, one entry with its proof."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from audit.reading import queries, services
from audit.reading.forms import FilterForm
from people.api import Role
from people.gates import actor_of, only


@only(Role.AUDITOR)
@require_GET
def journal(request: HttpRequest) -> HttpResponse:
    form = FilterForm(request.GET)
    context: dict[str, object] = {"form": form, "chain": queries.chain_state()}
    status = 200 if form.is_valid() else 422  # what could be read is searched for all the same
    given, actor, at = form.cleaned_data, actor_of(request), timezone.now()
    page = services.search(
        form.filters(), before=given.get("before"), after=given.get("after"), actor=actor, at=at
    )
    context |= {"page": page, "query": _without_paging(request.GET)}
    if given.get("entry"):
        context["chosen"] = services.open_entry(given["entry"], actor=actor, at=at)
    return render(request, "audit/journal.html", context, status=status)


def _without_paging(given: QueryDict) -> str:
    kept = given.copy()
    for name in ("before", "after", "entry"):
        kept.pop(name, None)
    return kept.urlencode()


@only(Role.AUDITOR)
@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    services.ask_verification(actor=actor_of(request), at=timezone.now())
    messages.success(request, _("全量校验已经开始，完成后结果显示在链状态里。"))
    return redirect("audit")
