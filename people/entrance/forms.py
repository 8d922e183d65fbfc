"""Forms of the entrance: who are you, which code, which new password."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from anxin.kernel.errors import Refusal, Refusals
from people.accounts.demo import DemoAccount
from people.wording import WORDING


class RefusableForm(forms.Form):
    """A form that shows what a service refused, at the field the refusal names."""

    def refuse(self, refusal: Refusal) -> None:
        """Refusals of other houses are not about what was typed here, and go on."""
        for one in refusal.items if isinstance(refusal, Refusals) else [refusal]:
            if one.rule not in WORDING:
                raise refusal
            field = one.field if one.field in self.fields else None
            self.add_error(field, WORDING[one.rule] % one.details)


class SignInForm(RefusableForm):
    login = forms.CharField(
        label=_("登录名"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("密码"),
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    @classmethod
    def filled_in(cls, one: DemoAccount) -> "SignInForm":
        """For a person of the demo: one click is left to do."""
        form = cls(initial={"login": one.login, "password": one.password})
        form.fields["password"].widget.render_value = True
        return form


class CodeForm(RefusableForm):
    """A second factor: a code, or what a script fills in: the answer of a security key, or the
    signature of the key of one's certificate.
    """

    code = forms.CharField(
        label=_("动态口令"),
        max_length=24,
        required=False,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "autofocus": True,
                "class": "mono",
            }
        ),
    )
    answer = forms.CharField(max_length=4000, required=False, widget=forms.HiddenInput)
    certificate = forms.CharField(max_length=200, required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        shown = any(given.get(name) for name in ("code", "answer", "certificate"))
        if not shown and not self.errors:
            self.add_error("code", _("请输入动态口令。"))
        return given


class AgainForm(CodeForm):
    """The second factor once more, beside the fields of another form."""

    prefix = "proof"


class EnrolmentForm(RefusableForm):
    """The code that a colleague handed over, for a device to be enrolled."""

    enrolment = forms.CharField(
        label=_("登记码"),
        max_length=24,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True, "class": "mono"}),
    )


class FirstCodeForm(CodeForm):
    """The first code of a new device."""

    first = forms.CharField(initial="1", widget=forms.HiddenInput)


def _policy() -> str:
    return " ".join(password_validators_help_texts()[:1])


class PasswordForm(RefusableForm):
    old = forms.CharField(
        label=_("现在的密码"),
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=_("新密码"),
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=lazy(_policy, str)(),
    )
    again = forms.CharField(
        label=_("再输一次新密码"),
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "new" in given and "again" in given and given["new"] != given["again"]:
            self.add_error("again", _("两次输入的新密码不一样。"))
        return given
