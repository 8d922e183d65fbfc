"""Trusted roles (CPS 5.2.1), and which may not meet in one person (CPS 5.2.4). Pure."""

from collections.abc import Collection
from enum import StrEnum
from itertools import combinations

from anxin.kernel.errors import Kind, Refusal


class Role(StrEnum):
    """CPS 5.2.1; the names people read are in `people/wording.py`."""

    OPERATOR = "operator"  # certificate business operator 证书业务受理员
    REVIEWER = "reviewer"  # subscriber information reviewer 订户信息审核员
    CA_ADMIN = "ca_admin"  # CA system administrator CA 系统管理员
    SECURITY_ADMIN = "security_admin"  # CA security administrator CA 安全管理员
    CA_OPERATOR = "ca_operator"  # CA system operator CA 系统操作员
    SUPPORT = "support"  # technical support 技术服务人员
    CUSTODIAN = "custodian"  # key custodian 密钥管理员, holds one share
    AUDITOR = "auditor"  # auditor 审计员
    POLICY_MEMBER = "policy_member"  # member of the policy committee 安全策略委员会委员
    FINANCE = "finance"  # finance 财务人员


class Duty(StrEnum):
    """The groups of work that CPS 5.2.4 keeps apart."""

    BUSINESS = "business"  # 证书申请、更新、注销等业务处理人员
    SUBSCRIBER_DATA = "subscriber_data"  # 订户资料管理人员
    MAINTENANCE = "maintenance"  # 认证和注册系统维护人员
    KEY_MANAGEMENT = "key_management"  # 密钥管理人员
    SECRET_SHARES = "secret_shares"  # noqa: S105 -- 秘密分割持有者
    AUDIT = "audit"  # who reads the records makes none of them (CPS 8.3)
    MONEY = "money"  # who takes it neither enters nor approves (the house's own; CPS 9.1)


DUTY_OF: dict[Role, Duty] = {  # CPS 5.2.4
    Role.OPERATOR: Duty.BUSINESS,
    Role.REVIEWER: Duty.SUBSCRIBER_DATA,
    Role.CA_ADMIN: Duty.MAINTENANCE,
    Role.CA_OPERATOR: Duty.MAINTENANCE,
    Role.SUPPORT: Duty.MAINTENANCE,
    Role.SECURITY_ADMIN: Duty.KEY_MANAGEMENT,
    Role.CUSTODIAN: Duty.SECRET_SHARES,
    Role.AUDITOR: Duty.AUDIT,
    Role.FINANCE: Duty.MONEY,
}

# Who takes in and reviews applications does so for one RA (CPS 1.4.2); other roles need no office.
BOUND_TO_AN_OFFICE = frozenset({Role.OPERATOR, Role.REVIEWER})

# These see and act on everybody, so nobody of a partner's office has them (CPS 5.2.1).
OF_HEADQUARTERS = frozenset(
    {Role.CA_ADMIN, Role.SECURITY_ADMIN, Role.CA_OPERATOR, Role.CUSTODIAN, Role.AUDITOR}
)

# Two roles of different duties never meet in one person; roles without a duty go with any.
INCOMPATIBLE: frozenset[frozenset[Role]] = frozenset(
    frozenset(pair)
    for pair in combinations(Role, 2)
    if len({DUTY_OF[role] for role in pair if role in DUTY_OF}) > 1
)


def check_office(role: Role, office: str) -> None:
    """Refuses to give somebody of no office a role that is bound to one."""
    if role in BOUND_TO_AN_OFFICE and not office:
        raise Refusal(
            Kind.INVALID, "trust.office_needed", f"{role} belongs to an office", cps="1.4.2"
        )


def conflicts(roles: Collection[str]) -> list[tuple[Role, Role]]:
    """The pairs among these roles that CPS 5.2.4 keeps apart."""
    return [
        (one, other)
        for one, other in combinations(Role, 2)
        if {one, other} <= set(roles) and frozenset({one, other}) in INCOMPATIBLE
    ]


def check_compatible(roles: Collection[str]) -> None:
    """Refuses when one person holds two roles that CPS 5.2.4 keeps apart."""
    for pair in conflicts(roles):
        raise Refusal(
            Kind.FORBIDDEN,
            "trust.incompatible_roles",
            f"{pair[0]} and {pair[1]} may not be one person",
            cps="5.2.4",
            roles=pair,
        )
