"""Personnel files of the demo's cast: in order, one training about to lapse, one contractor."""

from datetime import date, datetime, timedelta

from anxin.demo.cast import Staff
from anxin.kernel.actors import SYSTEM
from anxin.kernel.workdays import day_of
from people import api as people
from people.api import Item

CONTRACTOR, FIRM, ESCORT = "fangke", "栖原系统集成（演示）", "weilan"
LAPSES_SOON = ("linan", Item.EMERGENCIES)
TRAINED_ALMOST_A_YEAR_AGO = timedelta(days=365 - 20)
ENGAGED, PROVED, CHECKED, TRAINED = (timedelta(days=days) for days in (730, 360, 700, 150))
READ = frozenset({Item.CPS_READ, Item.MANUALS_READ})
CHECKS = frozenset(
    {Item.IDENTITY, Item.EDUCATION, Item.CURRICULUM, Item.EARLIER_WORK, Item.HONESTY}
)


def file_of(one: Staff, person_id: int, *, at: datetime) -> None:
    """Open the file of somebody just hired; their escort was hired before."""
    today = day_of(at)
    contractor = one.login == CONTRACTOR
    people.open_file(
        person_id,
        engaged_on=today - ENGAGED,
        contractor=contractor,
        employer=FIRM if contractor else "",
        escort_id=people.staff_matching(ESCORT)[0] if contractor else None,
        actor=SYSTEM,
        at=at,
    )
    for item in Item:
        people.note_finding(
            person_id,
            item,
            passed=True,
            on=_day(one, item, today),
            version="1.0" if item in READ else "",
            reference="" if item in READ else f"RS-{one.number}",
            actor=SYSTEM,
            at=at,
        )


def _day(one: Staff, item: Item, today: date) -> date:
    if item is Item.PROBATION:
        return today - PROVED
    if item in CHECKS:
        return today - CHECKED
    soon = (one.login, item) == LAPSES_SOON
    return today - (TRAINED_ALMOST_A_YEAR_AGO if soon else TRAINED)
