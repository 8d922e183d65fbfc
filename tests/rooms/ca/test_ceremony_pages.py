"""The ceremony room in a browser: who sees what, and what its forms do (CPS-5.2.2)."""

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from anxin.kernel.workdays import SHANGHAI
from anxin.templatetags.ui import groups
from audit.journal.models import Entry
from ca.ceremonies import pages, queries, services
from ca.ceremonies.models import Attestation, Ceremony
from ca.custody import noting
from people.api import Role
from people.operatorkeys.queries import keys_of
from people.personnel import services as personnel
from people.sessions.models import StaffSession
from pki import ceremonies, certificates, pem, publickeys
from tests.rooms.ca.test_ceremonies import fresh
from tests.support.ceremonies import draft
from tests.support.ceremony_rooms import CAST, House, external_root, signed_by_root, step_of
from tests.support.people import hire, signed_in
from tests.support.refusals import refused_by

NO_KEY = "您没有在用的密钥，所以现在不能办理"


def page(house: House, login: str, path: str, **posted: object):
    browser = signed_in(house.people[login])
    plain = "application/x-www-form-urlencoded"
    if posted:
        return browser.post(path, urlencode(posted, doseq=True), content_type=plain)
    return browser.get(path)


def at(number: str, name: str = "ceremony", *more: str) -> str:
    return reverse(name, args=[number, *more])


def typed(house: House, **changes: object) -> dict[str, object]:
    ids = {login: one.person_id for login, one in house.people.items()}
    return {
        "kind": "generate_root",
        "device": "HSM-A 槽位 3",
        "custodians": [ids["lu"], ids["qin"]],
        "witness": ids["gao"],
        "auditor": ids["jiang"],
        "key": "page-root",
        "algorithm": "sm2",
        "organization": "AnXin CA",
        "name": "AnXin Root CA",
        "years": 20,
        "path_length": 0,
        "drill": "on",
    } | changes


def test_a_script_is_seen_whole_before_it_is_asked_for(house):
    browser = signed_in(house.people["tang"])

    answer = browser.post(reverse("ceremony-draft"), typed(house), follow=True)

    shown = answer.content.decode()
    row = Ceremony.objects.get()
    assert (row.state, row.drill, row.key_label) == ("drafted", True, "drill-page-root")
    assert "整份脚本" in shown
    assert "drill-page-root" in shown
    assert "演练" in shown
    assert "提请审批" in shown
    browser.post(at(row.number, "ceremony-ask"))
    assert "已提请，等两人审批" in browser.get(at(row.number)).content.decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"key": "Big"}, "密钥标签用小写字母开头"),
        ({"name": ""}, "请写明 CA 的名称"),
        ({"years": 31}, "请填写有效期，1 到 30 年"),
        ({"path_length": ""}, "请填写路径长度，0 到 5"),
        ({"kind": "generate", "years": "", "path_length": 6}, "请填写路径长度，0 到 5"),
        ({"kind": "rollover", "years": 9}, "请选择更替哪个 CA 的密钥"),
        ({"kind": "import_certificate", "issuer": "no certificate"}, "这不是可以读取的证书"),
    ],
)
def test_what_is_wrong_with_a_draft_is_said_beside_it(house, changes, said):
    answer = page(house, "tang", reverse("ceremony-draft"), **typed(house, **changes))

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "有 1 处需要修改" in answer.content.decode()
    assert not Ceremony.objects.exists()


def test_every_fault_of_a_draft_is_said_at_once_at_its_own_field(house):
    blank = dict.fromkeys(("device", "key", "organization", "name", "years", "path_length"), "")
    answer = page(house, "tang", reverse("ceremony-draft"), **typed(house, **blank, custodians=[]))

    assert {*answer.context["form"].errors} == {*blank, "custodians"}


