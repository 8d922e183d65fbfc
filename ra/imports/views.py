"""Files of applications: handed in, looked through, taken in, step by step."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anxin.kernel import web
from anxin.refusals import refusals_on
from ca.api import PROFILES
from people.api import Role
from people.gates import actor_of, only
from ra.applicants.kinds import kind_of
from ra.evidence.views import takes_files
from ra.imports import queries, services, sheets
from ra.imports.forms import UploadForm
from ra.imports.headings import of as headings_of
from ra.intake.queries import profiles

CSV = "text/csv; charset=utf-8"


@csrf_exempt  # `takes_files` checks it: to check it is to read the body
@only(Role.OPERATOR)
@never_cache
@require_http_methods(["GET", "POST"])
@takes_files
def index(request: HttpRequest) -> HttpResponse:
    """One's imports, and the form for a new one."""
    actor = actor_of(request)
    choices = [(one.code, str(PROFILES[one.code])) for one in profiles()]
    posted = request.method == "POST"
    form = UploadForm(*((request.POST, request.FILES) if posted else ()), choices=choices)
    if posted and form.is_valid():
        given = form.cleaned_data
        with refusals_on(form):
            number = services.upload(
                given["profile"], given["file"].read(), actor=actor, at=timezone.now()
            )
            return redirect("import", number)
    context = {"form": form, "imports": queries.imports(actor), "choices": choices}
    return render(request, "ra/imports/list.html", context, status=422 if form.errors else 200)


@only(Role.OPERATOR)
@require_GET
def template(_request: HttpRequest, profile: str) -> HttpResponse:
    """A file with the headings alone."""
    names = headings_of(kind_of(profile))
    body = sheets.write_csv(iter([[str(text) for text in names.values()]]))
    return web.file(body, f"{profile}.csv", CSV)


@only(Role.OPERATOR)
@never_cache
@require_GET
def show(request: HttpRequest, number: str) -> HttpResponse:
    return _show(request, number)


@only(Role.OPERATOR)
@never_cache
@require_POST
def go_on(request: HttpRequest, number: str) -> HttpResponse:
    """The next step; the page's script asks for it by itself, people press 继续."""
    services.go_on(number, actor=actor_of(request), at=timezone.now())
    return _show(request, number) if web.wants_part(request) else redirect("import", number)


@only(Role.OPERATOR)
@never_cache
@require_POST
def take(request: HttpRequest, number: str) -> HttpResponse:
    services.take(number, actor=actor_of(request), at=timezone.now())
    return redirect("import", number)


@only(Role.OPERATOR)
@never_cache
@require_POST
def failures(request: HttpRequest, number: str) -> HttpResponse:
    """By POST, because each fetching is an entry of the journal."""
    body = services.failures(number, actor=actor_of(request), at=timezone.now())
    return web.file(body, f"{number}.csv", CSV)


@only(Role.OPERATOR)
@never_cache
@require_POST
def close(request: HttpRequest, number: str) -> HttpResponse:
    services.close(number, actor=actor_of(request), at=timezone.now())
    return redirect("import", number)


def _show(request: HttpRequest, number: str) -> HttpResponse:
    after = request.GET.get("after", "")
    view = queries.view(number, actor_of(request), after=int(after) if after.isdecimal() else 0)
    part = "progress" if web.wants_part(request) else "page"
    return render(request, f"ra/imports/{part}.html", {"view": view, "line": view.line})
