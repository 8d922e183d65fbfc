"""Gates of the staff site: who may open which page (CPS 5.2.3, 5.2.4, WP-7.2).

A gate decides about pages; whether the act itself is right, services ask once more.
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from anxin.kernel import web
from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from people.accounts.rules import password_is_due
from people.navigation import Group, first_page, groups_for
from people.sessions import store
from people.sessions.rules import IDLE, WARNED
from people.trust.queries import roles_of
from people.trust.roles import Role, check_compatible

View = Callable[..., HttpResponse]
PENDING = "sign_in"  # session: whose password was right, and when

__all__ = [
    "IDLE",
    "PENDING",
    "WARNED",
    "actor_of",
    "landing_page",
    "navigation",
    "note_visit",
    "only",
    "recognised",
    "signed_in",
]


def actor_of(request: HttpRequest) -> Actor:
    """Who is asking, with the roles they hold and are in order for; for a page behind a gate.

    Refuses (FORBIDDEN) somebody without both factors, and roles that CPS 5.2.4 keeps apart.
    """
    known = getattr(request, "actor", None)
    if known is None:
        known = _actor(request)
        request.actor = known  # type: ignore[attr-defined]
    check_compatible(known.roles)
    return cast("Actor", known)


def _actor(request: HttpRequest) -> Actor:
    person: Any = request.user
    if not recognised(request):
        raise Refusal(Kind.FORBIDDEN, "gate.not_signed_in", "sign in with both factors")
    return Actor(
        person_id=person.pk,
        name=person.name,
        roles=roles_of(person.pk, at=timezone.now()),  # noqa: TID251 -- a gate is a door
        address=web.address(request),
        office=person.office,
        proved_at=store.proved_at(request.session),
        signature=_signature(request),
    )


def _signature(request: HttpRequest) -> str:
    """Only of a plain form: files are not read before a page's gate was passed."""
    plain = request.content_type == "application/x-www-form-urlencoded"
    return request.POST.get("signature", "") if plain else ""


def recognised(request: HttpRequest) -> bool:
    """Signed in with password and one-time code, of a device that still counts."""
    person: Any = request.user
    return bool(person.is_authenticated and person.is_verified() and person.otp_device.confirmed)


def only(*roles: Role) -> Callable[[View], View]:
    """The page is for people with one of these roles; others get FORBIDDEN and a journal entry."""

    def gate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            halt = _halt(request, at=timezone.now())  # noqa: TID251 -- a gate is a door
            if halt is not None:
                return halt
            if not actor_of(request).roles & set(roles):
                raise Refusal(Kind.FORBIDDEN, "gate.other_role", "not a page of your role")
            return view(request, *args, **kwargs)

        guarded.gate = roles  # type: ignore[attr-defined]  # read by the test that no page is open
        return guarded

    return gate


def signed_in(view: View) -> View:
    """The page is for everybody who works here, whatever their role."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        halt = _halt(request, at=timezone.now())  # noqa: TID251 -- a gate is a door
        if halt is not None:
            return halt
        actor_of(request)
        return view(request, *args, **kwargs)

    guarded.gate = tuple(Role)  # type: ignore[attr-defined]
    return guarded


def _halt(request: HttpRequest, *, at: datetime) -> HttpResponse | None:
    """Where to go instead: sign in, or change a password that is due."""
    if not recognised(request):
        return _to_sign_in(request)
    note_visit(request, at=at)
    person: Any = request.user
    due = person.must_change_password or password_is_due(person.password_changed_at, at=at)
    here = request.resolver_match.url_name if request.resolver_match else ""
    if due and here != "password":
        return redirect("password")
    return None


def note_visit(request: HttpRequest, *, at: datetime) -> None:
    """The idle time begins anew, unless the page only refreshed itself (WP-7.2)."""
    if not web.is_unattended(request):
        agent = request.headers.get("User-Agent", "")
        store.note(request.session, address=web.address(request), user_agent=agent, at=at)


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """A fragment must never be replaced by a sign-in page, so htmx gets 401."""
    if web.wants_part(request):
        looked = {"looked": web.is_unattended(request)}
        return render(request, "people/session_over.html", looked, status=401)
    back = request.get_full_path() if request.method == "GET" else "/"
    waits_for_code = PENDING in request.session
    page = reverse("sign-in-code" if waits_for_code else "sign-in")
    return redirect(f"{page}?{urlencode({'next': back})}")


def navigation(request: HttpRequest) -> tuple[Group, ...]:
    """The rail of the person whom a gate has recognised; never asks the database."""
    actor: Actor | None = getattr(request, "actor", None)
    return groups_for(actor.roles, request.path) if actor else ()


def landing_page(request: HttpRequest) -> str:
    """Address of the first page of the person's role."""
    return first_page(actor_of(request).roles)
