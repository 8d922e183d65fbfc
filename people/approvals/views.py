"""The page of approvals: what waits for me, what I asked for, and one page to decide it on."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from anxin.kernel.errors import Refusal
from people.approvals import inbox, services
from people.approvals.forms import VoteForm
from people.gates import actor_of, only
from people.navigation import PARTIES

parties = only(*PARTIES)


@parties
@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    context = {"inbox": inbox.inbox(actor_of(request))}
    return render(request, "people/approvals.html", context)


@parties
@never_cache
@require_GET
def show(request: HttpRequest, approval_id: int) -> HttpResponse:
    return _show(request, approval_id, VoteForm())


@parties
@never_cache
@require_POST
def decide(request: HttpRequest, approval_id: int) -> HttpResponse:
    actor, form = actor_of(request), VoteForm(request.POST)
    if not form.is_valid():
        return _show(request, approval_id, form, status=422)
    try:
        found = services.decide(approval_id, **form.cleaned_data, actor=actor, at=timezone.now())
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(request, approval_id, form, status=422)
    told = {
        "used": _("审批通过，已生效。"),
        "refused": _("审批不通过，没有改变。"),
    }
    messages.success(request, told.get(found.state, _("您的意见已记入，还须另一人审批。")))
    return redirect("approvals")


@parties
@never_cache
@require_GET
def statement(request: HttpRequest) -> JsonResponse:
    """What a key of this person has to sign for a vote on the page whose digest is named; JSON.

    `fingerprint` is empty for whoever has no key in use.
    """
    asked = request.GET.get("seen", "")
    return JsonResponse(inbox.to_sign(asked, actor_of(request), at=timezone.now()))


@parties
@require_POST
def withdraw(request: HttpRequest, approval_id: int) -> HttpResponse:
    services.take_back(approval_id, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("已撤回，没有改变。"))
    return redirect("approvals")


def _show(
    request: HttpRequest, approval_id: int, form: VoteForm, *, status: int = 200
) -> HttpResponse:
    context = {"page": inbox.page(approval_id, actor_of(request)), "form": form}
    return render(request, "people/approval.html", context, status=status)
