"""Signing in with two factors, out again, and one's own page."""

from datetime import datetime, timedelta
from typing import Any

import django_otp
from django.conf import settings
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anxin.kernel import web
from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from people.accounts import demo, queries, rules, services
from people.entrance.forms import CodeForm, PasswordForm, SignInForm
from people.gates import PENDING, actor_of, landing_page, note_visit, recognised, signed_in
from people.navigation import PARTIES
from people.personnel import queries as personnel
from people.sessions import queries as sessions
from people.sessions import rules as session_rules
from people.sessions import services as ending
from people.sessions import store
from people.trust.rules import Role
from people.wording import ROLES, WORDING

CHOSEN = "language"  # session: the language somebody chose before saying who they are


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """First factor. `?as=` fills in a person of the demo, and is nothing elsewhere."""
    if request.method == "GET":
        if recognised(request):
            return redirect("home")
        one = demo.account(request.GET.get("as", ""))
        return _sign_in_page(request, SignInForm.filled_in(one) if one else SignInForm())
    form, at = SignInForm(request.POST), timezone.now()
    if not form.is_valid():
        return _sign_in_page(request, form, status=422)
    try:
        person_id = services.check_password(
            **form.cleaned_data, address=web.address(request), at=at
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return _sign_in_page(request, form, status=422)
    chosen = request.session.get(CHOSEN, "")
    request.session.flush()
    request.session[PENDING] = {
        "person": person_id,
        "at": at.isoformat(),
        CHOSEN: chosen,
    }
    return redirect(reverse("sign-in-code", query={"next": web.next_page(request)}))


def _sign_in_page(request: HttpRequest, form: SignInForm, *, status: int = 200) -> HttpResponse:
    people = [
        (one, ", ".join(str(ROLES[Role(role)]) for role in one.roles)) for one in demo.accounts()
    ]
    context = {"form": form, "next": web.next_page(request), "people": people}
    return render(request, "people/sign_in.html", context, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """Second factor; after it the session is a new one and the person is signed in."""
    at = timezone.now()
    pending = _pending(request, at=at)
    if pending is None:
        return redirect(reverse("sign-in", query={"next": web.next_page(request)}))
    form = (
        CodeForm(request.POST)
        if request.method == "POST"
        else CodeForm(initial=demo.shown(pending["person"], at=at))
    )
    if request.method == "GET" or not form.is_valid():
        return _code_page(request, form, status=200 if request.method == "GET" else 422)
    try:
        device = services.check_code(
            pending["person"], form.cleaned_data["code"], address=web.address(request), at=at
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return _code_page(request, form, status=422)
    target = web.next_page(request)
    _let_in(request, device, at=at)
    return web.speaking(redirect(target), _language(request, device.user, pending, at=at))


def _let_in(request: HttpRequest, device: Any, *, at: datetime) -> None:
    auth.login(request, device.user, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session.pop(PENDING, None)
    django_otp.login(request, device)
    store.prove(request.session, at=at)
    note_visit(request, at=at)
    request.session.save()
    ending.make_room(device.user.pk, actor=_as_actor(request, device.user), at=at)


def _language(request: HttpRequest, person: Any, pending: dict[str, Any], *, at: datetime) -> str:
    """The one chosen on the way in, which then stays; otherwise the person's own."""
    chosen = str(pending[CHOSEN])
    if chosen and chosen != person.language:
        services.choose_language(person.pk, chosen, actor=_as_actor(request, person), at=at)
    return chosen or str(person.language)


def _as_actor(request: HttpRequest, person: Any) -> Actor:
    """Who has just proved to be this person."""
    return Actor(person.pk, person.name, address=web.address(request), office=person.office)


def _pending(request: HttpRequest, *, at: datetime) -> dict[str, Any] | None:
    """Whose password was right a moment ago."""
    pending = request.session.get(PENDING)
    if pending is None:
        return None
    if at - datetime.fromisoformat(pending["at"]) > rules.CODE_WITHIN:
        del request.session[PENDING]
        messages.warning(request, WORDING["sign_in.too_late"])
        return None
    return dict(pending)


def _code_page(request: HttpRequest, form: CodeForm, *, status: int) -> HttpResponse:
    context = {"form": form, "next": web.next_page(request)}
    return render(request, "people/sign_in_code.html", context, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    if recognised(request):
        services.sign_out(actor=actor_of(request), at=timezone.now())
    auth.logout(request)
    return redirect("sign-in")


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch the language of the screen, and remember it with the person."""
    wanted = request.POST.get("language", "")
    if wanted not in dict(settings.LANGUAGES):
        raise Refusal(Kind.INVALID, "people.no_such_language", "unknown language", field="language")
    if recognised(request):
        actor = actor_of(request)
        assert actor.person_id is not None
        services.choose_language(actor.person_id, wanted, actor=actor, at=timezone.now())
    elif PENDING in request.session:
        request.session[PENDING] = {**request.session[PENDING], CHOSEN: wanted}
    else:
        request.session[CHOSEN] = wanted
    return web.speaking(redirect(web.next_page(request)), wanted)


@signed_in
@never_cache
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    form = PasswordForm(request.POST or None)
    if request.method == "GET" or not form.is_valid():
        return _password_page(request, form)
    actor, given, at = actor_of(request), form.cleaned_data, timezone.now()
    assert actor.person_id is not None
    try:
        services.change_password(
            actor.person_id, old=given["old"], new=given["new"], actor=actor, at=at
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return _password_page(request, form)
    person: Any = request.user
    person.refresh_from_db()
    auth.update_session_auth_hash(request, person)  # this session goes on
    here = request.session.session_key
    ending.end_others(actor.person_id, keep=here, why="password changed", actor=actor, at=at)
    messages.success(request, _("密码已更换。其他地方的登录已经失效。"))
    return redirect("me")


def _password_page(request: HttpRequest, form: PasswordForm) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "people/password.html", {"form": form}, status=status)


@signed_in
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    return redirect(landing_page(request))


@signed_in
@require_GET
def me(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    assert actor.person_id is not None
    roles = [ROLES[Role(role)] for role in sorted(actor.roles)]
    here = request.session.session_key
    context = {
        "profile": queries.profile(actor.person_id),
        "line": personnel.own(actor.person_id, at=timezone.now()),
        "roles": roles,
        "signs": bool(actor.roles & PARTIES),
        "sessions": sessions.sessions_of(actor.person_id, here=here, at=timezone.now()),
        "idle_minutes": session_rules.IDLE // timedelta(minutes=1),
        "hours": session_rules.LENGTH // timedelta(hours=1),
    }
    return render(request, "people/me.html", context)


@signed_in
@require_POST
def end_session(request: HttpRequest, session_id: str) -> HttpResponse:
    """Sign oneself out at another browser, or at this one."""
    actor = actor_of(request)
    assert actor.person_id is not None
    ending.end(actor.person_id, session_id, actor=actor, at=timezone.now())
    messages.success(request, _("已在那里退出登录。"))
    return redirect("me")
