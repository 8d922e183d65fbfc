"""Forms about offices. They carry; `branches.rules` judges."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ca.api import PROFILES, profiles
from ra.branches.queries import OfficeView
from ra.branches.wording import OFFICE_KINDS

DAY = forms.DateInput(attrs={"type": "date"})


def _choices(offices: Sequence[OfficeView]) -> list[tuple[str, str]]:
    return [(one.code, f"{one.code} {one.name}") for one in offices]


class OfficeForm(forms.Form):
    """A new office; `above`: where it may be put."""

    code = forms.CharField(
        label=_("机构代码"),
        max_length=20,
        help_text=_("2 至 20 位大写字母、数字、短横线；不能改。"),
    )
    name = forms.CharField(label=_("机构名称"), max_length=60)
    kind = forms.ChoiceField(label=_("类型"), choices=list(OFFICE_KINDS.items()))
    parent = forms.ChoiceField(label=_("上级机构"), required=False)

    def __init__(self, *args: Any, above: Sequence[OfficeView], **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["parent"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("无（最高一级）")), *_choices(above)]


class NameForm(forms.Form):
    name = forms.CharField(label=_("机构名称"), max_length=60)


class AuthorityForm(forms.Form):
    """What the agreement says."""

    agreement = forms.CharField(label=_("协议编号"), max_length=40)
    profiles = forms.MultipleChoiceField(
        label=_("可受理的证书"), widget=forms.CheckboxSelectMultiple
    )
    quota = forms.IntegerField(
        label=_("年度受理数量"), required=False, help_text=_("每个自然年；不限数量请留空。")
    )
    valid_from = forms.DateField(label=_("协议生效日"), widget=DAY)
    valid_until = forms.DateField(label=_("协议到期日"), widget=DAY)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["profiles"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(one.code, PROFILES.get(one.code, one.code)) for one in profiles()]
        field.widget.template_name = "forms/ticks.html"


class StopForm(forms.Form):
    """Who takes over."""

    successor = forms.ChoiceField(label=_("接收机构"))

    def __init__(self, *args: Any, offices: Sequence[OfficeView], **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["successor"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = _choices(offices)
