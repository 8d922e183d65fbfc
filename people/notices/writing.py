"""The words of a mail to staff: that there is something, and the page on which it is read."""

from functools import partial

from django.conf import settings
from django.urls import NoReverseMatch, reverse

from anxin.kernel.mail import Message, bilingual
from people.notices import wording
from people.notices.models import StaffNotice
from people.notices.rules import PAGES, Event


def message(row: StaffNotice) -> Message:
    return bilingual(row.to, partial(_said, Event(row.event)))


def _said(event: Event) -> tuple[str, list[str]]:
    said = [wording.TEXTS[event], wording.ADDRESS, wording.WARNING]
    return str(wording.SUBJECTS[event]), [str(one) % {"url": _address(event)} for one in said]


def _address(event: Event) -> str:
    try:
        return f"{settings.STAFF_URL}{reverse(PAGES[event])}"
    except NoReverseMatch:  # a house that is not on this site
        return f"{settings.STAFF_URL}/"
