"""Profiles: what is in force, how it changes, and a test certificate of each (CPS 1.5.1)."""

import secrets
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from anxin.kernel import web
from anxin.refusals import refusals_on
from ca.profiling import queries, services, trials
from ca.profiling.forms import CallOffForm, NewProfileForm, ProfileForm
from people.api import Role
from people.gates import actor_of, only
from pki import pem

MAKERS = (Role.CA_ADMIN, Role.SECURITY_ADMIN)
READERS = (*MAKERS, Role.POLICY_MEMBER, Role.AUDITOR, Role.CA_OPERATOR)


@only(*READERS)
@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "ca/profiles/list.html", {"lines": queries.everything()})


@only(*READERS)
@never_cache
@require_GET
def show(request: HttpRequest, profile: str, version: int | None = None) -> HttpResponse:
    roles = actor_of(request).roles
    context = {
        "page": queries.page(profile, version),
        "makes": bool(roles & set(MAKERS)),
        "decides": Role.POLICY_MEMBER in roles,
    }
    return render(request, "ca/profiles/page.html", context)


@only(*MAKERS)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, profile: str) -> HttpResponse:
    page = queries.page(profile)
    form = ProfileForm(queries.version(profile, page.current), request.POST or None)
    return _asked(request, page, form, services.propose)


@only(*MAKERS)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, profile: str) -> HttpResponse:
    """Another profile, drawn from this one."""
    form = NewProfileForm(queries.basis(profile), request.POST or None)
    return _asked(request, queries.page(profile), form, services.propose_new)


def _asked(
    request: HttpRequest,
    page: queries.Page,
    form: ProfileForm,
    act: Callable[..., int],
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, above=True):
            asked = form.changed()
            act(
                asked,
                **form.asked(),
                actor=actor_of(request),
                at=timezone.now(),
                entropy=secrets.token_bytes,
            )
            messages.success(request, _("已提请，由两位安全策略委员会委员审批。"))
            return redirect("profile", asked.code)
    status = 422 if form.errors else 200
    return render(request, "ca/profiles/change.html", {"page": page, "form": form}, status=status)


@only(*MAKERS)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def call_off(request: HttpRequest, profile: str, version: int) -> HttpResponse:
    page = queries.page(profile, version)
    form = CallOffForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, above=True):
            done = services.call_off(
                profile,
                version,
                reason=form.cleaned_data["reason"],
                actor=actor_of(request),
                at=timezone.now(),
            )
            messages.success(request, _("已撤回，不会生效。") if done else _("已提请撤回。"))
            return redirect("profile-version", profile, version)
    status = 422 if form.errors else 200
    context = {"page": page, "form": form}
    return render(request, "ca/profiles/call_off.html", context, status=status)


@only(*READERS)
@never_cache
@require_GET
def trial(request: HttpRequest, profile: str, version: int) -> HttpResponse:
    """A test certificate, made anew each time; its keys are gone when the page is there."""
    made = _trial(profile, version)
    context = {
        "page": queries.page(profile, version),
        "trial": made,
        "pem": pem.write("CERTIFICATE", made.der).decode(),
    }
    return render(request, "ca/profiles/trial.html", context)


@only(*READERS)
@never_cache
@require_GET
def trial_file(_request: HttpRequest, profile: str, version: int) -> HttpResponse:
    return web.certificate(_trial(profile, version).der, f"TEST-{profile}-{version}", "cer")


def _trial(profile: str, version: int) -> trials.Trial:
    found = queries.version(profile, version)
    return trials.issue(found, at=timezone.now(), entropy=secrets.token_bytes)