def test_a_kind_of_ceremony_is_asked_only_what_it_needs(house):
    """Whatever else was left in the form: an archived key needs no name and no term."""
    shown = page(house, "tang", reverse("ceremony-draft")).content.decode()
    assert "RSA 2048 位" in shown
    (kinds,) = re.findall(r'<div data-kinds="([^"]*)">[^/]*for="id_years"', shown)
    assert kinds == "generate_root generate_subordinate rollover"

    others = {"organization": "", "name": "", "years": "", "path_length": "", "issuer": "x"}
    refused = page(
        house, "tang", reverse("ceremony-draft"), **typed(house, kind="archive", **others)
    )

    assert {*refused.context["form"].errors} == {"key"}  # there is none of this label
    others = {"kind": "import_certificate", "key": "", "name": "", "years": ""}
    refused = page(house, "tang", reverse("ceremony-draft"), **typed(house, **others))
    assert {*refused.context["form"].errors} == {"request", "issuer"}


def test_a_draft_is_dropped_by_its_host_alone(house):
    number = house.draft(draft(drill=True, key=fresh()))

    assert page(house, "gao", at(number, "ceremony-discard"), x="1").status_code == 403
    page(house, "tang", at(number, "ceremony-discard"), x="1")

    assert Ceremony.objects.get().state == "dropped"


@pytest.mark.parametrize(
    "role", [Role.OPERATOR, Role.REVIEWER, Role.SUPPORT, Role.CA_OPERATOR, Role.FINANCE]
)
def test_others_see_no_ceremony(house, role):
    """CPS-5.2.1"""
    outsider = signed_in(hire("wai", role))

    assert outsider.get(reverse("ceremonies")).status_code == 403


def test_each_sees_what_is_asked_of_them(house):
    number = house.opened(draft(drill=True, key=fresh()))
    assert "开始这一步" in page(house, "tang", at(number)).content.decode()
    waits = page(house, "lu", at(number)).content.decode()
    assert "等主持人开始这一步" in waits
    assert "已完成 0 / 5 步" in waits
    house.begin(number, "gather")

    for login in CAST:
        assert "签名确认" in page(house, login, at(number)).content.decode()
    house.attest(number, "gather", "lu")
    names = "、".join(house.people[one].name for one in ("tang", "qin", "gao", "jiang"))
    told = f"您的签名已记入。还须签名：{names}。"
    assert told in page(house, "lu", at(number)).content.decode()
    watcher = hire("kan", Role.CA_ADMIN)
    seen = signed_in(watcher).get(at(number)).content.decode()
    assert f"这一步现在不需要您确认。还须签名：{names}。" in seen
    assert "data-attests" not in seen
    assert "仪式纪要" in seen
    assert "SM2</div>" in seen


def test_who_has_no_key_is_told_so(house):
    lone = hire("lone", Role.AUDITOR)
    house.people["jiang"] = lone
    number = house.opened(draft(drill=True, key=fresh()))
    house.begin(number, "gather")

    assert NO_KEY in page(house, "jiang", at(number)).content.decode()


def without_key(house: House, login: str) -> None:
    """Somebody else ends the key they have in use."""
    whose = house.people[login].person_id
    (key,) = keys_of(whose)
    personnel.revoke_key(whose, key.id, actor=house.others["tang"], at=house.now())


def test_a_host_without_a_key_begins_nothing(house):
    """CPS-5.2.3: neither a ceremony nor a step of one, and the page says what to do instead."""
    number = house.draft(draft(drill=True, key=fresh()))
    house.agree(number)
    house.activate(number)
    noting.note(at=house.now())
    without_key(house, "tang")

    shown = page(house, "tang", at(number)).content.decode()

    assert at(number, "ceremony-open") not in shown
    assert NO_KEY in shown
    host = house.people["tang"]
    assert refused_by(services.open_room, number, actor=host, at=house.now()) == "keys.needed"


def test_a_host_who_has_lost_the_key_begins_no_step(house):
    """CPS-5.2.3"""
    number = house.opened(draft(drill=True, key=fresh()))
    assert "开始这一步" in page(house, "tang", at(number)).content.decode()
    without_key(house, "tang")

    shown = page(house, "tang", at(number)).content.decode()

    assert "开始这一步" not in shown
    assert NO_KEY in shown
    assert refused_by(house.begin, number, "gather") == "keys.needed"
    posted = page(house, "tang", at(number, "ceremony-begin", "gather"), x="1")
    assert posted.status_code == 403
    assert step_of(number, "gather").round == 0


