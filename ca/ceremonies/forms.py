"""Forms of ceremonies. They carry; the rules judge."""

from datetime import datetime
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from ca.ceremonies import importing, queries, wording
from ca.ceremonies.kinds import DEVICE_ACTS, ROLE_OF, Part
from ca.ceremonies.rules import (
    ALGORITHMS,
    BELOW,
    CERTIFIED_HERE,
    IMPORT,
    LONGEST,
    MOST_GIVEN,
    REASON,
    ROLLOVER,
    Draft,
)
from ca.ceremonies.wording import ENDINGS, KINDS
from ca.hierarchy.queries import newest, present
from ca.keeping.rules import DEVICE_LABEL
from people.api import holders

INITIALISE = "initialise"
_MADE = ("generate_root", "generate_subordinate", "generate", "export_request")
KINDS_OF = {  # what only some kinds of ceremonies ask for, and those need it
    "key": (*_MADE, "backup", "restore", "archive", "destroy"),
    **dict.fromkeys(("algorithm", "organization", "name", "path_length"), _MADE),
    "years": CERTIFIED_HERE,
    "superior": (BELOW,),
    "succeeds": (ROLLOVER,),
    **dict.fromkeys(("request", "issuer"), (IMPORT,)),
    "ending": ("archive", "destroy"),
}


