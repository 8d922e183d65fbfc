"""Names people read of what they prove themselves with."""

from django.utils.translation import gettext_lazy as _

from people.factors.rules import Factor

FACTORS = {
    Factor.PASSWORD: _("初始密码（忘记密码时）"),
    Factor.DEVICE: _("动态口令器（换新；旧的立即失效）"),
    Factor.KEY: _("安全密钥"),
    Factor.RECOVERY: _("备用码"),
}
