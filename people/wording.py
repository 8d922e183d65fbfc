"""Sentences for this house's rules: rule code -> msgid (see `anxin/wording.py`)."""

from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from people.sessions.rules import Alarm
from people.trust.roles import Duty, Role
from people.trust.rules import Grade, Item, State

ITEMS = {
    Item.IDENTITY: _("身份证明核实"),
    Item.EDUCATION: _("学历、学位和资格证书核实"),
    Item.CURRICULUM: _("教育、培训经历核实"),
    Item.EARLIER_WORK: _("以往工作记录核实"),
    Item.HONESTY: _("有无严重不诚实行为"),
    Item.PROBATION: _("考察期考核"),
    Item.PKI_BASICS: _("培训：PKI 基础"),
    Item.DUTIES: _("培训：工作职责"),
    Item.PROCEDURES: _("培训：安全和操作策略及程序"),
    Item.SYSTEMS: _("培训：相关硬件和软件"),
    Item.EMERGENCIES: _("培训：紧急事件的报告和处理"),
    Item.RECOVERY: _("培训：灾难恢复程序"),
    Item.CPS_READ: _("阅读：CPS"),
    Item.MANUALS_READ: _("阅读：技术手册和业务流程"),
}

WORDING = {
    # gates
    "gate.not_signed_in": _("登录已经失效。请重新登录，未提交的内容没有保存。"),
    "gate.other_role": _("这个页面不属于您的岗位。没有任何改动；这次访问已记入审计日志。"),
    # trusted roles
    "trust.incompatible_roles": _(
        "一个人不能同时担任这两个互斥的岗位。没有任何改动，请安全管理员核对岗位任命。"
    ),
    "trust.office_needed": _(
        "这个岗位属于某个注册机构（CPS %(cps)s），此人没有所属机构。没有任何改动。"
    ),
    "trust.headquarters": _("这个岗位只由总部人员担任（CPS %(cps)s），此人属于某个机构。"),
    "trust.appointed_already": _("此人已经担任这个岗位。没有任何改动。"),
    "trust.not_appointed": _("此人没有担任这个岗位。没有任何改动。"),
    **{
        f"trust.{item}": format_lazy("{}{}", ITEMS[item], _("：没有在有效期内的合格记录。"))
        for item in Item
    },
    "trust.probation": _("考察期考核：这个岗位须考察满 %(months)s 个月并考核合格。"),
    "trust.escort": _("合约人须由一位在岗的本单位人员陪同进入敏感区域（CPS %(cps)s）。"),
    "trust.no_contractor": _("此人不是合约人，不需要陪同人员。没有任何改动。"),
    "trust.no_file": _("此人没有人员档案，不能担任可信岗位。没有任何改动，请先建立档案。"),
    "trust.file_already": _("此人已有档案。没有任何改动。"),
    "trust.suspended": _("此人已停职，岗位暂停。"),
    "trust.left": _("此人已离职。没有任何改动。"),
    "trust.not_a_keeper": _("您的岗位不管理人员档案。没有任何改动。"),
    "trust.own_file": _("不能办理与自己有关的人员事项，须由另一位同事办理。没有任何改动。"),
    "trust.approval_needed": _("授予和解除岗位须由两人办理（CPS %(cps)s）。没有任何改动。"),
    "trust.two_vouch": _("须由另外两位不同职责的在岗人员共同担保（CPS %(cps)s）。没有任何改动。"),
    "trust.others_decide": _("还有在岗人员担任这个岗位，请按两人审批办理（CPS %(cps)s）。"),
    "trust.rotation_day": _("写了接任人，就要写轮换日期。没有任何改动。"),
    "trust.rotation_past": _("轮换日期要在今天以后。没有任何改动。"),
    "trust.relief": _("接任人须是另一位在岗人员。没有任何改动。"),
    "trust.day_to_come": _("日期不能晚于今天。"),
    "trust.other_number": _("输入的工号与此人不符。没有任何改动。"),
    "people.no_such_person": _("没有这位工作人员。没有任何改动，请核对工号。"),
    "people.login_taken": _("登录名或工号已被使用。没有任何改动，请换一个。"),
    # approvals
    "approval.not_a_maker": _("您的岗位不能提交这项申请。没有任何改动。"),
    "approval.not_a_checker": _("您的岗位不能审批这项申请。没有任何改动。"),
    "approval.own_work": _("不能审批自己提交的内容，须由另一位同事审批。没有任何改动。"),
    "approval.voted_already": _("您已经表过态，须由另一位同事继续审批。没有任何改动。"),
    "approval.closed": _("这项审批已经有结果，您的意见没有记入。请刷新页面再看。"),
    "approval.expired": _("这项审批已超过时限，您的意见没有记入。如仍需办理，请重新提交。"),
    "approval.seen_something_else": _(
        "审批的内容在您打开页面之后变了，您的意见没有记入。请刷新页面，核对新的内容。"
    ),
    "approval.proposed_already": _("同样的申请正在审批中。没有任何改动，请等待审批结果。"),
    "approval.other_act": _("要做的事与审批通过的内容不一致，已被拒绝。没有任何改动。"),
    "approval.unknown": _("没有这项审批。没有任何改动，请刷新页面再看。"),
    "approval.page_of_its_own": _("这项审批在它自己的页面上办理。没有任何改动。"),
    "approval.key_needed": _(
        "审批须用操作员密钥签名（CPS %(cps)s），您还没有启用的密钥。您的意见没有记入，"
        "请先在“我的岗位”生成密钥并请安全管理员提请启用。"
    ),
    "approval.signature_missing": _(
        "您的审批须用操作员密钥签名（CPS %(cps)s）。您的意见没有记入，"
        "请用保存密钥的那个浏览器打开此页，并启用 JavaScript。"
    ),
    "approval.signature_wrong": _(
        "签名不对：不是您启用的密钥，或者不是对这项内容所签。您的意见没有记入，请刷新页面再试。"
    ),
    "keys.needed": _(
        "这一步须用操作员密钥签名（CPS %(cps)s），您没有在用的密钥。没有任何改动，"
        "请先在“操作员密钥”页生成密钥并请安全管理员提请启用。"
    ),
    "keys.uncertified": _(
        "提请或审批的人没有有效的操作员证书，系统不会为这样启用的密钥签发证书（CPS %(cps)s）。"
        "没有任何改动，原来的密钥照常使用；请由证书有效的人提请、审批。"
    ),
    "keys.not_signed": _(
        "这一步须用操作员密钥签名（CPS %(cps)s）。没有任何改动，"
        "请用保存密钥的那个浏览器打开此页，并启用 JavaScript。"
    ),
    "keys.signed_wrong": _(
        "签名不对：不是您启用的密钥，不是对这项内容所签，或页面已经打开太久。没有任何改动，"
        "请刷新页面再试。"
    ),
    "keys.unfit": _("这不是可用的 P-256 公钥。没有任何改动。"),
    "keys.proof": _("密钥没有证明由本人持有。没有任何改动，请重新生成。"),
    "keys.known": _("这个密钥已经登记过。没有任何改动，请重新生成。"),
    "keys.unknown": _("没有这个密钥。没有任何改动，请刷新页面再看。"),
    "keys.nobody": _("操作员密钥只属于工作人员本人。没有任何改动。"),
    "approval.why_not": _("请写明不同意的理由。"),
    # sign-in
    "sign_in.refused": _(
        "登录名、密码或动态口令不对，或者账号暂时锁定。连续 %(tries)s 次不对会锁定"
        " %(locked_minutes)s 分钟。"
    ),
    "sign_in.too_late": _("输入密码后过了太久。请重新输入登录名和密码。"),
    "sessions.proof_old": _("上次验证身份已经超过 %(minutes)s 分钟。没有任何改动，请重新验证。"),
    "factors.not_granted": _(
        "没有待领取的内容，或者已过期。没有任何改动，请安全管理员提请、CA 系统管理员同意后再办。"
    ),
    "factors.too_many_keys": _("每人最多 %(most)s 把安全密钥。没有任何改动，请先停用一把。"),
    "factors.not_yours": _("这一项由另一个岗位交付（CPS %(cps)s）。没有任何改动。"),
    "factors.key_unknown": _("这把安全密钥的应答不能证明什么，没有登记。请再试一次。"),
    "factors.no_such_key": _("没有这把安全密钥。没有任何改动，请刷新页面再看。"),
    "people.account_open": _("此人的账号已经启用。没有任何改动。"),
    "people.account_closed": _("此人的账号没有启用。没有任何改动，请先提请启用账号。"),
    "sessions.unknown": _("那里的登录已经结束。没有任何改动，请刷新页面再看。"),
    "people.no_such_language": _("没有这种语言。没有任何改动。"),
    # passwords
    "password.wrong": _("现在的密码不对，密码没有改动。"),
    "password.too_short": _("密码太短，至少 %(length)s 个字符。"),
    "password.no_letter": _("密码里要有字母。"),
    "password.no_digit": _("密码里要有数字。"),
    "password.no_special": _("密码里要有特殊字符，例如 # 或 %%。"),
    "password.used_before": _("不能用最近 %(former)s 次用过的密码。"),
    "password.password_too_common": _("这个密码太常见，请换一个。"),
}

