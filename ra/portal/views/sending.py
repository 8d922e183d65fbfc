"""Applying, correcting and asking online: words first, then documents one by one, handed in.

The number of what is being sent stands in the signed session; the access code stands nowhere.
"""

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anxin.kernel import web
from anxin.kernel.errors import Refusal
from anxin.kernel.limits import check_rate
from anxin.refusals import refusals_in, refusals_on
from anxin.templatetags.ui import told
from ra.handover.queries import status
from ra.intake.queries import profiles
from ra.invoices.forms import InvoiceForm
from ra.online import queries, rules
from ra.online import sending as services
from ra.online.forms import ApplyForm, AskForm, CorrectForm, FileForm, RenewForm
from ra.portal.visits import SENDING, STATUS, knowing, remember
from ra.publications.queries import agreement


@require_GET
def choose(request: HttpRequest) -> HttpResponse:
    """Which certificate."""
    found = [one.code for one in profiles()]
    return render(
        request, "ra/online/choose.html", {"profiles": found, "megabytes": rules.LIMIT >> 20}
    )


@never_cache
@require_http_methods(["GET", "POST"])
def apply(request: HttpRequest, profile: str) -> HttpResponse:
    """What the applicant says (CPS 4.1); number and code are shown by the answer, once."""
    kind = queries.applicant(profile)
    in_force = agreement(timezone.now())
    offices = queries.offices()
    form = ApplyForm(request.POST or None, kind=kind, offices=offices, agreement=in_force)
    if _sends(request, form):
        given = dict(form.cleaned_data)
        own = {
            name: given.pop(name) for name in ("years", "office", "request", "agreed", "by_message")
        }
        with refusals_on(form, above=True):
            begun = services.begin(
                profile, given, **own, address=web.address(request), at=timezone.now()
            )
            remember(request, SENDING, begun.number)
            return render(request, "ra/online/begun.html", {"begun": begun})
    context = {"form": form, "profile": profile, "groups": form.groups()}
    code = 422 if form.errors else 200
    return render(request, "ra/online/apply.html", context, status=code)


@never_cache
@require_http_methods(["GET", "POST"])
@knowing(STATUS)
def correct(request: HttpRequest, number: str) -> HttpResponse:
    """An answer to what came back, by somebody who has shown the access code (CPS 4.2.2)."""
    form = CorrectForm(request.POST or None)
    if _sends(request, form):
        with refusals_on(form, above=True):
            begun = services.begin_correction(
                status(number).number,
                **form.cleaned_data,
                address=web.address(request),
                at=timezone.now(),
            )
            remember(request, SENDING, begun.number)
            return redirect("portal-papers")
    code = 422 if form.errors else 200
    return render(request, "ra/online/correct.html", {"form": form}, status=code)


@never_cache
@require_http_methods(["GET", "POST"])
def renew(request: HttpRequest) -> HttpResponse:
    """A renewal or re-key signed by the old key (CPS 4.6.3, 4.7); the signature is the way in."""
    form = RenewForm(request.POST or None, agreement=agreement(timezone.now()))
    if _sends(request, form):
        with refusals_on(form, above=True):
            begun = services.send_signed(
                **form.cleaned_data, address=web.address(request), at=timezone.now()
            )
            remember(request, SENDING, begun.number)
            return render(request, "ra/online/begun.html", {"begun": begun, "sent": True})
    code = 422 if form.errors else 200
    return render(request, "ra/online/renew.html", {"form": form}, status=code)


@never_cache
@require_http_methods(["GET", "POST"])
@knowing(STATUS)
def ask(request: HttpRequest, number: str, purpose: str) -> HttpResponse:
    """What the holder asks of a certificate, after number and access code (CPS 3.4, 4.9)."""
    rules.check_askable(purpose, queries.issued(number).certificate_state)
    form = AskForm(purpose, request.POST or None)
    if _sends(request, form):
        with refusals_on(form, above=True):
            services.ask(
                number,
                purpose,
                **form.cleaned_data,
                address=web.address(request),
                at=timezone.now(),
            )
            return redirect("portal-progress")
    context = {"form": form, "purpose": purpose}
    return render(request, "ra/online/ask.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
@knowing(STATUS)
def ask_invoice(request: HttpRequest, number: str) -> HttpResponse:
    """An invoice for what was paid, after number and access code (CPS 9.1)."""
    form = InvoiceForm(request.POST or None)
    if _sends(request, form):
        with refusals_on(form, above=True):
            services.ask_invoice(
                number,
                form.cleaned_data["kind"],
                form.cleaned_data["buyer"],
                form.details(),
                address=web.address(request),
                at=timezone.now(),
            )
            return redirect("portal-progress")
    context = {"form": form, "purpose": rules.Purpose.INVOICE}
    return render(request, "ra/online/ask.html", context, status=422 if form.errors else 200)


@csrf_exempt  # `taking_files` checks it: to check it is to read the body
@never_cache
@require_http_methods(["GET", "POST"])
@web.taking_files(rules.check_body)
@knowing(SENDING)
def papers(request: HttpRequest, number: str) -> HttpResponse:
    """The documents, one file at a time."""
    context: dict[str, object] = {}
    if request.method == "POST":
        form = FileForm(request.POST, request.FILES)
        if form.is_valid():
            file = form.cleaned_data["file"]
            with refusals_in(context):
                services.add_file(
                    number,
                    form.cleaned_data["slot"],
                    file.name,
                    file.read(),
                    content_type=file.content_type or "",
                    address=web.address(request),
                    at=timezone.now(),
                )
                return redirect("portal-papers")
        else:
            context["none"] = True
    return _papers(request, number, context)


@never_cache
@require_POST
@knowing(SENDING)
def hand_in(request: HttpRequest, number: str) -> HttpResponse:
    try:
        services.hand_in(number, address=web.address(request), at=timezone.now())
    except Refusal as refusal:
        return _papers(request, number, {"refused": told(refusal)})
    return redirect("portal-sent")


@never_cache
@require_GET
@knowing(SENDING)
def sent(request: HttpRequest, number: str) -> HttpResponse:
    """How it stands until there is an application to look at."""
    return render(request, "ra/online/sent.html", {"sent": queries.submission(number)})


def _sends(request: HttpRequest, form: Form) -> bool:
    """Whether the form came in, in shape; counts what one address begins."""
    if request.method != "POST" or not form.is_valid():
        return False
    check_rate(SENDING, web.address(request), rules.OPENED)
    return True


def _papers(request: HttpRequest, number: str, wrong: dict[str, object]) -> HttpResponse:
    context = {"sent": queries.submission(number), "megabytes": rules.LIMIT >> 20, **wrong}
    return render(request, "ra/online/papers.html", context, status=422 if wrong else 200)
