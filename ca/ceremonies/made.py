"""What a step has made, in words, for those who are about to attest it."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ca.ceremonies.wording import UNLIMITED
from ca.hierarchy import links
from ca.keeping.rules import Act
from ca.wording import MODELS, SIGNATURES
from pki import certificates, names, publickeys, requests
from pki.certificates import Certificate

_FACTS = ("model", "serial", "label")  # of a device, as it names them


def told(code: str, result: bytes) -> tuple[tuple[str, str], ...]:
    """(what, value); empty for other steps, and before the act is done."""
    if not result:
        return ()
    if code in _WRITTEN:
        return tuple(_WRITTEN[code](json.loads(result)))
    return tuple(_MADE[code](result)) if code in _MADE else ()


def _key(spki: bytes) -> Iterator[tuple[str, str]]:
    key = publickeys.parse(spki)
    yield (
        _("公钥算法"),
        _("%(algorithm)s，%(bits)d 位")
        % {
            "algorithm": key.algorithm.upper(),
            "bits": key.bits,
        },
    )
    yield _("公钥指纹（SM3）"), key.fingerprint


def _request(der: bytes) -> Iterator[tuple[str, str]]:
    made = requests.parse(der)
    yield _("主体"), made.subject.text
    yield from _key(made.public_key.spki)


def _certificate(der: bytes) -> Iterator[tuple[str, str]]:
    yield from _said_by(certificates.parse(der))


def _certificates(one_after_the_other: bytes) -> Iterator[tuple[str, str]]:
    for one in links.split(one_after_the_other):
        yield from _said_by(one)


def _said_by(one: Certificate) -> Iterator[tuple[str, str]]:
    length = one.basic_constraints.path_length
    yield _("主体"), names.parse(one.body.subject).text
    yield _("颁发者"), names.parse(one.body.issuer).text
    yield (
        _("有效期"),
        _("%(begin)s 至 %(end)s")
        % {"begin": _moment(one.not_before), "end": _moment(one.not_after)},
    )
    yield _("路径长度"), str(UNLIMITED) if length is None else str(length)
    yield _("证书指纹（SM3）"), one.fingerprint_sm3
    yield _("公钥指纹（SM3）"), one.public_key.fingerprint


def _looked(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield _("密钥保管"), said["custody"]["en" if get_language() == "en" else "zh"]
    if device := _device(said.get("device", {})):  # records of old lack it
        yield _("设备"), device
    yield _("签名服务启动时间"), _moment(datetime.fromisoformat(said["started_at"]))


def _handed_over(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield _("开始签发"), f"{said['begins']} {said['begins_sm3']}"
    yield _("停止签发"), f"{said['ends']} {said['ends_sm3']}"


def _initialised(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield _("备用设备"), _device(said["facts"])
    checks = [one for one in said["checks"] if one["outcome"] == "passed"]
    yield _("自检"), _("%(number)d 项通过，没有失败") % {"number": len(checks)}


def _backed_up(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield _("备用设备"), _device(said["spare"])
    sealed = _("由备用设备或口令封存，没有单独的包裹密钥")
    yield _("包裹密钥的校验值"), said["kek"] or sealed
    yield _("包裹的摘要（SHA-256）"), said["copy"]
    for name, value in said.get("guard", {}).items():
        yield f"CKA_{name}", "TRUE" if value else "FALSE"


def _restored(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    signed = SIGNATURES.get(said["algorithm"], said["algorithm"])
    yield _("备用设备"), _device(said["device"])
    yield _("试签的文字"), said["statement"]
    yield _("签名"), _("已用公钥验证（%(algorithm)s）") % {"algorithm": signed}
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


_MADE: dict[str, Callable[[bytes], Iterator[tuple[str, str]]]] = {
    "make_key": _key,
    "make_responder": _key,
    "request": _request,
    "certify": _certificate,
    "subordinate": _certificate,
    "succeed": _certificate,
    "enter": _certificate,
    "link": _certificates,
}
_WRITTEN: dict[str, Callable[[Mapping[str, Any]], Iterator[tuple[str, str]]]] = {
    "device": _looked,
    "hand_over": _handed_over,
    Act.INITIALISE: _initialised,
    Act.BACKUP: _backed_up,
    Act.RESTORE: _restored,
    Act.ARCHIVE: _archived,
    Act.DESTROY: _destroyed,
}


def _moment(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}"


def _device(facts: Mapping[str, str]) -> str:
    named = {**facts, "model": str(MODELS.get(facts.get("model", ""), facts.get("model", "")))}
    return " ".join(named[name] for name in _FACTS if named.get(name))
