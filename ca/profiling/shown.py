"""What a member of the committee reads before agreeing to a change of a profile (CPS 1.5.2)."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from anxin.kernel.actors import Actor
from ca.profiles.naming import NAMES
from ca.profiling.queries import compared
from people.api import Shown


def calling_off(payload: dict[str, Any], **_reader: Actor) -> Shown:
    code, version = payload["code"], payload["version"]
    rows = (
        (_("证书模板"), str(NAMES[code])),
        (_("撤回的版本"), _("第 %(n)s 版，现行版本继续有效") % {"n": version}),
        (_("原因"), payload["reason"]),
        (_("模板内容摘要（SM3）"), payload["digest"]),
    )
    return Shown(
        f"{NAMES[code]!s} {version}", rows, reverse("profile-version", args=[code, version])
    )


def _versions(base: int, version: int) -> str:
    if not base:
        return _("新设，第 %(version)s 版") % {"version": version}
    return _("第 %(base)s 版改为第 %(version)s 版") % {"base": base, "version": version}


def change(payload: dict[str, Any], **_reader: Actor) -> Shown:
    code, version, base = payload["code"], payload["version"], payload["base"]
    rows = [
        (_("证书模板"), str(NAMES[code])),
        (_("版本"), _versions(base, version)),
        (_("生效日期"), payload["valid_from"] or _("通过后立即生效")),
        (_("原因"), payload["reason"]),
    ]
    for field, gone, new in compared(code, base, version):
        if gone:
            rows.append((_("%(field)s：去掉") % {"field": field}, _("、").join(gone)))
        if new:
            rows.append((_("%(field)s：增加") % {"field": field}, _("、").join(new)))
    rows.append((_("模板内容摘要（SM3）"), payload["digest"]))
    about = f"{NAMES[code]} {version}"
    return Shown(about, tuple(rows), reverse("profile-version", args=[code, version]))
