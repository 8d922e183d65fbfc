"""What is to be destroyed, in words, for the page of approvals."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from anxin.kernel.actors import Actor
from people.api import Shown


def destruction(payload: dict[str, Any], **_reader: Actor) -> Shown:
    rows = [
        (number, _("证书或申请于 %(day)s 结束") % {"day": day})
        for number, day in payload["applications"]
    ]
    about = _("%(n)s 件申请的资料") % {"n": len(rows)}
    return Shown(about, tuple(rows), reverse("retention"))
