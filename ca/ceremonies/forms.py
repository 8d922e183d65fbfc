"""Forms of ceremonies. They carry; the rules judge."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ca.ceremonies import importing, queries
from ca.ceremonies.kinds import DEVICE_ACTS, ROLE_OF, Part
from ca.ceremonies.rules import ALGORITHMS, LONGEST, MOST_GIVEN, REASON, Draft
from ca.ceremonies.wording import ENDINGS, KINDS
from ca.hierarchy.queries import newest, present
from ca.keeping.rules import DEVICE_LABEL
from people.api import holders

IMPORT, INITIALISE, ROLLOVER = "import_certificate", "initialise", "rollover"


class DraftForm(forms.Form):
    """`said` is the draft once the form is valid."""

    kind = forms.ChoiceField(label=_("仪式类型"))
    drill = forms.BooleanField(label=_("这是演练"), required=False)
    device = forms.CharField(label=_("密码设备"), max_length=LONGEST)
    custodians = forms.MultipleChoiceField(
        label=_("密钥管理员"), widget=forms.CheckboxSelectMultiple
    )
    witness = forms.ChoiceField(label=_("见证人"))
    auditor = forms.ChoiceField(label=_("审计员"))
    key = forms.CharField(
        label=_("密钥标签"),
        required=False,
        max_length=40,
        help_text=_("也是 CA 的代码。导入证书和密钥更替时不用填。"),
    )
    algorithm = forms.ChoiceField(label=_("算法"), choices=[(one, one) for one in ALGORITHMS])
    organization = forms.CharField(label=_("机构（O）"), required=False, max_length=64)
    name = forms.CharField(label=_("CA 名称（CN）"), required=False, max_length=56)
    years = forms.IntegerField(
        label=_("有效期（年）"), initial=15, help_text=_("导出请求和导入证书时不用填。")
    )
    path_length = forms.IntegerField(
        label=_("路径长度"), initial=0, help_text=_("0：只签发用户证书。")
    )
    superior = forms.ChoiceField(
        label=_("上级 CA"), required=False, help_text=_("只用于生成下级 CA。")
    )
    succeeds = forms.ChoiceField(
        label=_("更替哪个 CA 的密钥"),
        required=False,
        help_text=_("只用于密钥更替。标签、算法、名称和路径长度与现有的 CA 相同，不用填。"),
    )
    request = forms.ChoiceField(
        label=_("已导出的证书请求"), required=False, help_text=_("只用于导入证书。")
    )
    issuer = forms.CharField(
        label=_("外部根 CA 的证书（PEM）"),
        required=False,
        max_length=MOST_GIVEN,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("只用于导入证书。它写进脚本，由审批的人和在场的人核对。"),
    )

    ending = forms.ChoiceField(
        label=_("归档或销毁的原因"),
        required=False,
        choices=[("", "—"), *ENDINGS.items()],
        help_text=_("只用于归档和销毁。"),
    )

    def __init__(self, *args: Any, at: datetime, **named: Any) -> None:
        super().__init__(*args, **named)
        self.requests = queries.requests_made()
        self._choose("kind", list(KINDS.items()))
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
        common = {"kind": given["kind"], "drill": given["drill"], "device": given["device"]}
        wish, root = self.requests.get(given["request"]), given["issuer"]
        issuer = importing.read_issuer(root.encode()).der if root else b""
        if given["kind"] in DEVICE_ACTS:
            return self._about_key(common)
        if given["kind"] == ROLLOVER:
            return self._rollover(common)
        if given["kind"] != IMPORT:
            named = ("key", "algorithm", "organization", "name", "years", "path_length", "superior")
            return Draft(**common, **{field: given[field] for field in named})
        if wish is None:
            return Draft(**common, key="none")
        return Draft(
            **common,
            key=wish.label,
            algorithm=wish.algorithm,
            path_length=wish.path_length,
            issuer=issuer,
            request=queries.result(wish.number, "request"),
        )

    def _about_key(self, common: dict[str, Any]) -> Draft:
        """Of a key that is there; the algorithm is its own."""
        given = self.cleaned_data
        if given["kind"] == INITIALISE:
            return Draft(**common, key=DEVICE_LABEL)
        algorithm = queries.algorithm_of(given["key"]) or given["algorithm"]
        return Draft(**common, key=given["key"], algorithm=algorithm, ending=given["ending"])

    def _rollover(self, common: dict[str, Any]) -> Draft:
        """All but the term is as the authority has it now."""
        given = self.cleaned_data
        if not given["succeeds"]:
            return Draft(**common, key="none", organization="—", name="—")
        now = present(given["succeeds"])
        own = now.issuer.certificate
        number = queries.free_generation(now.lineage, now.next, drill=given["drill"])
        key = own.public_key
        return Draft(
            **common,
            key=f"{now.lineage}-{number}",
            algorithm=f"rsa-{key.bits}" if key.algorithm == "rsa" else key.algorithm,
            organization=own.subject.get("O") or "",
            name=own.subject.get("CN") or "",
            years=given["years"],
            path_length=own.basic_constraints.path_length,
            superior=now.superior,
            succeeds=now.issuer.code,
            lineage=now.lineage,
            generation=number,
        )


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