ALARMS = {
    Alarm.NEW_BROWSER: _("在一个没有见过的浏览器上登录"),
    Alarm.RECOVERY_USED: _("用备用码登录"),
    Alarm.DEVICE_ENROLLED: _("登记了新的动态口令器"),
    Alarm.KEY_ADDED: _("登记了新的安全密钥"),
    Alarm.PASSWORD_RENEWED: _("发放了新的初始密码"),
    Alarm.CEREMONY: _("密钥仪式中有一步没有签名可以证明，系统没有执行；请查看密钥仪式和日志"),
    Alarm.PARTNER_KEY: _("发放了以您为责任受理员的接口密钥"),
}

ROLES = {
    Role.OPERATOR: _("证书业务受理员"),
    Role.REVIEWER: _("订户信息审核员"),
    Role.CA_ADMIN: _("CA 系统管理员"),
    Role.SECURITY_ADMIN: _("CA 安全管理员"),
    Role.CA_OPERATOR: _("CA 系统操作员"),
    Role.SUPPORT: _("技术服务人员"),
    Role.CUSTODIAN: _("密钥管理员"),
    Role.AUDITOR: _("审计员"),
    Role.POLICY_MEMBER: _("安全策略委员会委员"),
    Role.FINANCE: _("财务人员"),
}

