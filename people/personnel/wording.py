"""Names people read of what is done about people."""

from django.utils.translation import gettext_lazy as _

from people.personnel.rules import Act, Cause

ACTS = {
    Act.APPOINT: _("授予岗位"),
    Act.DISMISS: _("解除岗位"),
    Act.REINSTATE: _("恢复岗位"),
    Act.ENROL_KEY: _("启用操作员密钥"),
    Act.OPEN_ACCOUNT: _("启用账号"),
    Act.ENROL: _("发放登录凭据"),
}

CAUSES = {
    Cause.SUSPECTED: _("怀疑有未授权的操作"),
    Cause.ESTABLISHED: _("已查明有未授权的操作"),
    Cause.TOKEN_LOST: _("动态口令器或操作卡可能落入他人之手"),
}
