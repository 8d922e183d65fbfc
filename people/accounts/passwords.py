"""The password policy, as one of Django's password validators (CPS 6.5.1)."""

from typing import Any

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from people.accounts import queries, rules
from people.wording import WORDING


class PasswordPolicy:
    """Length, letters, digits, special characters, and none of the last ones again."""

    def validate(self, password: str, user: Any = None) -> None:
        codes = rules.faults(password)
        if not codes and user is not None and user.pk and _used_before(user, password):
            codes = ["password.used_before"]
        if codes:
            raise ValidationError(
                [ValidationError(WORDING[code] % rules.NUMBERS, code) for code in codes]
            )

    def get_help_text(self) -> str:
        return (
            _(
                "至少 %(length)d 个字符，包含字母、数字和特殊字符；%(days)d 天更换一次，"
                "不能用最近 %(former)d 次的密码。"
            )
            % rules.NUMBERS
        )


def _used_before(user: Any, password: str) -> bool:
    hashes = [user.password, *queries.former_hashes(user.pk)][: rules.REMEMBERED]
    return any(check_password(password, encoded) for encoded in hashes)
