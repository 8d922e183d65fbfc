"""Forms of the counter. They carry; `applicants.rules` judges, also while people type."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ra.applicants.kinds import Kind
from ra.applicants.rules import LONG, DocumentType, Field
from ra.applicants.wording import DOCUMENT_TYPES, FIELD_LABELS, GROUPS
from ra.applications.rules import TERMS, AcceptedHow
from ra.applications.wording import ACCEPTED_HOW
from ra.evidence.wording import SLOTS
from ra.intake.rules import NOT_CORRECTED, REQUEST_MOST
from ra.verifications.queries import VerificationView
from ra.verifications.rules import LONGEST as LONGEST_REFERENCE
from ra.verifications.rules import Method, Verified, methods
from ra.verifications.wording import METHODS, RESULTS

DOCUMENT_CHOICES = [(kind.value, DOCUMENT_TYPES[kind]) for kind in DocumentType]


CODED = {
    "document_type": DOCUMENT_CHOICES,
    "agent_document_type": DOCUMENT_CHOICES,
}
LONGEST = {"email": 254, "host_name": 253, "other_names": LONG}
LISTS = {"other_names"}
LIST = {"rows": 3, "class": "mono", "spellcheck": "false"}


def _field(rule: Field) -> forms.Field:
    if rule.code in CODED:
        return forms.ChoiceField(choices=CODED[rule.code])
    widget = forms.Textarea(attrs=LIST) if rule.code in LISTS else None
    return forms.CharField(max_length=LONGEST.get(rule.code, 64), widget=widget)


class DraftForm(forms.Form):
    """The fields of one kind of applicant, as `applicants.kinds` has them.

    Everything optional here: a draft keeps what was typed, right or wrong. What will be asked for
    when it is submitted bears a mark.
    """

    years = forms.TypedChoiceField(
        label=_("有效期（年）"), coerce=int, choices=[(n, n) for n in TERMS], initial=1
    )
    distinguisher = forms.CharField(
        label=_("区分号"),
        required=False,
        max_length=32,
        help_text=_("仅在同名订户已有证书时填写，例如员工号；不要填写证件号码。"),
    )

    def __init__(self, *args: Any, kind: Kind, **more: Any) -> None:
        super().__init__(*args, **more)
        self.kind = kind
        if not kind.distinguished:
            del self.fields["distinguisher"]
        for code, rule in kind.fields.items():
            field = self.fields[code] = _field(rule)
            field.label, field.required = FIELD_LABELS[code], False
            field.widget.is_required = False
            if rule.needed and not rule.proxy:
                field.asked = True  # type: ignore[attr-defined]  # forms/field.html
                field.widget.attrs["aria-required"] = "true"

    def groups(self) -> list[tuple[object, list[forms.BoundField]]]:
        """(heading, fields) in the order of the page."""
        found: list[tuple[object, list[forms.BoundField]]] = [
            (GROUPS[heading], [self[field.code] for field in fields])
            for heading, fields in self.kind.groups.items()
        ]
        own = [self[code] for code in ("years", "distinguisher") if code in self.fields]
        return [*found, (_("证书"), own)]


class OpenForm(forms.Form):
    """Choose a profile; `choices` come from `intake.queries.profiles`."""

    profile = forms.ChoiceField(label=_("证书模板"))

    def __init__(self, *args: Any, choices: Sequence[tuple[str, object]], **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["profile"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(choices)


class RequestForm(forms.Form):
    request = forms.CharField(
        label=_("证书请求（PKCS#10）"),
        max_length=REQUEST_MOST,
        widget=forms.Textarea(attrs={"rows": 8}),
    )


BY_MESSAGE = _("同意用短信和电子邮件告知办理情况")


class AgreementForm(forms.Form):
    """`in_force`: the version of today; what the applicant read is stated, not assumed."""

    version = forms.ChoiceField(label=_("订户协议版本"))
    how = forms.ChoiceField(
        label=_("接受方式"), choices=[(how.value, ACCEPTED_HOW[how]) for how in AcceptedHow]
    )
    by_message = forms.BooleanField(label=BY_MESSAGE, required=False)

    def __init__(self, *args: Any, in_force: str, **more: Any) -> None:
        super().__init__(*args, **more)
        version = self.fields["version"]
        assert isinstance(version, forms.ChoiceField)
        version.choices = [(in_force, in_force)] if in_force else []


class VerifyForm(forms.Form):
    """How the documents of each slot were verified; `held`: what was noted before."""

    def __init__(
        self,
        *args: Any,
        slots: Sequence[str],
        held: Mapping[str, VerificationView],
        agreements: Sequence[str],
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self.slots, self.held = tuple(slots), held
        for slot in slots:
            before, label = held.get(slot), SLOTS[slot]
            chosen = [("", "—"), *((how.value, METHODS[how]) for how in methods(slot))]
            parts = {
                "method": (_("核验方式"), forms.ChoiceField(choices=chosen)),
                "result": (_("结果"), forms.ChoiceField(choices=list(RESULTS.items()))),
                "reference": (_("查询号或记录号"), forms.CharField(max_length=LONGEST_REFERENCE)),
            }
            if agreements and Method.OTHER_CA in methods(slot):
                numbers = [("", "—"), *((number, number) for number in agreements)]
                parts["agreement"] = (_("协议编号"), forms.ChoiceField(choices=numbers))
            for part, (word, field) in parts.items():
                field.required = False
                field.initial = getattr(before, part, "")
                field.label = format_lazy("{}：{}", label, word)
                field.widget.attrs["aria-label"] = field.label
                self.fields[f"{slot}.{part}"] = field

    def rows(self) -> list[tuple[str, dict[str, forms.BoundField], VerificationView | None]]:
        """Slot, its fields by part, and what was noted."""
        return [
            (
                slot,
                {part: self[f"{slot}.{part}"] for part in PARTS if f"{slot}.{part}" in self.fields},
                self.held.get(slot),
            )
            for slot in self.slots
        ]

    def found(self) -> list[Verified]:
        """What is said of the slots whose method was chosen."""
        said = [
            Verified(slot, *(self.cleaned_data.get(f"{slot}.{part}", "") for part in PARTS))
            for slot in self.slots
        ]
        return [one for one in said if one.method]


PARTS = ("method", "result", "reference", "agreement")


class CancelForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("撤回原因"),
        choices=[
            ("applicant_wish", _("申请人要求撤回")),
            ("entered_wrongly", _("录入有误，重新受理")),
            ("duplicate", _("重复受理")),
            (NOT_CORRECTED, _("逾期没有补正")),
        ],
    )
