"""The second factor once more, in place, before a decision (CPS 5.2.3, WP-7.2).

Whatever page refuses because the last proof is too old: the person is asked for one, with all they
had typed kept in the form; the answer goes to the same page, which then goes on. So no view has to
know of it.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from anxin.kernel import web
from anxin.kernel.errors import Refusal
from people.accounts import demo
from people.accounts.rules import Purpose
from people.entrance import second
from people.entrance.forms import AgainForm
from people.gates import recognised
from people.sessions import store
from people.sessions.rules import PROOF, PROOF_OLD

NOT_KEPT = {"csrfmiddlewaretoken"}
MINUTES = PROOF.seconds // 60


class ProofMiddleware:
    """Behind the one that shows refusals, so that it sees them first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        """A form that brings a proof reaches its page only if the proof is good."""
        if request.content_type != "application/x-www-form-urlencoded":
            return None  # files are not read before a page's gate was passed
        form, at = AgainForm(request.POST), timezone.now()  # noqa: TID251 -- a door
        if form.add_prefix("code") not in request.POST or not recognised(request):
            return None
        if form.is_valid():
            person: Any = request.user
            try:
                second.check(request, person.pk, form.cleaned_data, purpose=Purpose.AGAIN, at=at)
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                store.prove(request.session, at=at)
                return None
        return _ask(request, form, at=at)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, Refusal) or error.rule != PROOF_OLD or request.FILES:
            return None  # files cannot be kept in a form: the page of refusals says so
        if web.wants_json(request) or web.wants_part(request):
            return None
        person: Any = request.user
        at = timezone.now()  # noqa: TID251 -- a door
        return _ask(request, AgainForm(initial=demo.shown(person.pk, at=at)), at=at)


def _ask(request: HttpRequest, form: AgainForm, *, at: datetime) -> HttpResponse:
    person: Any = request.user
    ours = {form.add_prefix(name) for name in form.fields} | NOT_KEPT
    typed = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in ours
        for value in values
    ]
    question = second.question(request, person.pk, at=at)
    certificate = second.certificate_question(request, person.pk, purpose=Purpose.AGAIN, at=at)
    context = {
        "form": form,
        "typed": typed,
        "minutes": MINUTES,
        "question": question,
        "certificate": certificate,
    }
    return render(request, "people/prove_again.html", context, status=422 if form.errors else 403)
