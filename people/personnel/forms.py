"""Forms of a personnel file."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from anxin.kernel.errors import Refusal
from people.personnel.rules import Cause
from people.personnel.wording import CAUSES
from people.trust.roles import Role
from people.trust.rules import Item
from people.wording import ITEMS, ROLES, WORDING

DAY = forms.DateInput(attrs={"type": "date"})


class EscortForm(forms.Form):
    """Who goes with a contractor."""

    escort = forms.ChoiceField(label=_("进入敏感区域的陪同人员"))

    def __init__(self, *arguments: Any, people: Iterable[tuple[str, str]], **named: Any) -> None:
        super().__init__(*arguments, **named)
        field = self.fields["escort"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("不需要")), *people]

    def refuse(self, refusal: Refusal) -> None:
        """What is refused about no field of this form goes on to the page of refusals."""
        _refuse(self, refusal)


class FileForm(EscortForm):
    """The beginning of a file."""

    engaged_on = forms.DateField(label=_("入职或合同开始日期"), widget=DAY)
    contractor = forms.BooleanField(label=_("独立合约人或顾问（CPS 5.3.7）"), required=False)
    employer = forms.CharField(label=_("合约人所属单位"), max_length=80, required=False)
    escort = forms.ChoiceField(label=_("进入敏感区域的陪同人员"), required=False)

    field_order = ("engaged_on", "contractor", "employer", "escort")


class AccountForm(forms.Form):
    """Somebody new."""

    name = forms.CharField(label=_("姓名"), max_length=60)
    staff_number = forms.RegexField(
        r"^[0-9A-Za-z-]+\Z", label=_("工号"), max_length=20, help_text=_("字母、数字和连字符。")
    )
    login = forms.RegexField(
        r"^[a-z][a-z0-9.-]+\Z",
        label=_("登录名"),
        max_length=40,
        help_text=_("小写字母开头，可以有数字、点和连字符。"),
    )
    office = forms.CharField(
        label=_("机构代码"), max_length=40, required=False, help_text=_("总部人员留空。")
    )
    address = forms.EmailField(
        label=_("工作邮箱"),
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=_("可留空，由本人以后填写。"),
    )

    def refuse(self, refusal: Refusal) -> None:
        _refuse(self, refusal)


class FindingForm(forms.Form):
    """One result."""

    item = forms.ChoiceField(label=_("项目"), choices=[(item.value, ITEMS[item]) for item in Item])
    passed = forms.TypedChoiceField(
        label=_("结果"),
        choices=[("yes", _("合格")), ("no", _("不合格"))],
        coerce=lambda given: given == "yes",
    )
    on = forms.DateField(label=_("完成日期"), widget=DAY)
    reference = forms.CharField(
        label=_("纸质档案编号"),
        max_length=60,
        required=False,
        help_text=_("只写编号，证件和证书的内容留在纸质档案里。"),
    )
    version = forms.CharField(label=_("所读文档的版本"), max_length=40, required=False)

    def refuse(self, refusal: Refusal) -> None:
        _refuse(self, refusal)


class KeyForm(forms.Form):
    """One key of the person."""

    key = forms.IntegerField(widget=forms.HiddenInput)


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("岗位"), choices=[(role.value, ROLES[role]) for role in Role])


class RotationForm(forms.Form):
    """When somebody else takes over one of the person's posts (CPS 5.3.5)."""

    post = forms.ChoiceField(label=_("要轮换的岗位"))
    on = forms.DateField(
        label=_("轮换日期"), widget=DAY, required=False, help_text=_("留空即取消安排。")
    )
    relief = forms.ChoiceField(label=_("接任人"), required=False)

    def __init__(
        self,
        *arguments: Any,
        posts: Iterable[str],
        people: Iterable[tuple[str, str]],
        **named: Any,
    ) -> None:
        super().__init__(*arguments, **{"auto_id": "rotation_%s", **named})
        post, relief = self.fields["post"], self.fields["relief"]
        assert isinstance(post, forms.ChoiceField)
        assert isinstance(relief, forms.ChoiceField)
        post.choices = [(one, ROLES[Role(one)]) for one in posts]
        relief.choices = [("", _("尚未确定")), *people]

    def refuse(self, refusal: Refusal) -> None:
        _refuse(self, refusal)


class SimulateForm(RoleForm):
    """If this person got that role."""

    person = forms.ChoiceField(label=_("人员"))

    field_order = ("person", "role")

    def __init__(self, *arguments: Any, people: Iterable[tuple[str, str]], **named: Any) -> None:
        super().__init__(*arguments, **named)
        field = self.fields["person"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(people)


class SuspendForm(forms.Form):
    cause = forms.ChoiceField(
        label=_("原因"), choices=[(cause.value, CAUSES[cause]) for cause in Cause]
    )


class MoveForm(forms.Form):
    office = forms.CharField(
        label=_("新的机构代码"),
        max_length=40,
        required=False,
        help_text=_("总部人员留空。"),
    )


def _refuse(form: forms.Form, refusal: Refusal) -> None:
    """What another house refuses is said on the page of refusals, in its words."""
    if refusal.field not in form.fields or refusal.rule not in WORDING:
        raise refusal
    form.add_error(refusal.field, WORDING[refusal.rule] % {"cps": refusal.cps, **refusal.details})
