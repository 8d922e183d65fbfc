"""Pages about trusted persons: the list, a file, the matrix of CPS 5.2.4."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anxin.kernel.errors import Kind, Refusal
from people.factors.forms import FactorForm
from people.gates import actor_of, only
from people.personnel import matrix as roles
from people.personnel import newcomers, queries, services
from people.personnel.forms import (
    AccountForm,
    EscortForm,
    FileForm,
    FindingForm,
    KeyForm,
    MoveForm,
    RoleForm,
    RotationForm,
    SimulateForm,
    SuspendForm,
)
from people.personnel.rules import Cause
from people.trust import services as trust
from people.trust.roles import Role
from people.trust.rotation import plan_rotation
from people.trust.rules import Item
from people.wording import ROLES

keepers = only(Role.SECURITY_ADMIN, Role.CA_ADMIN)
proposers = only(Role.SECURITY_ADMIN)


@keepers
@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    context = {
        "staff": queries.staff(at=timezone.now()),
        "may_propose": Role.SECURITY_ADMIN in actor_of(request).roles,
    }
    return render(request, "people/staff.html", context)


@keepers
@never_cache
@require_GET
def matrix(request: HttpRequest) -> HttpResponse:
    """The matrix, and what would be if somebody got a role."""
    asked = "person" in request.GET
    people = queries.people_to_choose()
    form = SimulateForm(request.GET if asked else None, people=people)
    found = None
    if asked and form.is_valid():
        given = form.cleaned_data
        found = roles.simulate(given["person"], Role(given["role"]), at=timezone.now())
    context = {"rows": roles.matrix(), "form": form, "found": found}
    return render(request, "people/matrix.html", context, status=422 if form.errors else 200)


@proposers
@never_cache
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """An account for somebody new; another one has to agree."""
    form = AccountForm(request.POST or None)
    if form.is_valid():
        try:
            newcomers.propose_account(
                **form.cleaned_data, actor=actor_of(request), at=timezone.now()
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("已提请启用账号，等另一人审批。"))
            return redirect("person", form.cleaned_data["staff_number"])
    return render(request, "people/new.html", {"form": form}, status=422 if form.errors else 200)


@keepers
@never_cache
@require_GET
def person(request: HttpRequest, number: str) -> HttpResponse:
    return _page(request, number)


@keepers
@require_POST
def open_file(request: HttpRequest, number: str) -> HttpResponse:
    form = FileForm(request.POST, people=queries.people_to_choose())
    if not form.is_valid():
        return _page(request, number, file_form=form)
    given = form.cleaned_data
    escort = given["escort"]
    try:
        trust.open_file(
            queries.id_of(number),
            engaged_on=given["engaged_on"],
            contractor=given["contractor"],
            employer=given["employer"],
            escort_id=queries.id_of(escort) if escort else None,
            actor=actor_of(request),
            at=timezone.now(),
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return _page(request, number, file_form=form)
    messages.success(request, _("档案已建立。"))
    return redirect("person", number)


@keepers
@require_POST
def escort(request: HttpRequest, number: str) -> HttpResponse:
    """Somebody else goes with this contractor."""
    form = EscortForm(request.POST, people=queries.people_to_choose())
    if not form.is_valid():
        return _page(request, number, escort_form=form)
    chosen = queries.id_of(form.cleaned_data["escort"])
    try:
        trust.name_escort(queries.id_of(number), chosen, actor=actor_of(request), at=timezone.now())
    except Refusal as refusal:
        form.refuse(refusal)
        return _page(request, number, escort_form=form)
    messages.success(request, _("陪同人员已指定。"))
    return redirect("person", number)


@keepers
@require_POST
def note(request: HttpRequest, number: str) -> HttpResponse:
    """One result into the file."""
    form = FindingForm(request.POST)
    if not form.is_valid():
        return _page(request, number, finding_form=form)
    given = form.cleaned_data | {"item": Item(form.cleaned_data["item"])}
    try:
        trust.note_finding(
            queries.id_of(number), **given, actor=actor_of(request), at=timezone.now()
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return _page(request, number, finding_form=form)
    messages.success(request, _("结果已记入档案。"))
    return redirect("person", number)


@keepers
@require_POST
def rotation(request: HttpRequest, number: str) -> HttpResponse:
    """When somebody else takes over, and who."""
    person_id, at = queries.id_of(number), timezone.now()
    posts = [one.role for one in queries.own(person_id, at=at).roles]
    form = RotationForm(request.POST, posts=posts, people=queries.people_to_choose())
    if not form.is_valid():
        return _page(request, number, rotation_form=form)
    given = form.cleaned_data
    relief = queries.id_of(given["relief"]) if given["relief"] else None
    try:
        plan_rotation(
            person_id,
            Role(given["post"]),
            on=given["on"],
            relief_id=relief,
            actor=actor_of(request),
            at=at,
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return _page(request, number, rotation_form=form)
    messages.success(request, _("岗位轮换的安排已记录。"))
    return redirect("person", number)


def _acts(form_class: type[Form], name: str) -> Callable[..., Callable[..., HttpResponse]]:
    """A POST whose form is checked; the act says what to tell."""

    def door(act: Callable[..., str]) -> Callable[..., HttpResponse]:
        @require_POST
        @wraps(act)
        def view(request: HttpRequest, number: str) -> HttpResponse:
            form = form_class(request.POST)
            if not form.is_valid():
                return _page(request, number, **{name: form})
            said = act(request, queries.id_of(number), **form.cleaned_data)
            messages.success(request, said)
            return redirect("person", number)

        return view

    return door


@proposers
@_acts(RoleForm, "role_form")
def propose_role(request: HttpRequest, person_id: int, role: str) -> str:
    services.propose_appointment(person_id, Role(role), actor=actor_of(request), at=timezone.now())
    return _("已提请授予“%(role)s”，等另一人审批。") % {"role": ROLES[Role(role)]}


@proposers
@_acts(RoleForm, "role_form")
def propose_end(request: HttpRequest, person_id: int, role: str) -> str:
    services.propose_dismissal(person_id, Role(role), actor=actor_of(request), at=timezone.now())
    return _("已提请解除“%(role)s”，等另一人审批。") % {"role": ROLES[Role(role)]}


@proposers
@_acts(Form, "empty_form")
def propose_return(request: HttpRequest, person_id: int) -> str:
    services.propose_reinstatement(person_id, actor=actor_of(request), at=timezone.now())
    return _("已提请恢复，等另一人审批。")


@proposers
@_acts(KeyForm, "empty_form")
def propose_key(request: HttpRequest, person_id: int, key: int) -> str:
    services.propose_key(person_id, key, actor=actor_of(request), at=timezone.now())
    return _("已提请启用密钥，等另一人审批。")


@keepers
@_acts(KeyForm, "empty_form")
def revoke_key(request: HttpRequest, person_id: int, key: int) -> str:
    services.revoke_key(person_id, key, actor=actor_of(request), at=timezone.now())
    return _("密钥已吊销，以后的审批不能再用它签名。")


@proposers
@_acts(Form, "empty_form")
def propose_opening(request: HttpRequest, person_id: int) -> str:
    newcomers.propose_opening(person_id, actor=actor_of(request), at=timezone.now())
    return _("已提请启用账号，等另一人审批。")


@keepers
@_acts(SuspendForm, "suspend_form")
def suspend(request: HttpRequest, person_id: int, cause: str) -> str:
    services.suspend(person_id, Cause(cause), actor=actor_of(request), at=timezone.now())
    return _("已停职：登录、动态口令、岗位和未办结的审批都已失效。")


@keepers
@_acts(Form, "empty_form")
def leave(request: HttpRequest, person_id: int) -> str:
    _confirm(request, person_id)
    services.leave(person_id, actor=actor_of(request), at=timezone.now())
    return _("已办理离职：账号已关闭，岗位已全部解除。")


@keepers
@_acts(MoveForm, "move_form")
def move(request: HttpRequest, person_id: int, office: str) -> str:
    services.move(person_id, office, actor=actor_of(request), at=timezone.now())
    return _("已办理调动：原岗位已全部解除，请提请新的岗位。")


def _confirm(request: HttpRequest, person_id: int) -> None:
    """Leaving is for good, so the staff number is typed once more."""
    if request.POST.get("confirm", "").strip() != queries.own(person_id, at=timezone.now()).number:
        raise Refusal(Kind.INVALID, "trust.other_number", "another staff number", field="confirm")


def _page(request: HttpRequest, number: str, **given: Form) -> HttpResponse:
    view = queries.person(number, actor_of(request), at=timezone.now())
    people = queries.people_to_choose()
    context = {
        "view": view,
        "file_form": FileForm(people=people),
        "escort_form": EscortForm(people=people),
        "finding_form": FindingForm(),
        "role_form": RoleForm(),
        "rotation_form": RotationForm(posts=[one.role for one in view.line.roles], people=people),
        "factor_form": FactorForm(),
        "suspend_form": SuspendForm(),
        "move_form": MoveForm(initial={"office": view.line.office}),
        **given,
    }
    return render(request, "people/person.html", context, status=422 if given else 200)
