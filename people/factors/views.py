"""Handing over: what two people agreed to is drawn by one of them, shown once (CPS 6.4)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from people.accounts.queries import staff_numbered
from people.factors import services
from people.factors.forms import FactorForm
from people.factors.wording import FACTORS
from people.gates import actor_of, only
from people.trust.roles import Role


@only(Role.SECURITY_ADMIN)
@require_POST
def propose(request: HttpRequest, number: str) -> HttpResponse:
    """Ask for a factor for a person; another one has to agree."""
    form = FactorForm(request.POST)
    if form.is_valid():
        factor = form.cleaned_data["factor"]
        services.propose_enrolment(
            staff_numbered(number).id, factor, actor=actor_of(request), at=timezone.now()
        )
        said = _("已提请发放“%(what)s”，等另一人审批。") % {"what": FACTORS[factor]}
        messages.success(request, said)
    return redirect("person", number)


@only(Role.CA_ADMIN)
@never_cache
@require_POST
def draw_code(request: HttpRequest, number: str) -> HttpResponse:
    """The code is in this answer and nowhere else."""
    person = staff_numbered(number)
    code = services.draw_code(person.id, actor=actor_of(request), at=timezone.now())
    return render(request, "people/drawn.html", {"person": person, "code": code})


@only(Role.SECURITY_ADMIN)
@never_cache
@require_POST
def draw_password(request: HttpRequest, number: str) -> HttpResponse:
    """The password is in this answer and nowhere else."""
    person = staff_numbered(number)
    drawn = services.draw_password(person.id, actor=actor_of(request), at=timezone.now())
    return render(request, "people/drawn.html", {"person": person, "password": drawn})
