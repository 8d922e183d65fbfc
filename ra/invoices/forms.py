"""Forms of who asks for an invoice, and of finance."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ra.invoices import rules
from ra.invoices.wording import BUYERS, FIELDS, KINDS, REASONS

DAY = forms.DateInput(attrs={"type": "date"})


class InvoiceForm(forms.Form):
    """Which are needed says `rules.check_details`."""

    kind = forms.ChoiceField(
        label=_("发票种类"), choices=list(KINDS.items()), widget=forms.RadioSelect
    )
    buyer = forms.ChoiceField(
        label=_("购买方"), choices=list(BUYERS.items()), widget=forms.RadioSelect
    )
    title = forms.CharField(
        label=FIELDS["title"],
        max_length=rules.TITLE_MOST,
        help_text=_("个人填写姓名，单位填写全称。"),
    )
    email = forms.EmailField(label=FIELDS["email"], max_length=rules.LINE_MOST)
    tax_number = forms.CharField(
        label=FIELDS["tax_number"], max_length=18, required=False, help_text=_("单位必填。")
    )
    address = forms.CharField(
        label=FIELDS["address"],
        max_length=rules.LINE_MOST,
        required=False,
        help_text=_("以下四项专用发票必填，与税务登记一致。"),
    )
    phone = forms.CharField(label=FIELDS["phone"], max_length=40, required=False)
    bank = forms.CharField(label=FIELDS["bank"], max_length=rules.LINE_MOST, required=False)
    account = forms.CharField(label=FIELDS["account"], max_length=40, required=False)

    def details(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in rules.DETAILS}


class IssuedForm(forms.Form):
    issued_number = forms.CharField(label=_("发票号码"), max_length=20)
    on = forms.DateField(label=_("开票日期"), widget=DAY)


class ReversedForm(forms.Form):
    red_number = forms.CharField(label=_("红字发票号码"), max_length=20)
    on = forms.DateField(label=_("红字发票开票日期"), widget=DAY)


class DeclineForm(forms.Form):
    reason = forms.ChoiceField(label=_("不开具的原因"), choices=list(REASONS.items()))
