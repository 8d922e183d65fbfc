"""One's own page: roles, browsers, and what one proves oneself with."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Refusal
from people.accounts import queries
from people.entrance import second
from people.factors import keys
from people.factors import queries as factors
from people.factors import services as enrolling
from people.factors.rules import Factor
from people.gates import actor_of, signed_in
from people.navigation import SIGNERS
from people.notices import queries as notices
from people.own import services
from people.own.forms import KeyForm, MailForm
from people.personnel import queries as personnel
from people.sessions import browsers
from people.sessions import queries as sessions
from people.sessions import rules as session_rules
from people.sessions import services as ending
from people.trust.roles import Role
from people.wording import ROLES


@signed_in
@require_GET
def me(request: HttpRequest) -> HttpResponse:
    person_id, at = _me(actor_of(request)), timezone.now()
    roles = [ROLES[Role(role)] for role in sorted(actor_of(request).roles)]
    context = {
        "profile": queries.profile(person_id),
        "line": personnel.own(person_id, at=at),
        "roles": roles,
        "signs": bool(actor_of(request).roles & SIGNERS),
        "sessions": sessions.sessions_of(person_id, here=request.session.session_key, at=at),
        "factors": factors.factors_of(person_id, at=at),
        "alerts": browsers.alerts_of(person_id),
        "address": notices.address_of(person_id),
        "browsers": browsers.browsers_of(person_id),
        "idle_minutes": session_rules.IDLE // timedelta(minutes=1),
        "hours": session_rules.LENGTH // timedelta(hours=1),
    }
    return render(request, "people/me.html", context)


@signed_in
@require_POST
def end_session(request: HttpRequest, session_id: str) -> HttpResponse:
    """Sign oneself out at another browser, or at this one."""
    actor = actor_of(request)
    ending.end(_me(actor), session_id, actor=actor, at=timezone.now())
    messages.success(request, _("已在那里退出登录。"))
    return redirect("me")


@signed_in
@require_POST
def alerts_seen(request: HttpRequest) -> HttpResponse:
    browsers.put_alerts_aside(actor=actor_of(request), at=timezone.now())
    return redirect("me")


@signed_in
@never_cache
@require_http_methods(["GET", "POST"])
def mail(request: HttpRequest) -> HttpResponse:
    """Where one's mail goes, and what went there."""
    actor = actor_of(request)
    person_id = _me(actor)
    form = MailForm(request.POST or None, initial={"address": notices.address_of(person_id)})
    if request.method == "POST" and form.is_valid():
        services.change_address(form.cleaned_data["address"], actor=actor, at=timezone.now())
        messages.success(request, _("已保存。"))
        return redirect("my-mail")
    context = {"form": form, "sent": notices.latest(person_id)}
    return render(request, "people/mail.html", context, status=422 if form.errors else 200)


@signed_in
@never_cache
@require_POST
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """The codes are in this answer and nowhere else."""
    made = enrolling.fetch_recovery_codes(actor=actor_of(request), at=timezone.now())
    return render(request, "people/recovery_codes.html", {"codes": made})


@signed_in
@never_cache
@require_http_methods(["GET", "POST"])
def security_keys(request: HttpRequest) -> HttpResponse:
    """One's security keys; a new one when two people agreed to it."""
    actor, at = actor_of(request), timezone.now()
    form, party = KeyForm(request.POST or None), second.party_of(request)
    if party is not None and form.is_valid():
        challenge = second.challenged(request, at=at) or b""
        try:
            keys.add_key(**form.cleaned_data, challenge=challenge, party=party, actor=actor, at=at)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("安全密钥已登记，下次登录可以用它。"))
            return redirect("security-keys")
    found = factors.factors_of(_me(actor), at=at)
    question = ""
    if party is not None and Factor.KEY in found.waiting:
        challenge = second.challenge(request, at=at)
        question = keys.options_to_create(_me(actor), actor.name, challenge=challenge, party=party)
    context = {"form": form, "factors": found, "question": question, "party": party}
    return render(request, "people/security_keys.html", context, status=422 if form.errors else 200)


@signed_in
@require_POST
def end_key(request: HttpRequest, key_id: int) -> HttpResponse:
    keys.end_key(key_id, actor=actor_of(request), at=timezone.now())
    messages.success(request, _("这把安全密钥不再有效。"))
    return redirect("security-keys")


def _me(actor: Actor) -> int:
    assert actor.person_id is not None
    return actor.person_id
