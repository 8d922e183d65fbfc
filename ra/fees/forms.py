"""Forms of finance. Amounts are typed in yuan and kept in fen."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from ra.applications.rules import TERMS
from ra.fees import rules
from ra.fees.rules import Method, Price, Service
from ra.fees.wording import METHODS, SERVICES, WAIVER_CAUSES, price_of

DAY = forms.DateInput(attrs={"type": "date"})


def yuan_field(label: Any, *, required: bool) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
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

    valid_from = forms.DateField(label=_("生效日期"), widget=DAY)

    def __init__(
        self, profiles: dict[str, str], known: dict[str, int], data: QueryDict | None = None
    ) -> None:
        initial = {name: rules.yuan(fen) for name, fen in known.items()}
        super().__init__(data, initial=initial)
        self.profiles = profiles
        self.places = [
            (code, service, years)
            for code in profiles
            for service in Service
            for years in rules.terms(service)
        ]
        for code, service, years in self.places:
            field = yuan_field(price_of(profiles[code], service, years), required=False)
            field.widget.attrs["aria-label"] = field.label
            self.fields[rules.field_of(code, service, years)] = field

    def lines(self) -> Iterator[tuple[str, str, list[forms.BoundField]]]:
        """For a table: profile, service and the fields, one for each of its terms."""
        for code, title in self.profiles.items():
            for service in Service:
                names = [rules.field_of(code, service, years) for years in rules.terms(service)]
                yield title, service.value, [self[name] for name in names]

    def prices(self) -> list[Price]:
        typed = self.cleaned_data
        return [
            Price(code, years, int(typed[name] * 100), service)
            for code, service, years in self.places
            if typed.get(name := rules.field_of(code, service, years)) is not None
        ]


class WaiverForm(forms.Form):
    cause = forms.ChoiceField(label=_("减免原因"), choices=list(WAIVER_CAUSES.items()))


class AgreementForm(forms.Form):
    """A lower price for who handed in the application `number`."""

    number = forms.CharField(
        label=_("受理编号"), max_length=20, help_text=_("这位订户任何一件已提交的申请。")
    )
    profile = forms.ChoiceField(label=_("证书"))
    service = forms.ChoiceField(label=_("业务"), choices=list(SERVICES.items()))
    years = forms.TypedChoiceField(
        label=_("有效期（年）"),
        coerce=int,
        choices=[(years, years) for years in TERMS],
        help_text=_("补发下载凭证不分有效期，不用填。"),
    )
    amount = yuan_field(_("协议价（元）"), required=True)
    valid_from = forms.DateField(label=_("生效日期"), widget=DAY)
    valid_until = forms.DateField(label=_("截止日期"), widget=DAY)

    def __init__(self, profiles: dict[str, str], data: QueryDict | None = None) -> None:
        super().__init__(data)
        field = self.fields["profile"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(profiles.items())

    def price(self) -> Price:
        said = self.cleaned_data
        years = 0 if said["service"] == Service.CODES else said["years"]
        return Price(said["profile"], years, int(said["amount"] * 100), said["service"])
