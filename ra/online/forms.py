"""Forms of applying online, and of the counter that takes in."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ra.intake.forms import BY_MESSAGE, DraftForm, RequestForm
from ra.intake.rules import REQUEST_MOST
from ra.online import rules
from ra.online.wording import REASONS
from ra.procedures.forms import SignedForm
from ra.requests.rules import NOTE_MOST
from ra.revocations.rules import Asker, questions_for
from ra.revocations.wording import CAUSE_QUESTIONS, CHECKED_HOW
from ra.verifications.rules import IDENTIFIED


class AgreedTo(forms.CheckboxInput):
    """A box that says which version was on the page when it was ticked."""

    def __init__(self, version: str) -> None:
        super().__init__(check_test=lambda given: bool(given) and given == version)
        self.version = version

    def format_value(self, _value: Any) -> str:
        return self.version

    def value_from_datadict(self, data: Mapping[str, Any], _files: Any, name: str) -> Any:
        return data.get(name, "")


def _agreed(version: str) -> forms.CharField:
    """`version`: of the agreement in force, which is a step away; "": none is published."""
    link = ""
    if version:
        address = reverse("portal-publication", args=["agreement", version])
        link = format_html('<a href="{}" target="_blank">{}</a>', address, _("阅读订户协议"))
    label = format_lazy(_("我已阅读并同意订户协议（版本 {version}）"), version=version)
    return forms.CharField(
        label=label, help_text=link, required=False, widget=AgreedTo(version), max_length=20
    )


def _by_message() -> forms.BooleanField:
    return forms.BooleanField(label=BY_MESSAGE, required=False)


def _request() -> forms.Field:
    """The counter's; without one it is refused beside all else that is wrong, not before it."""
    field = deepcopy(RequestForm.base_fields["request"])
    field.required = False
    field.asked = True  # type: ignore[attr-defined]  # forms/field.html
    field.help_text = _("由您的介质或软件生成，含公钥和签名，不含私钥。")
    return field


class ApplyForm(DraftForm):
    """The counter's fields, and what the operator would ask for aloud."""

    office = forms.ChoiceField(label=_("受理点"))
    by_message = _by_message()

    def __init__(
        self, *args: Any, offices: Sequence[tuple[str, str]], agreement: str, **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self.fields["agreed"] = _agreed(agreement)
        self.fields.pop("distinguisher", None)
        self.fields["request"] = _request()
        office = self.fields["office"]
        assert isinstance(office, forms.ChoiceField)
        office.choices = list(offices)

    def groups(self) -> list[tuple[object, list[forms.BoundField]]]:
        own = [self[code] for code in ("request", "office", "agreed", "by_message")]
        *said, (heading, fields) = super().groups()
        return [*said, (heading, [*fields, *own])]


class CorrectForm(forms.Form):
    message = forms.CharField(
        label=_("补正说明"),
        required=False,
        max_length=rules.LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("要更正的内容写在这里，例如正确的姓名写法。材料在下一步上传。"),
    )
    request = forms.CharField(
        label=_("新的证书请求（需要更换时）"),
        required=False,
        max_length=REQUEST_MOST,
        widget=forms.Textarea(attrs={"rows": 6, "class": "mono", "spellcheck": "false"}),
    )


class RenewForm(SignedForm):
    """The counter's form for a signed request, and the agreement."""

    def __init__(self, *args: Any, agreement: str, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["agreed"] = _agreed(agreement)
        self.fields["by_message"] = _by_message()


class AskForm(forms.Form):
    """What the holder asks of a certificate; a revocation needs its cause and when it began."""

    cause = forms.ChoiceField(
        label=_("发生了什么"),
        choices=[(q.cause, CAUSE_QUESTIONS[q.cause]) for q in questions_for(Asker.SUBSCRIBER)],
        widget=forms.RadioSelect,
    )
    discovered_at = forms.DateTimeField(
        label=_("何时发现"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    note = forms.CharField(
        label=_("情况说明"),
        max_length=NOTE_MOST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("写明理由，以及受理点核实身份时怎样联系您。"),
    )

    def __init__(self, purpose: str, data: QueryDict | None) -> None:
        super().__init__(data)
        if purpose != rules.Purpose.REVOKE:
            del self.fields["cause"], self.fields["discovered_at"]


class IdentifiedForm(forms.Form):
    checked_how = forms.ChoiceField(
        label=_("怎样核对提出人的身份"),
        choices=[(how, CHECKED_HOW[how]) for how in CHECKED_HOW if how in IDENTIFIED],
    )


class FileForm(forms.Form):
    slot = forms.CharField(max_length=40)
    file = forms.FileField()


class RefuseForm(forms.Form):
    reason = forms.ChoiceField(label=_("不受理原因"), choices=list(REASONS.items()))
