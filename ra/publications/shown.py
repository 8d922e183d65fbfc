"""What a member of the committee reads before agreeing (CPS 2.3)."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from anxin.kernel.actors import Actor
from people.api import Shown
from ra.publications.wording import KINDS


def publication(payload: dict[str, Any], **_reader: Actor) -> Shown:
    about = f"{KINDS[payload['kind']]} {payload['version']}"
    rows = (
        (_("标题"), payload["title"]),
        (_("版本"), payload["version"]),
        (_("生效日期"), payload["valid_from"]),
        (_("文件摘要（SM3）"), payload["digest"]),
    )
    return Shown(about, rows, reverse("publication", args=[payload["publication_id"]]))