def test_who_lost_a_key_reads_what_to_do(house):
    """CPS-5.2.3: on every page whose forms a browser signs."""
    number = house.opened(draft(drill=True, key=fresh()))

    shown = page(house, "lu", at(number)).content.decode()

    lost = shown.partition('<template id="no-key-here">')[2].partition("</template>")[0]
    assert "安全管理员提请，CA 系统管理员审批" in lost
    assert "docs/running.md，ANXIN_TRUSTED_KEYS" in lost
    assert f'href="{reverse("my-key")}"' in lost


def test_an_old_second_factor_begins_no_step(house):
    """CPS-5.2.3: with the step a worker begins what it does."""
    number = house.opened(draft(drill=True, key=fresh()))
    house.people["tang"] = replace(house.people["tang"], proved_at=house.at - timedelta(minutes=16))

    assert refused_by(house.begin, number, "gather") == "sessions.proof_old"


def test_script_and_transcript_are_printed_from_their_page(house):
    """CPS-5.2.2: everybody compares the read-back code with a printed script."""
    number = house.draft(draft(drill=True, key=fresh()))

    assert "data-print" in page(house, "gao", at(number)).content.decode()


def test_a_step_that_is_not_done_leads_to_who_runs_the_workers(house):
    number = house.opened(draft(drill=True, key=fresh()))
    house.step(number, "gather")
    house.begin(number, "device")

    answer = page(house, "lu", at(number, "ceremony-end"), reason="封条破损，停止仪式")

    assert "请系统运维检查后台任务是否在运行" in answer.content.decode()


def test_a_room_whose_reader_was_signed_out_says_that_it_looks_no_more(house):
    number = house.opened(draft(drill=True, key=fresh()))
    looks = {"HX-Request": "true", "X-Unattended": "1"}

    part = Client().get(at(number), headers=looks)

    assert part.status_code == 401
    assert "不再自动刷新" in part.text
    assert "没有做" not in part.text


def test_the_browser_signs_what_the_page_carries(house):
    """What static/js/signing.js does with the form."""
    number = house.opened(draft(drill=True, key=fresh()))
    house.at = timezone.now()
    house.begin(number, "gather")
    found = pages.room(number, house.people["lu"], at=house.at)
    fields = json.loads(found.now.signs)["fields"]
    written = fields.pop("at")
    signed = house.pen_of("lu").sign(ceremonies.statement(fields, at=written))

    answer = page(
        house, "lu", at(number, "ceremony-attest", "gather"), signature=f"{written} {signed.hex()}"
    )

    assert answer.status_code == 302
    assert Attestation.objects.get().person_id == house.people["lu"].person_id


def test_a_refreshed_room_is_a_part_of_the_page(house):
    number = house.opened(draft(drill=True, key=fresh()))
    browser = signed_in(house.people["lu"])

    part = browser.get(at(number), headers={"HX-Request": "true"}).content.decode()

    assert part.lstrip().startswith('<div class="cere" id="room"')
    assert "<html" not in part


def test_a_room_that_looks_again_every_two_seconds_is_cheap_and_leaves_no_trace(
    house, django_assert_max_num_queries
):
    """Everybody sees the transcript within two seconds; nobody is kept signed in by that."""
    number = house.opened(draft(drill=True, key=fresh()))
    house.steps(number, "gather", "device", "make_key")
    browser = signed_in(house.people["lu"])
    asked = {"HX-Request": "true", "X-Unattended": "1"}
    before = Entry.objects.count(), list(StaffSession.objects.values())

    with django_assert_max_num_queries(15):
        part = browser.get(at(number), headers=asked).content.decode()

    assert 'hx-trigger="every 2s"' in part
    assert (Entry.objects.count(), list(StaffSession.objects.values())) == before


