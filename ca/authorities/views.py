"""The authorities of this CA, one page each (CPS 5.6, 6.3.2)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from ca.authorities import queries
from people.api import Role
from people.gates import only

watchers = only(
    Role.CA_ADMIN, Role.SECURITY_ADMIN, Role.CA_OPERATOR, Role.SUPPORT, Role.CUSTODIAN, Role.AUDITOR
)


@require_GET
@watchers
def index(request: HttpRequest) -> HttpResponse:
    found = queries.authorities(at=timezone.now())
    return render(request, "ca/authorities/list.html", {"authorities": found})


@require_GET
@watchers
def show(request: HttpRequest, authority: str) -> HttpResponse:
    found = queries.authority(authority, at=timezone.now())
    return render(request, "ca/authorities/page.html", {"page": found})
