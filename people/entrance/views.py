"""Signing in with two factors, out again, and one's own page."""

import secrets
from base64 import b32encode
from datetime import datetime
from typing import Any

import django_otp
import segno
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
from people.accounts import codes, demo, rules, services
from people.accounts.rules import Purpose
from people.entrance import second
from people.entrance.forms import (
    CodeForm,
    EnrolmentForm,
    FirstCodeForm,
    PasswordForm,
    SignInForm,
)
from people.factors import queries as enrolling
from people.factors import services as factors
from people.gates import PENDING, actor_of, landing_page, note_visit, recognised, signed_in
from people.sessions import browsers, store
from people.sessions import rules as session_rules
from people.sessions import services as ending
from people.trust.roles import Role
from people.wording import ROLES, WORDING

BROWSER = f"anxin-{settings.SITE}-browser"  # cookie: the token by which a browser is known again
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
        "login": form.cleaned_data["login"],
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
    if enrolling.has_to_enrol(pending["person"], at=at):
        return redirect(reverse("sign-in-device", query={"next": web.next_page(request)}))
    if request.method == "GET":
        return _code_page(request, CodeForm(initial=demo.shown(pending["person"], at=at)), at=at)
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            device = second.check(
                request, pending["person"], form.cleaned_data, purpose=Purpose.SIGN_IN, at=at
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return _let_in(request, device, pending, at=at)
    return _code_page(request, form, at=at)


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_device(request: HttpRequest) -> HttpResponse:
    """Enrol a device after the password: the code from a colleague, then the first of the device.

    Its key is in the answer to the first of these, and in none after it.
    """
    at = timezone.now()
    pending = _pending(request, at=at)
    if pending is None or not enrolling.has_to_enrol(pending["person"], at=at):
        return redirect(reverse("sign-in-code", query={"next": web.next_page(request)}))
    if "first" in request.POST:
        return _first_code(request, pending, at=at)
    form = EnrolmentForm(request.POST or None)
    if form.is_valid():
        try:
            key = factors.begin_device(
                pending["person"],
                form.cleaned_data["enrolment"],
                address=web.address(request),
                at=at,
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return _device_page(request, FirstCodeForm(), key=key, login=pending["login"])
    return _device_page(request, form)


def _first_code(request: HttpRequest, pending: dict[str, Any], *, at: datetime) -> HttpResponse:
    form = FirstCodeForm(request.POST)
    if form.is_valid():
        code, address = form.cleaned_data["code"], web.address(request)
        try:
            device = factors.finish_device(pending["person"], code, address=address, at=at)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return _let_in(request, device, pending, at=at)
    return _device_page(request, form)


def _device_page(
    request: HttpRequest, form: EnrolmentForm | FirstCodeForm, *, key: bytes = b"", login: str = ""
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "next": web.next_page(request)}
    context["first"] = isinstance(form, FirstCodeForm)
    if key:
        context["secret"] = b32encode(key).decode()
        context["picture"] = segno.make(codes.uri(key, login), error="m").svg_inline(scale=5)
    status = 422 if form.errors else 200
    return render(request, "people/sign_in_device.html", context, status=status)


def _let_in(
    request: HttpRequest, device: Any, pending: dict[str, Any], *, at: datetime
) -> HttpResponse:
    """A new session, in which the person is signed in; what they are told of."""
    person, target = device.user, web.next_page(request)
    auth.login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session.pop(PENDING, None)
    django_otp.login(request, device)
    store.prove(request.session, at=at)
    note_visit(request, at=at)
    request.session.save()
    actor = _as_actor(request, person)
    ending.make_room(person.pk, actor=actor, at=at)
    response = redirect(target)
    _know_again(request, response, actor, at=at)
    if browsers.alerts_of(person.pk):
        messages.warning(request, _("有新的安全提醒，请到“我的岗位”查看。"))
    return web.speaking(response, _language(request, person, pending, at=at))


def _know_again(
    request: HttpRequest, response: HttpResponse, actor: Actor, *, at: datetime
) -> None:
    """The browser keeps a token, the table its digest; nothing else is known of a browser."""
    kept = request.get_signed_cookie(BROWSER, "", max_age=session_rules.BROWSER_KEPT)
    token = kept or secrets.token_urlsafe(session_rules.TOKEN_SIZE)
    agent = request.headers.get("User-Agent", "")
    assert actor.person_id is not None
    browsers.note_browser(actor.person_id, token, user_agent=agent, actor=actor, at=at)
    response.set_signed_cookie(
        BROWSER,
        token,
        max_age=session_rules.BROWSER_KEPT,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


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


def _code_page(request: HttpRequest, form: CodeForm, *, at: datetime) -> HttpResponse:
    question = second.question(request, request.session[PENDING]["person"], at=at)
    certificate = second.certificate_question(
        request, request.session[PENDING]["person"], purpose=Purpose.SIGN_IN, at=at
    )
    context = {
        "form": form,
        "next": web.next_page(request),
        "question": question,
        "certificate": certificate,
    }
    status = 422 if form.errors else 200
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
