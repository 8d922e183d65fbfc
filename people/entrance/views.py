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
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anxin.kernel.errors import Kind, Refusal
from people.accounts import demo, queries, rules, services
from people.entrance.forms import CodeForm, PasswordForm, SignInForm
from people.gates import actor_of, landing_page, recognised, signed_in
from people.trust.rules import Role
from people.wording import ROLES, WORDING

PENDING = "sign_in"  # session: whose password was right, and when
YEAR = timedelta(days=365)


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
        person_id = services.check_password(**form.cleaned_data, address=_address(request), at=at)
    except Refusal as refusal:
        form.refuse(refusal)
        return _sign_in_page(request, form, status=422)
    request.session.flush()
    request.session[PENDING] = {
        "person": person_id,
        "at": at.isoformat(),
        "login": form.cleaned_data["login"],
    }
    return redirect(reverse("sign-in-code", query={"next": _next(request)}))


def _sign_in_page(request: HttpRequest, form: SignInForm, *, status: int = 200) -> HttpResponse:
    people = [
        (one, ", ".join(str(ROLES[Role(role)]) for role in one.roles)) for one in demo.accounts()
    ]
    context = {"form": form, "next": _next(request), "people": people}
    return render(request, "people/sign_in.html", context, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """Second factor; after it the session is a new one and the person is signed in."""
    at = timezone.now()
    pending = _pending(request, at=at)
    if pending is None:
        return redirect(reverse("sign-in", query={"next": _next(request)}))
    form = CodeForm(request.POST) if request.method == "POST" else _code_form(pending, at=at)
    if request.method == "GET" or not form.is_valid():
        return _code_page(request, form, status=200 if request.method == "GET" else 422)
    try:
        device = services.check_code(
            pending["person"], form.cleaned_data["code"], address=_address(request), at=at
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return _code_page(request, form, status=422)
    target = _next(request)
    auth.login(request, device.user, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session.pop(PENDING, None)
    django_otp.login(request, device)
    return _speaking(redirect(target), queries.profile(pending["person"]).language)


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


def _code_form(pending: dict[str, Any], *, at: datetime) -> CodeForm:
    one = demo.account(pending["login"])
    if one is None:
        return CodeForm()
    after = queries.last_step(pending["person"])
    return CodeForm(initial={"code": demo.current_code(one, after=after, at=at)})


def _code_page(request: HttpRequest, form: CodeForm, *, status: int) -> HttpResponse:
    context = {"form": form, "next": _next(request)}
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
    return _speaking(redirect(_next(request)), wanted)


@signed_in
@never_cache
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    form = PasswordForm(request.POST or None)
    if request.method == "GET" or not form.is_valid():
        return _password_page(request, form)
    actor, given = actor_of(request), form.cleaned_data
    assert actor.person_id is not None
    try:
        services.change_password(
            actor.person_id, old=given["old"], new=given["new"], actor=actor, at=timezone.now()
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return _password_page(request, form)
    person: Any = request.user
    person.refresh_from_db()
    auth.update_session_auth_hash(request, person)  # this session goes on, all others end
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
    context = {"profile": queries.profile(actor.person_id), "roles": roles}
    return render(request, "people/me.html", context)


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def _next(request: HttpRequest) -> str:
    """Where the person was going, if that is on this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else "/"


def _speaking(response: HttpResponse, wanted: str) -> HttpResponse:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        wanted,
        max_age=YEAR,
        path="/",
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response
