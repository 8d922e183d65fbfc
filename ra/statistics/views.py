"""The figures of a month, as a page and as a file."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from anxin.kernel import web
from people.api import Role
from people.gates import actor_of, only
from ra.branches.queries import OfficeView
from ra.imports.sheets import write_csv
from ra.statistics import queries, rules
from ra.statistics.queries import Report
from ra.statistics.rules import Figures
from ra.statistics.wording import COLUMNS

DEEPEST = 4  # that rows are set in for, as `static/css/app.css` has it
CSV = "text/csv; charset=utf-8"
READERS = (
    Role.OPERATOR,
    Role.REVIEWER,
    Role.CA_ADMIN,
    Role.SECURITY_ADMIN,
    Role.AUDITOR,
    Role.FINANCE,
)


@only(*READERS)
@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    report = _asked(request)
    offices = list(_tree(report))
    several = sum(depth == 0 for _office, depth, _of in offices) > 1
    context = {
        "month": report.month,
        "months": rules.months(timezone.now()),
        "columns": COLUMNS.values(),
        "offices": offices,
        "profiles": [(profile, _cells(figures)) for profile, figures in report.profiles],
        "total": _cells(report.total) if several else None,  # else the topmost is it
    }
    return render(request, "ra/statistics/page.html", context)


@only(*READERS)
@never_cache
@require_GET
def table(request: HttpRequest) -> HttpResponse:
    """Offices of the month, for a program of tables."""
    report = _asked(request)
    head = [_("代码"), _("机构"), *map(str, COLUMNS.values())]
    rows = [
        [office.code, office.name, *("" if one is None else str(one) for one in _cells(figures))]
        for office, figures in report.offices
    ]
    return web.file(write_csv(iter([head, *rows])), f"{report.month.code}.csv", CSV)


def _asked(request: HttpRequest) -> Report:
    now = timezone.now()
    month = rules.month(request.GET.get("month", ""), now)
    return queries.report(month, actor_of(request), at=now)


def _tree(report: Report) -> Iterator[tuple[OfficeView, int, list[float | None]]]:
    """Each office, how far in its row begins, its cells; the topmost in sight come first."""
    for office, figures in report.offices:
        top = report.offices[0][0].depth
        yield office, min(office.depth - top, DEEPEST), _cells(figures)


def _cells(figures: Figures) -> list[float | None]:
    """None where nothing was decided: nothing is said of how fast."""
    return [getattr(figures, name) for name in COLUMNS]
