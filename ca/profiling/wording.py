"""Words for profiles: what a version says, line by line."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from ca import wording as ca
from ca.profiles.rules import Profile
from pki import extensions

STATES = {
    "proposed": _("待审批"),
    "agreed": _("已同意，待生效"),
    "in_force": _("现行"),
    "replaced": _("已被取代"),
    "dropped": _("未采用"),
}
KINDS = {  # CPS 1.5.1
    "personal": _("个人证书"),
    "organization": _("机构证书"),
    "device": _("设备证书"),
    "scenario": _("场景型证书"),
    "cloud": _("云应用证书"),
    "staff": _("操作员证书（内部）"),
    "measurement": _("性能测量证书（内部）"),
}
FIELDS = {
    "kind": _("证书种类"),
    "issuer": _("颁发者"),
    "key_algorithm": _("密钥算法"),
    "years": _("年限"),
    "attributes": _("主体名称"),
    "names": _("域名或 IP"),
    "key_usage": _("密钥用法"),
    "purposes": _("增强型密钥用法"),
    "policy": _("证书策略（末段）"),
    "extensions": _("国标扩展"),
    "private": _("专用扩展"),
    "publication": _("发布"),
    "offered": _("受理"),
    "reviews": _("审核人数"),
    "evidence": _("证明材料"),
    "titles": _("名称"),
    "basis": _("据以新设的模板"),
    "retired": _("停用"),
}
SELDOM = ("titles", "basis", "retired")  # not a word of them where there is nothing to say
FORMS = {
    "new": _("新 OID（GB/T 20518-2018）"),
    "old": _("旧 OID（1.2.86.11.7）"),
    "both": _("新旧 OID 都写"),
}
PUBLICATION = {
    "general": _("发布到目录服务，任何人可以查询"),
    "never": _("不发布"),
}
WHEN = {
    "always": pgettext_lazy("when", "都要"),
    "two_sided": pgettext_lazy("when", "证件有两面时"),
    "proxy": pgettext_lazy("when", "由他人代办时"),
    "employed": pgettext_lazy("when", "写明单位时"),
    "company": pgettext_lazy("when", "由单位负责时"),
    "domain": pgettext_lazy("when", "有域名时"),
    "address": pgettext_lazy("when", "有 IP 地址时"),
}


def words(profile: Profile) -> dict[str, tuple[str, ...]]:
    """What a version says: field -> lines, in the order of the page."""
    found = {field: tuple(read(profile)) for field, read in _READ.items()}
    return {field: said for field, said in found.items() if said or field not in SELDOM}


def _pairs(pairs: Mapping[str, bool]) -> list[str]:
    return [
        gettext("%(name)s 必须有") % {"name": name}
        if must
        else gettext("%(name)s 可以有") % {"name": name}
        for name, must in pairs.items()
    ]


def _national(profile: Profile) -> list[str]:
    return [f"{ca.NATIONAL[what]}，{FORMS[form]}" for what, form in profile.extensions]


def evidence_line(code: str, when: str) -> str:
    """A document, and when it is asked for."""
    return f"{ca.EVIDENCE[code]}（{WHEN[when]}）"


def _reviewers(profile: Profile) -> list[str]:
    return [gettext("%(n)s 人审核") % {"n": profile.reviews}]


_READ: dict[str, Callable[[Profile], list[str]]] = {
    "kind": lambda one: [str(KINDS[one.kind])],
    "issuer": lambda one: [one.issuer],
    "key_algorithm": lambda one: [one.key_algorithm.upper()],
    "years": lambda one: [gettext("%(years)s 年") % {"years": years} for years in one.years],
    "attributes": lambda one: _pairs(one.attributes),
    "names": lambda one: [gettext("必须有，其一写入主体名称") if one.server else gettext("没有")],
    "key_usage": lambda one: [str(ca.KEY_USAGES[usage]) for usage in one.key_usage],
    "purposes": lambda one: [str(ca.PURPOSES[extensions.PURPOSES[u]]) for u in one.purposes],
    "policy": lambda one: [one.policy],
    "extensions": _national,
    "private": lambda one: [f"{oid} {text}" for oid, text in one.private],
    "publication": lambda one: [str(PUBLICATION[one.publication])],
    "offered": lambda one: [gettext("受理") if one.offered else gettext("不受理")],
    "reviews": _reviewers,
    "evidence": lambda one: [evidence_line(code, when) for code, when in one.evidence],
    "titles": lambda one: [text for _language, text in one.titles],
    "basis": lambda one: [str(ca.PROFILES[one.basis])] if one.basis else [],
    "retired": lambda one: [gettext("不再接受新的申请和订单")] if one.retired else [],
}
