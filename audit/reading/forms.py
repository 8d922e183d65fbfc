"""What the auditors search for; patterns keep subscribers' names and numbers out of the journal."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.reading.rules import NOBODY, Filters
from people.api import staff_matching

CODE = RegexValidator(r"^[a-z_.]+$", _("动作代码由小写字母、点和下划线组成，例如 ra.application。"))
SUBJECT = RegexValidator(
    r"^([a-z_.]+(:[0-9A-Za-z-]+)?|/[0-9A-Za-z/_-]*)$",
    _("对象写成 ra.application:17 这样，或者一个页面地址。"),
)


class FilterForm(forms.Form):
    actor = forms.CharField(label=_("操作人"), required=False, max_length=60)
    action = forms.CharField(label=_("动作"), required=False, max_length=80, validators=[CODE])
    subject = forms.CharField(label=_("对象"), required=False, max_length=120, validators=[SUBJECT])
    since = forms.DateField(
        label=_("从"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("到"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    refused = forms.BooleanField(label=_("仅失败与拒绝"), required=False)
    before = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput())
    after = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput())
    entry = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput())

    def clean_actor(self) -> str:
        actor = str(self.cleaned_data["actor"]).strip()
        if actor and actor not in NOBODY and not staff_matching(actor):
            raise forms.ValidationError(_("没有这位工作人员。可以填姓名、登录名或工号。"))
        return actor

    def filters(self) -> Filters:
        """Both days count, from midnight to midnight."""
        given: dict[str, Any] = self.cleaned_data
        until = given["until"] and given["until"] + timedelta(days=1)
        return Filters(
            actor=given["actor"],
            action=given["action"],
            subject=given["subject"],
            since=_midnight(given["since"]),
            until=_midnight(until),
            refused=given["refused"],
        )


def _midnight(day: Any) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time())) if day else None
