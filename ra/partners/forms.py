"""The form of a key for a partner. It carries; `partners.rules` judges."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from people.api import Holder
from ra.branches.queries import OfficeView
from ra.partners.rules import LONGEST_NAME
from ra.partners.wording import SCOPES, TERMS

DAY = forms.DateInput(attrs={"type": "date"})


class KeyForm(forms.Form):
    """`people`: who may be responsible, each with the office."""

    name = forms.CharField(label=TERMS["name"], max_length=LONGEST_NAME)
    person_id = forms.TypedChoiceField(
        label=TERMS["person_id"],
        coerce=int,
        help_text=_("经接口办理的事项都记在此人名下，此人不能审核。"),
    )
    scopes = forms.MultipleChoiceField(
        label=TERMS["scopes"],
        choices=list(SCOPES.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    valid_until = forms.DateField(label=TERMS["valid_until"], widget=DAY)

    def __init__(
        self, *args: Any, people: Sequence[tuple[Holder, OfficeView]], **more: Any
    ) -> None:
        super().__init__(*args, **more)
        field, ticks = self.fields["person_id"], self.fields["scopes"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(one.id, f"{one.name}　{office.name}") for one, office in people]
        ticks.widget.template_name = "forms/ticks.html"
