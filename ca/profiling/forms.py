"""The form of a change: what may vary, and nothing else. It carries; the rules judge."""

from dataclasses import replace
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from anxin.forms import Ticks
from ca import wording as ca
from ca.profiles.rules import TITLES, CertificateKind, Profile, Publication, national_of
from ca.profiling import rules
from ca.profiling.wording import FORMS, KINDS, PUBLICATION, evidence_line
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
    retired = forms.BooleanField(
        label=_("停用这个模板"),
        required=False,
        help_text=_("生效后不再接受新的申请和订单，也不能再改；已提交的照常办完。"),
    )
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

    def asked(self) -> dict[str, Any]:
        """What goes with it: from which version, why, and from when."""
        said = self.cleaned_data
        return {name: said[name] for name in ("base", "reason", "valid_from") if name in said}

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
            offered=said["offered"] and not said.get("retired"),
            retired=bool(said.get("retired")),
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


class NewProfileForm(ProfileForm):
    """Of a profile that did not come with the product, drawn from one that did."""

    code = forms.CharField(
        label=_("代码"),
        max_length=40,
        help_text=_("小写字母、数字和连字符，第一个词不变，例如 %(example)s。"),
    )
    title_zh = forms.CharField(label=_("中文名称"), max_length=rules.LONGEST_TITLE)
    title_en = forms.CharField(label=_("英文名称"), max_length=rules.LONGEST_TITLE)
    kind = forms.ChoiceField(label=_("证书种类"))
    policy = forms.CharField(
        label=_("证书策略（末段）"), max_length=40, help_text=_("其他模板没有用过的，例如 1.5。")
    )

    def __init__(self, basis: Profile, data: Any = None) -> None:
        super().__init__(basis, data)
        del self.fields["base"], self.fields["retired"]
        code, word = self.fields["code"], basis.code.partition("-")[0]
        code.help_text = code.help_text % {"example": f"{word}-school-{basis.key_algorithm}"}
        kinds = rules.kinds_from(basis)
        self._choices("kind", [(one.value, KINDS[one.value]) for one in kinds])

    def changed(self) -> Profile:
        said, basis = self.cleaned_data, self.profile
        kind = CertificateKind(said["kind"])
        national = kind is basis.kind  # of organisations' own certificates (GB/T 20518)
        made = super().changed()
        return replace(
            made,
            code=said["code"],
            version=1,
            kind=kind,
            policy=said["policy"],
            basis=basis.code,
            titles=tuple(zip(TITLES, (said["title_zh"], said["title_en"]), strict=True)),
            extensions=made.extensions if national else (),
        )


class CallOffForm(forms.Form):
    reason = forms.CharField(
        label=_("撤回原因"),
        max_length=rules.LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def _delivered(profile: Profile) -> tuple[tuple[str, str], ...]:
    first = rules.first(profile)
    return first.evidence if first else ()


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