class DraftForm(forms.Form):
    """`said` is the draft once the form is valid. What is missing, the rules say all at once."""

    kind = forms.ChoiceField(
        label=_("仪式类型"), widget=forms.Select(attrs={"data-shows": "kinds"})
    )
    drill = forms.BooleanField(label=_("这是演练"), required=False)
    device = forms.CharField(label=_("密码设备"), required=False, max_length=LONGEST)
    custodians = forms.MultipleChoiceField(
        label=_("密钥管理员"), required=False, widget=forms.CheckboxSelectMultiple
    )
    witness = forms.ChoiceField(label=_("见证人"))
    auditor = forms.ChoiceField(label=_("审计员"))
    key = forms.CharField(
        label=_("密钥标签"),
        max_length=40,
        help_text=_("也是 CA 的代码。已有密钥的，填它的标签。"),
    )
    algorithm = forms.ChoiceField(label=_("算法"))
    organization = forms.CharField(label=_("机构（O）"), max_length=64)
    name = forms.CharField(label=_("CA 名称（CN）"), max_length=56)
    path_length = forms.IntegerField(
        label=_("路径长度"), initial=0, help_text=_("0：只签发用户证书。")
    )
    years = forms.IntegerField(label=_("有效期（年）"), initial=15)
    superior = forms.ChoiceField(label=_("上级 CA"))
    succeeds = forms.ChoiceField(
        label=_("更替哪个 CA 的密钥"),
        help_text=_("标签、算法、名称和路径长度与现有的 CA 相同。"),
    )
    request = forms.ChoiceField(label=_("已导出的证书请求"))
    issuer = forms.CharField(
        label=_("外部根 CA 的证书（PEM）"),
        max_length=MOST_GIVEN,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("写进脚本，由审批的人和在场的人核对。"),
    )
    ending = forms.ChoiceField(label=_("归档或销毁的原因"), choices=[("", "—"), *ENDINGS.items()])

    def __init__(self, *args: Any, at: datetime, **named: Any) -> None:
        super().__init__(*args, **named)
        self.requests = queries.requests_made()
        self._choose("kind", list(KINDS.items()))
        self._choose("algorithm", [(one, wording.ALGORITHMS[one]) for one in ALGORITHMS])
        for field, part in (
            ("custodians", Part.CUSTODIAN),
            ("witness", Part.WITNESS),
            ("auditor", Part.AUDITOR),
        ):
            people = holders(ROLE_OF[part], at=at)
            self._choose(field, [(str(one.id), one.name) for one in people])
        made = [(one.number, f"{one.number} {one.label}") for one in self.requests.values()]
        self._choose("request", [("", "—"), *made])
        standing = [(one.code, one.certificate.subject.text) for one in newest()]
        self._choose("superior", [("", "—"), *((code, text) for code, text in standing)])
        self._choose("succeeds", [("", "—"), *((code, text) for code, text in standing)])
        self.fields["custodians"].widget.template_name = "forms/ticks.html"
        for name in ("device", "custodians", *KINDS_OF):
            self.fields[name].required = False  # the rules say it
            self.fields[name].asked = True  # type: ignore[attr-defined]  # forms/field.html

    def drawn(self) -> list[tuple[BoundField, tuple[str, ...], list[Any]]]:
        """Each field; which kinds have it, by code and by name: none, where all do."""
        every = [(self[name], KINDS_OF.get(name, ())) for name in self.fields]
        return [(field, kinds, [KINDS[one] for one in kinds]) for field, kinds in every]

    def _choose(self, field: str, choices: list[tuple[Any, Any]]) -> None:
        self.fields[field].choices = choices  # type: ignore[attr-defined]

    def parts(self) -> dict[str, Any]:
        """Who takes part, by id, beside the host."""
        given = self.cleaned_data
        return {
            "custodians": [int(one) for one in given["custodians"]],
            "witness": int(given["witness"]),
            "auditor": int(given["auditor"]),
        }

    def said(self) -> Draft:
        """The draft; of an import, key and algorithm are those of the request.

        Refuses `importing.unreadable`, `importing.issuer`.
        """
        given = self.cleaned_data
        kind, drill = given["kind"], given["drill"]
        common = {"kind": kind, "drill": drill, "device": given["device"]}
        if kind == INITIALISE:
            return Draft(**common, key=DEVICE_LABEL)
        if kind in DEVICE_ACTS:  # of a key that is there; the algorithm is its own
            algorithm = queries.algorithm_of(given["key"]) or ALGORITHMS[0]
            return Draft(**common, key=given["key"], algorithm=algorithm, ending=given["ending"])
        if kind == ROLLOVER:
            return self._rollover(common)
        if kind == IMPORT:
            return self._import(common)
        numbers: dict[str, Any] = {"path_length": _number(given["path_length"])}
        if kind in KINDS_OF["years"]:
            numbers["years"] = _number(given["years"])
        superior = given["superior"] if kind in KINDS_OF["superior"] else ""
        named = {field: given[field] for field in ("key", "algorithm", "organization", "name")}
        return Draft(**common, **named, **numbers, superior=superior)

    def _import(self, common: dict[str, Any]) -> Draft:
        wish, root = self.requests.get(self.cleaned_data["request"]), self.cleaned_data["issuer"]
        issuer = importing.read_issuer(root.encode()).der if root else b""
        if wish is None:
            return Draft(**common, key="none", issuer=issuer)
        return Draft(
            **common,
            key=wish.label,
            algorithm=wish.algorithm,
            path_length=wish.path_length,
            issuer=issuer,
            request=queries.result(wish.number, "request"),
        )

    def _rollover(self, common: dict[str, Any]) -> Draft:
        """All but the term is as the authority has it now."""
        given = self.cleaned_data
        if not given["succeeds"]:
            years = _number(given["years"])
            return Draft(**common, key="none", organization="—", name="—", years=years)
        now = present(given["succeeds"])
        own = now.issuer.certificate
        number = queries.free_generation(now.lineage, now.next, drill=given["drill"])
        key = own.public_key
        return Draft(
            **common,
            key=f"{now.lineage}-{number}",
            algorithm=key.kind,
            organization=own.subject.get("O") or "",
            name=own.subject.get("CN") or "",
            years=_number(given["years"]),
            path_length=own.basic_constraints.path_length,
            superior=now.superior,
            succeeds=now.issuer.code,
            lineage=now.lineage,
            generation=number,
        )


def _number(typed: int | None) -> int:
    """Nothing typed is out of every range."""
    return -1 if typed is None else typed


class GivenForm(forms.Form):
    """What the host hands in before a step begins."""

    given = forms.CharField(
        label=_("外部根 CA 签发的证书（PEM）"),
        max_length=MOST_GIVEN,
        widget=forms.Textarea(attrs={"rows": 10}),
    )


class EndForm(forms.Form):
    """Why a ceremony is to end early."""

    reason = forms.CharField(
        label=_("中止的原因"),
        max_length=REASON,
        help_text=_("写进纪要，由两人签名；请不要写订户的个人信息。"),
    )
