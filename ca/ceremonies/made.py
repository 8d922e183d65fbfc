"""What a step with a device has made, in words, for those who are about to attest it."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from ca.keeping.rules import Act

_FACTS = ("model", "serial", "label")  # of a device, as it names them


def told(code: str, result: bytes) -> tuple[tuple[str, str], ...]:
    """(what, value); empty for other steps, and before the act is done."""
    if not result or code not in _TOLD:
        return ()
    return tuple(_TOLD[code](json.loads(result)))


def _initialised(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield _("备用设备"), _device(said["facts"])
    checks = [one for one in said["checks"] if one["outcome"] == "passed"]
    yield _("自检"), _("%(number)d 项通过，没有失败") % {"number": len(checks)}


def _backed_up(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield _("备用设备"), _device(said["spare"])
    sealed = _("由备用设备或口令封存，没有单独的包裹密钥")
    yield _("包裹密钥的校验值"), said["kek"] or sealed
    yield _("包裹的摘要（SHA-256）"), said["copy"]


def _restored(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield _("备用设备"), _device(said["device"])
    yield _("试签的文字"), said["statement"]
    yield _("签名"), _("已用公钥验证（%(algorithm)s）") % {"algorithm": said["algorithm"]}
    yield _("之后"), _("密钥留在备用设备") if said["kept"] else _("密钥已从备用设备删除")


def _archived(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield _("保存到"), said["keep_until"][:10]
    yield from _of_helpers(said, _("不能再用它签名"))


def _destroyed(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    names = {"first": _("设备"), "second": _("备用设备")}
    for place, left in said["remains"].items():
        yield names[place], "、".join(left) or _("按标签和公钥都查不到")
    yield from _of_helpers(said, _("按标签和公钥都查不到"))


def _of_helpers(said: Mapping[str, Any], word: str) -> Iterator[tuple[str, str]]:
    for place in said.get("helpers", ()):
        yield _("协助签名服务 %(n)s") % {"n": place}, word


_TOLD: dict[str, Callable[[Mapping[str, Any]], Iterator[tuple[str, str]]]] = {
    Act.INITIALISE: _initialised,
    Act.BACKUP: _backed_up,
    Act.RESTORE: _restored,
    Act.ARCHIVE: _archived,
    Act.DESTROY: _destroyed,
}


def _device(facts: Mapping[str, str]) -> str:
    return " ".join(facts[name] for name in _FACTS if facts.get(name))
