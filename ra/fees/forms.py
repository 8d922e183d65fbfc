"""Forms of finance. Amounts are typed in yuan and kept in fen."""

from collections.abc import Iterator
from decimal import Decimal

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from ra.fees import rules
from ra.fees.rules import Method, Price
from ra.fees.wording import METHODS


def yuan_field(label: object, *, required: bool) -> forms.DecimalField:
    return forms.DecimalField(
        label=str(label),
        required=required,
        min_value=Decimal(0),
        max_value=Decimal(rules.MOST) / 100,
        decimal_places=2,
    )


class PaymentForm(forms.Form):
    method = forms.ChoiceField(
        label=_("付款方式"), choices=[(method.value, METHODS[method]) for method in Method]
    )
    amount = forms.DecimalField(label=_("收款金额（元）"), min_value=Decimal(0), decimal_places=2)
    receipt = forms.CharField(label=_("收据号"), max_length=40)

    def fen(self) -> int:
        return int(self.cleaned_data["amount"] * 100)


class ScheduleForm(forms.Form):
    """One field for each profile and term, named as `rules.field_of` says."""

    valid_from = forms.DateField(
        label=_("生效日期"), widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(
        self, profiles: dict[str, str], known: dict[str, int], data: QueryDict | None = None
    ) -> None:
        initial = {name: rules.yuan(fen) for name, fen in known.items()}
        super().__init__(data, initial=initial)
        self.profiles = profiles
        self.places = [(code, years) for code in profiles for years in rules.YEARS]
        for code, years in self.places:
            label = _("%(profile)s，%(years)s 年（元）") % {
                "profile": profiles[code],
                "years": years,
            }
            field = yuan_field(label, required=False)
            field.widget.attrs["aria-label"] = label
            self.fields[rules.field_of(code, years)] = field

    def lines(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """For a table: each profile and its fields, one for each of `rules.YEARS`."""
        for code, title in self.profiles.items():
            yield title, [self[rules.field_of(code, years)] for years in rules.YEARS]

    def prices(self) -> list[Price]:
        typed = self.cleaned_data
        return [
            Price(code, years, int(typed[name] * 100))
            for code, years in self.places
            if typed.get(name := rules.field_of(code, years)) is not None
        ]
