"""Opening offices."""

from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from audit.log import record
from ra.branches import queries, rules
from ra.branches.models import Office


@transaction.atomic
def open_office(
    code: str, *, name: str, kind: str = "authority", parent: str = "", actor: Actor, at: datetime
) -> int:
    """A registration authority, or (kind `service_point`) a counter of one; its id.

    Refuses `branches.*`: odd code, no name, taken code, unknown parent, anything below a counter.
    """
    above = Office.objects.filter(code=parent).first() if parent else None
    if parent and above is None:
        raise queries.unknown_office(parent)
    wanted = rules.OfficeKind(kind)
    rules.check_office(code, name, wanted, rules.OfficeKind(above.kind) if above else None)
    row, fresh = Office.objects.get_or_create(
        code=code,
        defaults={
            "name": name.strip(),
            "kind": wanted.value,
            "parent": above,
            "path": rules.path_of(code, above.path if above else ""),
            "opened_at": at,
        },
    )
    if not fresh:
        raise Refusal(Kind.CONFLICT, "branches.taken", f"{code} is taken", field="code")
    record("ra.open_office", f"ra.office:{row.pk}", actor=actor, at=at, code=code, parent=parent)
    return row.pk
