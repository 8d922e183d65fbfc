"""What is published: where it is proposed and agreed to, and where everybody reads it (CPS 2.1)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from anxin.kernel import web
from anxin.refusals import refusals_on
from people.api import Role
from people.gates import actor_of, only
from ra.evidence.views import takes_files
from ra.publications import queries, services
from ra.publications.forms import PublicationForm
from ra.publications.queries import Published
from ra.publications.rules import Kind

MAKERS = (Role.SECURITY_ADMIN, Role.CA_ADMIN)
READERS = (*MAKERS, Role.POLICY_MEMBER, Role.AUDITOR, Role.OPERATOR, Role.REVIEWER)


@only(*READERS)
@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    return _list(request, PublicationForm())


@csrf_exempt  # `takes_files` checks it: to check it is to read the body
@only(*MAKERS)
@require_POST
@takes_files
def propose(request: HttpRequest) -> HttpResponse:
    form = PublicationForm(request.POST, request.FILES)
    if form.is_valid():
        given = dict(form.cleaned_data)
        kind, body = Kind(given.pop("kind")), given.pop("file").read()
        with refusals_on(form):
            services.propose(kind, **given, body=body, actor=actor_of(request), at=timezone.now())
            messages.success(request, _("已提请，由安全策略委员会委员审批。"))
            return redirect("publications")
    return _list(request, form, status=422)


@only(*READERS)
@never_cache
@require_GET
def show(request: HttpRequest, publication_id: int) -> HttpResponse:
    found = queries.one(publication_id)
    return render(request, "ra/publications/page.html", {"found": found, "line": found.line})


@only(*READERS)
@never_cache
@require_GET
def proof(_request: HttpRequest, publication_id: int) -> HttpResponse:
    """The file itself, before and after it is published."""
    return _file(queries.one(publication_id))


@require_GET
def public_list(request: HttpRequest) -> HttpResponse:
    context = {"lines": queries.public(timezone.now())}
    return render(request, "ra/publications/public_list.html", context)


@require_GET
def public(request: HttpRequest, kind: str, version: str) -> HttpResponse:
    found = queries.published(kind, version, timezone.now())
    context = {"found": found, "line": found.line}
    return render(request, "ra/publications/public.html", context)


@require_GET
def public_file(_request: HttpRequest, kind: str, version: str) -> HttpResponse:
    return _file(queries.published(kind, version, timezone.now()))


def _file(found: Published) -> HttpResponse:
    name = f"{found.line.kind}-{found.line.version}.{'txt' if found.line.is_text else 'pdf'}"
    return web.file(found.body, name, found.media)


def _list(request: HttpRequest, form: PublicationForm, *, status: int = 200) -> HttpResponse:
    roles = actor_of(request).roles
    context = {
        "lines": queries.everything(timezone.now()),
        "form": form if roles & set(MAKERS) else None,
        "may_decide": Role.POLICY_MEMBER in roles,
    }
    return render(request, "ra/publications/list.html", context, status=status)
