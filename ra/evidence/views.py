"""Documents over HTTP: in, and out as pages; never to a disk or a cache."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from anxin.kernel import web
from anxin.kernel.errors import Kind, Refusal
from people.api import Role
from people.gates import actor_of, only
from ra.applications.queries import id_of
from ra.evidence import rules, services

WEBP = "image/webp"
unkept = cache_control(no_store=True, private=True)
TYPES = {"jpeg": "image/jpeg", "png": "image/png", "pdf": "application/pdf"}
takes_files = web.taking_files(rules.check_body)


@csrf_exempt  # `takes_files` checks it: to check it is to read the body
@only(Role.OPERATOR)
@require_POST
@takes_files
def add(request: HttpRequest, number: str) -> HttpResponse:
    """One file or several for one slot; the script sends them one by one and wants JSON."""
    files = request.FILES.getlist("file")
    if not files:
        raise Refusal(Kind.INVALID, "evidence.empty", "no file was chosen", field="file")
    actor, slot = actor_of(request), request.POST.get("slot", "")
    application_id = id_of(number, actor)
    for file in files:
        added = services.add_evidence(
            application_id,
            slot,
            file.name or "",
            file.read(),
            content_type=file.content_type or "",
            actor=actor,
            at=timezone.now(),
        )
        if added.seen_before:
            messages.warning(
                request,
                _("同一个文件也在 %(numbers)s 里。") % {"numbers": ", ".join(added.seen_before)},
            )
    if web.wants_json(request):
        return JsonResponse({"added": len(files)}, status=201)
    return web.back_to("intake-page", number, f"slot-{slot}")


@only(Role.OPERATOR)
@require_POST
def remove(request: HttpRequest, number: str, document_id: int) -> HttpResponse:
    slot = services.remove_evidence(document_id, actor=actor_of(request), at=timezone.now())
    return web.back_to("intake-page", number, f"slot-{slot}")


@only(Role.OPERATOR, Role.REVIEWER)
@unkept
@require_GET
def page(request: HttpRequest, document_id: int, page: int) -> HttpResponse:
    image = services.page_image(document_id, page, actor=actor_of(request), at=timezone.now())
    return HttpResponse(image, content_type=WEBP)


@only(Role.OPERATOR, Role.REVIEWER)
@unkept
@require_GET
def thumbnail(request: HttpRequest, document_id: int) -> HttpResponse:
    image = services.thumbnail(document_id, actor=actor_of(request))
    return HttpResponse(image, content_type=WEBP)


@only(Role.OPERATOR, Role.REVIEWER)
@unkept
@require_POST
def original(request: HttpRequest, document_id: int) -> HttpResponse:
    """The file as it came; the purpose goes into the journal."""
    kind, data = services.original(
        document_id,
        purpose=request.POST.get("purpose", ""),
        actor=actor_of(request),
        at=timezone.now(),
    )
    return web.file(data, f"document-{document_id}.{kind}", TYPES[kind])


@only(Role.OPERATOR, Role.REVIEWER)
@unkept
@require_GET
def watermark(request: HttpRequest) -> HttpResponse:
    """Who looks and when, to lie over every document."""
    actor, at = actor_of(request), timezone.localtime()
    number = getattr(request.user, "staff_number", "")
    text = _("仅供证书受理审核　%(name)s %(number)s　%(at)s") % {
        "name": actor.name,
        "number": number,
        "at": f"{at:%Y-%m-%d %H:%M}",
    }
    return render(
        request, "ra/evidence/watermark.svg", {"text": text}, content_type="image/svg+xml"
    )