DUTIES: dict[str, Any] = {
    "money": _("财务"),
    Duty.BUSINESS: _("业务处理"),
    Duty.SUBSCRIBER_DATA: _("订户资料管理"),
    Duty.MAINTENANCE: _("系统维护"),
    Duty.KEY_MANAGEMENT: _("密钥管理"),
    Duty.SECRET_SHARES: _("秘密分割持有"),
    Duty.MONEY: _("财务"),
    Duty.AUDIT: _("审计"),
}

GRADES = {
    Grade.GENERAL: _("一般岗位"),
    Grade.KEY: _("关键岗位"),
    Grade.CORE: _("核心岗位"),
}

STATES = {
    State.IN_POST: _("在岗"),
    State.SUSPENDED: _("停职"),
    State.LEFT: _("离职"),
    "": _("没有档案"),
}

APPROVAL_STATES = {
    "open": _("等待审批"),
    "granted": _("通过"),
    "used": _("通过，已执行"),
    "refused": _("不通过"),
    "withdrawn": _("已撤回"),
    "expired": _("已过期"),
}

KEY_STATES = {
    "proposed": _("待启用"),
    "active": _("使用中"),
    "suspended": _("随人停用"),
    "replaced": _("已更换"),
    "revoked": _("已吊销"),
}
