"""The form of a change: what may vary, and nothing else. It carries; the rules judge."""

from dataclasses import replace
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from anxin.forms import Ticks
from ca import wording as ca
from ca.profiles.rules import Profile, Publication, national_of
from ca.profiling import rules
from ca.profiling.wording import FORMS, PUBLICATION, evidence_line
from pki import extensions

_MAY = [("", _("不能有")), ("may", _("可以有")), ("must", _("必须有"))]
_ATTRIBUTE, _EXTENSION = "attribute_", "extension_"


class ProfileForm(forms.Form):
    """Of one profile: what the version in force says stands in it at first."""

    base = forms.IntegerField(widget=forms.HiddenInput)
    years = forms.TypedMultipleChoiceField(label=_("年限"), coerce=int, widget=Ticks)
    purposes = forms.MultipleChoiceField(label=_("增强型密钥用法"), widget=Ticks)
    publication = forms.ChoiceField(label=_("发布"), choices=list(PUBLICATION.items()))
    reviews = forms.TypedChoiceField(
        label=_("审核人数"),
        coerce=int,
        choices=[(n, n) for n in range(1, rules.MOST_REVIEWERS + 1)],
    )
    offered = forms.BooleanField(label=_("在受理点和网上受理"), required=False)
    evidence = forms.MultipleChoiceField(
        label=_("对每位申请人都要的材料"),
        required=False,
        widget=Ticks,
        help_text=_("不选的按 CPS 的条件索取；CPS 要求每人都交的不在这里列出。"),
    )
    private = forms.CharField(
        label=_("专用扩展"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "class": "mono"}),
        help_text=_("每行一个：对象标识符（在 %(arc)s 之下）、空格、文字（写成 UTF8String）。"),
    )
    reason = forms.CharField(
        label=_("修改原因"),
        max_length=rules.LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    valid_from = forms.DateField(
        label=_("生效日期"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("不填：通过后立即生效。"),
    )

    def __init__(self, profile: Profile, data: Any = None) -> None:
        super().__init__(data, initial=_initial(profile))
        self.profile = profile
        private = self.fields["private"]
        private.help_text = private.help_text % {"arc": settings.EXTENSION_ARC}
        years = range(1, rules.longest_years(profile) + 1)
        self._choices("years", [(n, _("%(n)s 年") % {"n": n}) for n in years])
        self._choices(
            "purposes",
            [(one, ca.PURPOSES[extensions.PURPOSES[one]]) for one in rules.purposes_of(profile)],
        )
        self._choices(
            "evidence",
            [(code, evidence_line(code, when)) for code, when in _depending(profile)],
        )
        for short in rules.ATTRIBUTES:
            self.fields[_ATTRIBUTE + short] = forms.ChoiceField(
                label=short, choices=_MAY, required=False, initial=_may(profile, short)
            )
        for what in national_of(profile):
            self.fields[_EXTENSION + what] = forms.ChoiceField(
                label=ca.NATIONAL[what],
                choices=[("", _("不写入")), *FORMS.items()],
                required=False,
                initial=dict(profile.extensions).get(what, ""),
            )

    def _choices(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices
        if not choices:
            del self.fields[name]

    @property
    def attributes(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(_ATTRIBUTE)]

    @property
    def national(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(_EXTENSION)]

    def changed(self) -> Profile:
        """The profile as the form says."""
        said, before = self.cleaned_data, self.profile
        always = set(said.get("evidence", ()))
        asked = {short: said[_ATTRIBUTE + short] for short in rules.ATTRIBUTES}
        order = [*before.attributes, *(s for s in rules.ATTRIBUTES if s not in before.attributes)]
        return replace(
            before,
            years=tuple(sorted(said["years"])),
            attributes={short: asked[short] == "must" for short in order if asked[short]},
            purposes=tuple(one for one in rules.purposes_of(before) if one in said["purposes"]),
            publication=Publication(said["publication"]),
            reviews=said["reviews"],
            offered=said["offered"],
            extensions=tuple(
                (what, said[_EXTENSION + what])
                for what in national_of(before)
                if said[_EXTENSION + what]
            ),
            private=_private(said["private"]),
            evidence=tuple(
                (code, "always" if code in always else when) for code, when in _delivered(before)
            ),
        )


class CallOffForm(forms.Form):
    reason = forms.CharField(
        label=_("撤回原因"),
        max_length=rules.LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def _delivered(profile: Profile) -> tuple[tuple[str, str], ...]:
    return rules.DELIVERED[profile.code].evidence


def _depending(profile: Profile) -> list[tuple[str, str]]:
    """What the CPS asks for under a condition."""
    return [(code, when) for code, when in _delivered(profile) if when != "always"]


def _may(profile: Profile, short: str) -> str:
    must = profile.attributes.get(short)
    return "" if must is None else "must" if must else "may"


def _private(text: str) -> tuple[tuple[str, str], ...]:
    lines = [line.strip().partition(" ") for line in text.splitlines() if line.strip()]
    return tuple((oid, words.strip()) for oid, _space, words in lines)


def _initial(profile: Profile) -> dict[str, Any]:
    depending = {code for code, _when in _depending(profile)}
    return {
        "base": profile.version,
        "years": list(profile.years),
        "purposes": list(profile.purposes),
        "publication": profile.publication.value,
        "reviews": profile.reviews,
        "offered": profile.offered,
        "evidence": [
            code for code, when in profile.evidence if code in depending and when == "always"
        ],
        "private": "\n".join(f"{oid} {text}" for oid, text in profile.private),
    }
