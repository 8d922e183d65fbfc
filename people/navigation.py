"""Which pages stand in whose rail."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import groupby

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from people.trust.roles import Role
from people.trust.rules import KEEPERS


@dataclass(frozen=True, slots=True)
class Page:
    """One row of the table: address by name, icon of the sprite, who has it in the rail."""

    group: str | Promise
    name: str
    icon: str
    label: str | Promise
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Entry:
    url: str
    icon: str
    label: str | Promise
    current: bool


@dataclass(frozen=True, slots=True)
class Group:
    label: str | Promise
    entries: tuple[Entry, ...]


WORK, AUTHORITY, RECORDS, SELF = _("受理与审核"), _("CA 运行"), _("审计"), _("个人")
OFFICES = _("机构")
MONEY = _("财务")
COUNTER = frozenset({Role.OPERATOR, Role.REVIEWER})
EVERYBODY = frozenset(Role)  # and who has no role yet
# ask for and decide acts
PARTIES = COUNTER | KEEPERS | {Role.FINANCE, Role.POLICY_MEMBER, Role.CUSTODIAN}
SIGNERS = PARTIES | {Role.AUDITOR}  # have a key of their own: votes, and what ceremonies attest
MACHINE_ROOM = frozenset({Role.CA_ADMIN, Role.SECURITY_ADMIN, Role.CA_OPERATOR, Role.SUPPORT})

# A role lands on its first page here.
PAGES = (
    Page(WORK, "queue", "inbox", _("待办队列"), COUNTER),
    Page(WORK, "intake", "file-plus", _("受理录入"), frozenset({Role.OPERATOR})),
    Page(WORK, "online", "upload", _("网上提交"), frozenset({Role.OPERATOR})),
    Page(WORK, "imports", "files", _("批量导入"), frozenset({Role.OPERATOR})),
    Page(WORK, "handover", "package", _("制证与发放"), frozenset({Role.OPERATOR})),
    Page(WORK, "revocations", "certificate-off", _("吊销申请"), COUNTER),
    Page(WORK, "holds", "lock", _("冻结与解冻"), COUNTER),
    Page(WORK, "disclosures", "report", _("个人信息提供"), COUNTER),
    Page(WORK, "rechecks", "checklist", _("抽查复审"), COUNTER),
    Page(WORK, "blacklist", "ban", _("不予受理名单"), COUNTER),
    Page(WORK, "search", "list-search", _("申请与证书查询"), COUNTER),
    Page(WORK, "notices", "send", _("订户通知"), frozenset({Role.OPERATOR})),
    Page(AUTHORITY, "ca-overview", "activity", _("CA 总览"), MACHINE_ROOM),
    Page(AUTHORITY, "authorities", "hierarchy", _("CA 一览"), MACHINE_ROOM),
    Page(
        AUTHORITY,
        "custody",
        "fingerprint",
        _("密钥保管与启用"),
        KEEPERS | {Role.CUSTODIAN, Role.CA_OPERATOR, Role.AUDITOR},
    ),
    Page(AUTHORITY, "devices", "server", _("密码设备"), MACHINE_ROOM),
    Page(
        AUTHORITY,
        "ceremonies",
        "key",
        _("密钥仪式"),
        frozenset({Role.SECURITY_ADMIN, Role.CA_ADMIN, Role.CUSTODIAN}),
    ),
    Page(
        AUTHORITY,
        "endings",
        "alert-triangle",
        _("密钥损害与终止"),
        KEEPERS | {Role.CA_OPERATOR},
    ),
    Page(
        AUTHORITY,
        "profiles",
        "certificate",
        _("证书模板"),
        KEEPERS | {Role.CA_OPERATOR},
    ),
    Page(AUTHORITY, "staff", "users", _("可信人员"), KEEPERS),
    Page(AUTHORITY, "role-matrix", "shield-check", _("岗位互斥"), KEEPERS),
    Page(
        OFFICES,
        "offices",
        "hierarchy",
        _("注册机构"),
        COUNTER | {Role.CA_ADMIN, Role.SECURITY_ADMIN},
    ),
    Page(
        OFFICES,
        "ca-agreements",
        "certificate",
        _("CA 互认协议"),
        frozenset({Role.CA_ADMIN, Role.SECURITY_ADMIN}),
    ),
    Page(OFFICES, "publications", "files", _("信息发布"), KEEPERS | {Role.POLICY_MEMBER}),
    Page(
        OFFICES,
        "endings",
        "alert-triangle",
        _("密钥损害与终止"),
        frozenset({Role.POLICY_MEMBER}),
    ),
    Page(OFFICES, "profiles", "certificate", _("证书模板"), frozenset({Role.POLICY_MEMBER})),
    Page(OFFICES, "statistics", "activity", _("业务统计"), COUNTER | KEEPERS),
    Page(OFFICES, "partner-keys", "key", _("接口密钥"), KEEPERS),
    Page(OFFICES, "retention", "trash", _("资料到期销毁"), KEEPERS),
    Page(MONEY, "fees", "report", _("费用"), frozenset({Role.FINANCE, Role.CA_ADMIN})),
    Page(MONEY, "invoices", "file-text", _("发票"), frozenset({Role.FINANCE})),
    Page(MONEY, "statistics", "activity", _("业务统计"), frozenset({Role.FINANCE})),
    Page(RECORDS, "audit", "list-search", _("审计日志"), frozenset({Role.AUDITOR})),
    Page(RECORDS, "profiles", "certificate", _("证书模板"), frozenset({Role.AUDITOR})),
    Page(RECORDS, "ceremonies", "key", _("密钥仪式"), frozenset({Role.AUDITOR})),
    Page(RECORDS, "devices", "server", _("密码设备"), frozenset({Role.AUDITOR})),
    Page(RECORDS, "endings", "alert-triangle", _("密钥损害与终止"), frozenset({Role.AUDITOR})),
    Page(RECORDS, "rechecks", "checklist", _("抽查复审"), frozenset({Role.AUDITOR})),
    Page(RECORDS, "statistics", "activity", _("业务统计"), frozenset({Role.AUDITOR})),
    Page(RECORDS, "publications", "files", _("信息发布"), frozenset({Role.AUDITOR})),
    Page(SELF, "approvals", "checklist", _("待我审批"), PARTIES),
    Page(SELF, "me", "user-circle", _("我的岗位"), EVERYBODY),
    Page(SELF, "password", "key", _("修改密码"), EVERYBODY),
)


def groups_for(roles: Collection[str], here: str) -> tuple[Group, ...]:
    """The rail for these roles, with the page at path `here` marked."""
    found = list(_pages_for(roles))
    marked = max((url for _page, url in found if here.startswith(url)), key=len, default="")
    return tuple(
        Group(
            label=label,
            entries=tuple(Entry(url, page.icon, page.label, url == marked) for page, url in rows),
        )
        for label, rows in groupby(found, key=lambda row: row[0].group)
    )


def first_page(roles: Collection[str]) -> str:
    """Address of the first page in the rail of these roles; everybody's own when they have none."""
    return next((url for _page, url in _pages_for(roles)), reverse("me"))


def _pages_for(roles: Collection[str]) -> Iterator[tuple[Page, str]]:
    for page in PAGES:
        if page.roles == EVERYBODY or page.roles & set(roles):
            try:
                yield page, reverse(page.name)
            except NoReverseMatch:
                continue  # a house that is not on this site
