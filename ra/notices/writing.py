"""The words of a notice: in Chinese and then in English, made when the event happens."""

from collections.abc import Mapping, Sequence
from functools import partial

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import override

from anxin.kernel.mail import Message, bilingual
from ra.notices import wording
from ra.notices.rules import Channel, Event


def message(
    event: Event,
    channel: Channel,
    to: str,
    blanks: Mapping[str, object],
    lines: Sequence[str | Promise],
) -> Message:
    """`blanks` fill the sentences, `lines` (such as coded reasons) follow them."""
    if channel == Channel.SMS:
        with override("zh-hans"):
            subject, chinese = _said(event, blanks, lines)
        return Message(to, "", "".join([subject, "。", *chinese[1:2]]))
    return bilingual(to, partial(_said, event, blanks, lines))


def about_ending(kind: str, *, authority: str, ends_on: str, place: str) -> str:
    """What subscribers are told of the end of an authority, in Chinese, for who agrees to it."""
    blanks = ending_blanks(authority, ends_on, place) | {"number": "…"}
    with override("zh-hans"):
        subject, text = wording.SUBJECTS[Event(kind)], wording.TEXTS[Event(kind)]
        return f"{str(subject) % blanks}\n\n{str(text) % blanks}"


def ending_blanks(authority: str, ends_on: str, place: str) -> dict[str, object]:
    return {"authority": authority, "due": ends_on, "notice": f"{settings.PUBLIC_URL}{place}"}


def _said(
    event: Event, blanks: Mapping[str, object], lines: Sequence[str | Promise]
) -> tuple[str, list[str]]:
    asked = [wording.GREETING, wording.TEXTS[event], wording.CLOSING, wording.WARNING]
    said = [str(sentence) % blanks for sentence in asked]
    listed = "\n".join(f"· {line}" for line in lines)
    return str(wording.SUBJECTS[event]) % blanks, said[:2] + [listed] * bool(lines) + said[2:]