def test_a_ceremony_begins_once_the_signer_is_active_for_it(house):
    """CPS-6.2.8"""
    number = house.draft(draft(drill=True, key=fresh()))
    house.agree(number)
    noting.note(at=house.now())
    before = page(house, "tang", at(number)).content.decode()
    assert at(number, "ceremony-open") not in before
    assert "签名服务没有为本次仪式启用" in before
    asked = re.search(r'href="([^"]+\?ceremony=[^"]+)"', before).group(1)
    at_form = page(house, "tang", asked).content.decode()
    assert f'value="{number}"' in at_form
    assert asked.endswith("#ask-t")
    assert 'id="ask-t"' in at_form

    house.activate(number)
    noting.note(at=house.now())

    assert at(number, "ceremony-open") in page(house, "tang", at(number)).content.decode()
    assert at(number, "ceremony-open") not in page(house, "lu", at(number)).content.decode()


def test_files_and_the_record_are_there_when_they_are_attested(house):
    label = fresh("sub")
    number = house.opened(draft(kind="generate", drill=True, key=label))
    assert page(house, "tang", at(number, "ceremony-record")).status_code == 409
    assert page(house, "tang", at(number, "ceremony-made", "request")).status_code == 404
    for one in queries.script_of(queries.ceremony(number))["steps"]:
        house.step(number, one["code"])

    csr = page(house, "jiang", at(number, "ceremony-made", "request")).content
    record = page(house, "jiang", at(number, "ceremony-record")).content

    assert csr == pem.write("CERTIFICATE REQUEST", queries.result(number, "request"))
    assert ceremonies.check(ceremonies.read(record)).number == number
    assert page(house, "jiang", at(number, "ceremony-made", "device")).status_code == 200
    assert "下载全部纪要" in page(house, "jiang", at(number)).content.decode()


def test_a_certificate_is_handed_in_on_a_page_of_its_own(house):
    label, root = fresh("sub"), external_root()
    wished = house.run(draft(kind="generate", key=label))
    given = typed(
        house,
        kind="import_certificate",
        key="",
        organization="",
        name="",
        request=wished,
        issuer=pem.write("CERTIFICATE", root[1].der).decode(),
    )
    answer = page(house, "tang", reverse("ceremony-draft"), **given)
    assert answer.status_code == 302, answer.content.decode()
    number = Ceremony.objects.latest("pk").number
    house.agree(number)
    page(house, "tang", at(number, "ceremony-open"), x="1")
    house.activate(number)
    house.steps(number, "gather", "device", "make_responder")
    assert "交入证书并开始这一步" in page(house, "tang", at(number)).content.decode()
    form = page(house, "tang", at(number, "ceremony-begin", "enter"))
    assert "外部根 CA 签发的证书" in form.content.decode()
    assert page(house, "tang", at(number, "ceremony-begin", "enter"), given="").status_code == 422

    other = signed_by_root(queries.result(wished, "request"), external_root())
    text = pem.write("CERTIFICATE", other.der).decode()
    page(house, "tang", at(number, "ceremony-begin", "enter"), given=text)
    house.at = timezone.now()
    house.work()

    told = page(house, "tang", at(number)).content.decode()
    assert "不能用脚本里的外部根验证" in told
    assert step_of(number, "enter").state == "waiting"


def test_two_end_it_on_a_page_that_says_why(house):
    number = house.opened(draft(drill=True, key=fresh()))
    first = page(house, "lu", at(number, "ceremony-end")).content.decode()
    assert "中止的原因" in first
    assert page(house, "lu", at(number, "ceremony-end"), reason="x").status_code == 422
    house.end_early(number, "lu", "封条破损，停止仪式")

    second = page(house, "gao", at(number, "ceremony-end")).content.decode()
    assert "封条破损，停止仪式" in second
    assert "确认中止" in second
    house.end_early(number, "gao")
    assert "仪式已中止" in page(house, "gao", at(number)).content.decode()
    assert Attestation.objects.filter(step=None).count() == 2


def test_a_code_that_differs_leads_to_the_end_with_its_reason(house):
    """CPS-5.2.2"""
    number = house.opened(draft(drill=True, key=fresh()))
    house.begin(number, "gather")
    shown = page(house, "lu", at(number)).content.decode()
    differs = f"{at(number, 'ceremony-end')}?why=code"
    assert f'href="{differs}"' in shown

    told = page(house, "lu", differs).content.decode()

    assert "停：校对码不一致" in told
    assert 'value="校对码与打印的脚本不一致"' in told
    assert 'class="stop"' not in page(house, "lu", at(number, "ceremony-end")).content.decode()


