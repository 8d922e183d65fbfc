"""What the auditors search for; patterns keep subscribers' names and numbers out of the journal."""

import re
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from anxin.kernel.numbers import number_in
from audit.reading.rules import NOBODY, Filters
from people.api import staff_matching

CODE = RegexValidator(r"^[a-z_.]+$", _("动作代码由小写字母、点和下划线组成，例如 ra.application。"))
SUBJECT = re.compile(r"[a-z_.]+(:[0-9A-Za-z-]+)?|/[0-9A-Za-z/_-]*")


class FilterForm(forms.Form):
    actor = forms.CharField(label=_("操作人"), required=False, max_length=60)
    action = forms.CharField(label=_("动作"), required=False, max_length=80, validators=[CODE])
    subject = forms.CharField(label=_("对象"), required=False, max_length=120)
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

    def clean_subject(self) -> str:
        subject = str(self.cleaned_data["subject"]).strip()
        if subject and not (
            SUBJECT.fullmatch(subject) or number_in(subject) or staff_matching(subject)
        ):
            raise forms.ValidationError(
                _("对象可以填 ra.application:17、申请编号、工作人员或页面地址。")
            )
        return number_in(subject) or subject

    def filters(self) -> Filters:
        """Both days count, from midnight to midnight; fields that cannot be read do not."""
        given: dict[str, Any] = self.cleaned_data
        until = given.get("until")
        return Filters(
            actor=given.get("actor", ""),
            action=given.get("action", ""),
            subject=given.get("subject", ""),
            since=_midnight(given.get("since")),
            until=_midnight(until and until + timedelta(days=1)),
            refused=given.get("refused", False),
        )


def _midnight(day: Any) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time())) if day else None
