"""The ceremony room (CPS 5.2.2, 6.1.1): the list, the script, the running, the record."""

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anxin.kernel import web
from anxin.refusals import refusals_on
from ca.ceremonies import pages, queries, services
from ca.ceremonies.forms import DraftForm, EndForm, GivenForm
from ca.ceremonies.rules import State
from ca.hierarchy import links
from people.api import Role
from people.gates import actor_of, only
from pki import pem

present = only(Role.SECURITY_ADMIN, Role.CA_ADMIN, Role.CUSTODIAN, Role.AUDITOR)
host = only(Role.SECURITY_ADMIN)
JSON = "application/json"
FORMS = {  # of what steps make: PEM label, ending
    "make_key": ("PUBLIC KEY", "pub"),
    "request": ("CERTIFICATE REQUEST", "csr"),
    "make_responder": ("PUBLIC KEY", "pub"),
    "certify": ("CERTIFICATE", "cer"),
    "subordinate": ("CERTIFICATE", "cer"),
    "succeed": ("CERTIFICATE", "cer"),
    "link": ("CERTIFICATE", "pem"),
    "enter": ("CERTIFICATE", "cer"),
}


@present
@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    context = {
        "rows": pages.ceremonies_of(actor),
        "may_draft": Role.SECURITY_ADMIN in actor.roles,
    }
    return render(request, "ca/ceremonies/list.html", context)


@host
@never_cache
@require_http_methods(["GET", "POST"])
def draft(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    form = DraftForm(request.POST or None, at=at)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, given="issuer"):
            actor = actor_of(request)
            number = services.draft(form.said(), **form.parts(), actor=actor, at=at)
            messages.success(request, _("脚本已写好，还没有提请。请逐条核对。"))
            return redirect("ceremony", number)
    status = 422 if form.errors else 200
    return render(request, "ca/ceremonies/draft.html", {"form": form}, status=status)


@present
@never_cache
@require_GET
def show(request: HttpRequest, number: str) -> HttpResponse:
    """The room; for htmx only what changes."""
    part = "room" if web.wants_part(request) else "page"
    found = pages.room(number, actor_of(request), at=timezone.now())
    return render(request, f"ca/ceremonies/{part}.html", {"room": found})


@host
@require_POST
def ask(request: HttpRequest, number: str) -> HttpResponse:
    services.ask(number, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("已提请，等两人审批，其中一名是 CA 系统管理员。"))
    return redirect("ceremony", number)


@host
@require_POST
def discard(request: HttpRequest, number: str) -> HttpResponse:
    services.discard(number, actor=actor_of(request), at=timezone.now())
    return redirect("ceremonies")


@host
@require_POST
def open_room(request: HttpRequest, number: str) -> HttpResponse:
    services.open_room(number, actor=actor_of(request), at=timezone.now())
    return redirect("ceremony", number)


@host
@never_cache
@require_http_methods(["GET", "POST"])
def begin(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """A step that needs nothing begins by one button of the room; others have this page."""
    form = GivenForm(request.POST or None)
    found = pages.room(number, actor_of(request), at=timezone.now())
    needs = found.now is not None and found.now.needs_input
    if request.method == "POST" and (not needs or form.is_valid()):
        given = form.cleaned_data["given"] if needs else ""
        services.begin(number, code, given=given, actor=actor_of(request), at=timezone.now())
        return redirect("ceremony", number)
    context = {"room": found, "form": form, "step": code}
    status = 422 if form.is_bound else 200
    return render(request, "ca/ceremonies/begin.html", context, status=status)


@present
@require_POST
def attest(request: HttpRequest, number: str, code: str) -> HttpResponse:
    services.attest(number, code, actor=actor_of(request), at=timezone.now())
    return redirect("ceremony", number)


@present
@never_cache
@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, number: str) -> HttpResponse:
    """One asks that a ceremony ends and says why, another agrees; before it is open, the host."""
    actor, at = actor_of(request), timezone.now()
    found = pages.room(number, actor, at=at)
    alone = found.state == State.APPROVED
    second = bool(found.ending.by)
    differs = request.GET.get("why") == "code"
    said = {"reason": _("校对码与打印的脚本不一致")} if differs else None
    form = EndForm(request.POST or None, initial=said)
    if request.method == "POST" and (second or form.is_valid()):
        reason = "" if second else form.cleaned_data["reason"]
        with refusals_on(form):
            if alone:
                services.cancel(number, reason=reason, actor=actor, at=at)
            over = alone or services.end_early(number, reason=reason, actor=actor, at=at)
            told = (
                _("仪式已取消。")
                if alone
                else _("仪式已中止。")
                if over
                else _("已签名要求中止，等另一人确认。")
            )
            messages.success(request, told)
            return redirect("ceremony", number)
    signs = pages.signs_end(number, actor, at=at)
    context = {"room": found, "form": form, "second": second, "alone": alone, "signs": signs}
    context["differs"] = differs
    status = 422 if form.errors and request.method == "POST" else 200
    return render(request, "ca/ceremonies/end.html", context, status=status)


@present
@never_cache
@require_GET
def made(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """What a finished step made, as a file."""
    content = queries.result(number, code)
    if code not in FORMS:
        return web.file(content, f"{number}-{code}.json", JSON)
    label, ending = FORMS[code]
    parts = [one.der for one in links.split(content)] if code == "link" else [content]
    text = b"".join(pem.write(label, one) for one in parts)
    return web.file(text, f"{number}-{code}.{ending}", web.PEM)


@present
@never_cache
@require_GET
def paper(request: HttpRequest, number: str) -> HttpResponse:
    """The transcript as a signed PDF/A, the record inside."""
    return web.file(queries.paper(number), f"{number}.pdf", web.PDF)


@present
@never_cache
@require_GET
def record(request: HttpRequest, number: str) -> HttpResponse:
    """The whole ceremony, for `python -m pki verify ceremony`."""
    text = json.dumps(queries.record(number), ensure_ascii=False, indent=1)
    return web.file(text.encode(), f"{number}.json", JSON)