def test_while_an_end_is_asked_for_every_room_says_stop_first(house):
    """CPS-5.2.2: one asked, and nobody is invited to sign before the second has decided."""
    number = house.opened(draft(drill=True, key=fresh()))
    house.begin(number, "gather")
    before = page(house, "gao", at(number)).content.decode()
    assert 'class="stop"' not in before
    assert before.count("等待确认") == len(CAST)
    house.end_early(number, "lu", "校对码与打印的脚本不一致")

    for login in CAST:
        shown = page(house, login, at(number)).content.decode()
        stop, _, rest = shown.partition("</section>")
        said = stop.partition('<section class="stop" role="alert"')[2]
        name = house.people["lu"].name
        assert f"{name} 要求中止：校对码与打印的脚本不一致" in said
        assert (at(number, "ceremony-end") in said) == (login != "lu")  # who asked waits
        assert rest.index("<details") < rest.index("data-attests") < rest.index("</details>")
        assert "等待确认" not in shown
        assert "?why=code" not in shown

    house.end_early(number, "gao")
    assert 'class="stop"' not in page(house, "gao", at(number)).content.decode()


def test_an_approver_reads_the_script_step_by_step(house):
    number = house.draft(draft(drill=True, key=fresh()))
    page(house, "tang", at(number, "ceremony-ask"), x="1")

    asked = Ceremony.objects.get().approval_id
    shown = page(house, "lu", reverse("approval", args=[asked])).content.decode()

    assert "签发自签名证书" in shown
    assert f'<span class="mono">{groups(Ceremony.objects.get().digest, 8)}</span>' in shown
    assert re.search(r"算法</dt>\s*<dd>SM2</dd>", shown)
    plan = queries.script_of(Ceremony.objects.get())["plan"]
    assert {plan["CN"], plan["O"]} <= set(re.findall(r"<dd[^>]*>([^<]+)</dd>", shown))
    assert re.search(rf"有效期（年）</dt>\s*<dd[^>]*>{plan['years']}</dd>", shown)
    assert re.search(rf"路径长度</dt>\s*<dd[^>]*>{plan['path_length']}</dd>", shown)


def test_who_attests_the_responders_key_reads_what_a_drill_leaves_out(house):
    """CPS-7.4"""
    number = house.opened(draft(drill=True, key=fresh(), path_length=0))
    house.steps(number, "gather", "device", "make_key")

    shown = page(house, "tang", at(number)).content.decode()

    assert "演练时不启用 CA，也不签发这张证书" in shown


def test_who_attests_reads_what_was_made(house):
    """CPS-5.2.2: the key by its fingerprint, the certificate by what it says."""
    number = house.opened(draft(drill=True, key=fresh()))
    house.steps(number, "gather")
    house.begin(number, "device")
    house.work()
    shown = page(house, "gao", at(number)).content.decode()
    looked = json.loads(bytes(step_of(number, "device").result))
    since = datetime.fromisoformat(looked["started_at"]).astimezone(SHANGHAI)
    for said in (looked["custody"]["zh"], f"{since:%Y-%m-%d %H:%M:%S}"):
        assert f"<dd>{said}</dd>" in shown
    for login in ("tang", "gao"):
        house.attest(number, "device", login)

    for code in ("make_key", "certify"):
        house.begin(number, code)
        house.work()
        shown = page(house, "gao", at(number)).content.decode()
        made = bytes(step_of(number, code).result)
        if code == "certify":
            one = certificates.parse(made)
            assert f'<span class="mono">{groups(one.fingerprint_sm3, 8)}</span>' in shown
            assert "CN=AnXin Root CA DRILL" in shown
            assert f"{one.not_after.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}" in shown
        key = one.public_key if code == "certify" else publickeys.parse(made)
        assert groups(key.fingerprint, 8) in shown
        for login in ("lu", "qin", "gao", "jiang"):
            house.attest(number, code, login)
