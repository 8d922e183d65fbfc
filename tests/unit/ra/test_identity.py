"""What an applicant may say of himself (CPS-3.1.2, CPS-3.1.3, CPS-3.2.3). Invented people only."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anxin.kernel.errors import Refusal
from ra.applicants import names, numbers
from ra.applicants.kinds import PERSON
from ra.applicants.rules import FIELDS, judge, mask, shown, validate_field

TODAY = date(2026, 11, 20)
GOOD = {
    "name": "林知夏",
    "document_type": "resident_id",
    "document_number": "330199199203150020",
    "phone": "13800002607",
}


def rule(code, text, **more):
    with pytest.raises(Refusal) as refused:
        validate_field(code, text, today=TODAY, **more)
    assert refused.value.field == code
    assert refused.value.cps
    return refused.value.rule


def valid(code, text, **more):
    return validate_field(code, text, today=TODAY, **more)


# --- numbers ---------------------------------------------------------------------------------


def test_the_specimens_of_the_standards_pass():
    """GB 11643 annex, GB 32100: published specimens, recomputed."""
    assert numbers.citizen_fault("11010519491231002X", TODAY) == ""
    assert numbers.citizen_check_digit("44052418800101001") == "4"
    assert numbers.credit_fault("91110000600037341L") == ""


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("33019919920315002", "form"),
        ("3301991992031500200", "form"),
        ("33019919920315002A", "form"),
        ("X30199199203150020", "form"),
        ("330199199202300027", "birth_date"),
        ("330199199213150025", "birth_date"),
        ("330199202611210029", "age"),
        ("330199190511190023", "age"),
        ("330199199203150021", "check_digit"),
        ("330199199203150002", "form"),
        ("990199199203150023", "is_foreign"),
        ("170199199203150020", "region"),
        ("810000199001010019", "is_permit"),
    ],
)
def test_a_wrong_resident_number_is_told_apart(number, fault):
    assert rule("document_number", number) == f"identity.number_{fault}"


@given(position=st.integers(0, 17), shift=st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(position, shift):
    """GB 11643: the check digit finds every single error."""
    right = "330199199203150020"
    wrong = str((int(right[position]) + shift) % 10)
    altered = right[:position] + wrong + right[position + 1 :]

    assert numbers.citizen_fault(altered, TODAY) != ""


@given(position=st.integers(0, 16))
def test_two_swapped_digits_are_always_noticed(position):
    right = "330199198807120012"
    swapped = list(right)
    swapped[position], swapped[position + 1] = swapped[position + 1], swapped[position]
    altered = "".join(swapped)

    assert altered == right or numbers.citizen_fault(altered, TODAY) != ""


def test_a_birthday_today_is_no_future():
    number = "33019920261120001"

    assert numbers.citizen_fault(number + numbers.citizen_check_digit(number), TODAY) == ""


@pytest.mark.parametrize(
    "typed",
    [
        "11010519491231002x",
        "１１０１０５１９４９１２３１００２Ｘ",
        " 110105 19491231 002X ",
        "110105-19491231-002X",
    ],
)
def test_a_number_is_kept_in_one_spelling(typed):
    assert valid("document_number", typed) == "11010519491231002X"


@pytest.mark.parametrize(
    ("document", "number", "kept"),
    [
        ("residence_permit", "810000199001010019", "810000199001010019"),
        ("foreign_resident", "911156198505050038", "911156198505050038"),
        ("foreign_resident", "chn310190012345", "CHN310190012345"),
        ("passport", "E12345678", "E12345678"),
        ("passport", "ea-1234567", "EA1234567"),
    ],
)
def test_other_documents_have_numbers_of_their_own(document, number, kept):
    assert valid("document_number", number, document_type=document) == kept


@pytest.mark.parametrize(
    ("document", "number", "fault"),
    [
        ("residence_permit", "330199199203150020", "no_permit"),
        ("residence_permit", "810000199001010018", "check_digit"),
        ("foreign_resident", "911156198505050039", "check_digit"),
        ("foreign_resident", "CHN31019001234", "foreign"),
        ("passport", "E123", "passport"),
        ("passport", "ABCDEFGH", "passport"),
        ("passport", "E1234567890123456789", "passport"),
        ("", "330199199203150020", "of_what"),
        ("library_card", "330199199203150020", "of_what"),
    ],
)
def test_wrong_numbers_of_other_documents_are_refused(document, number, fault):
    told = rule("document_number", number, document_type=document)

    assert told == f"identity.number_{fault}"


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("91110000600037341", "form"),
        ("9111000060003734II", "form"),
        ("91110000600037341M", "check_digit"),
        ("91330199MA00XRT60Q", "organisation"),
        ("9I110000600037341L", "form"),
    ],
)
def test_a_wrong_credit_code_is_refused(code, fault):
    """CPS-3.1.2: GB 32100 and the organisation code within it."""
    assert rule("organization_code", code) == f"identity.credit_code_{fault}"


def test_a_credit_code_is_kept_in_one_spelling():
    assert valid("organization_code", "９１１１００００６０００３７３４１l") == "91110000600037341L"


# --- names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("林知夏", "林知夏"),
        ("林 知 夏", "林知夏"),
        ("阿布都热依木•买买提", "阿布都热依木·买买提"),
        ("𬱖䶮㐂", "𬱖䶮㐂"),
        ("Anna  Maria O'Neill", "Anna Maria O'Neill"),
        ("Ｌｉｎ Zhixia", "Lin Zhixia"),
        ("José Núñez-Pérez", "José Núñez-Pérez"),
    ],
)
def test_real_names_pass_rare_characters_included(typed, kept):
    assert valid("name", typed) == kept


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("林", "length"),
        ("林" * 65, "length"),
        ("匿名", "placeholder"),
        ("化名", "placeholder"),
        ("Anonymous", "placeholder"),
        ("测试", "placeholder"),
        ("林某", "placeholder"),
        ("林*夏", "placeholder"),
        ("啊啊啊", "placeholder"),
        ("林知夏1", "characters"),
        ("林\u202e夏", "characters"),
        ("林\u200b夏", "characters"),
        ("林\ue000夏", "characters"),
        ("<b>林</b>", "characters"),
        ("林;夏", "characters"),
        ("·林夏", "characters"),
    ],
)
def test_nobody_is_anonymous_or_unprintable(typed, fault):
    """CPS-3.1.3"""
    assert rule("name", typed) == f"identity.name_{fault}"


def test_an_organisation_may_have_brackets_and_digits():
    assert valid("organization", "栖原（江海）第1科技有限公司") == "栖原(江海)第1科技有限公司"


# --- telephone, e-mail -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["138 0000 2607", "+86 13800002607", "138-0000-2607", "１３８００００２６０７"]
)
def test_a_telephone_is_kept_in_one_spelling(typed):
    assert valid("phone", typed) == "13800002607"


@pytest.mark.parametrize(
    "typed", ["12800002607", "1380000260", "138000026071", "02112345678", "abc"]
)
def test_what_is_no_mobile_number_is_refused(typed):
    assert rule("phone", typed) == "identity.phone"


@pytest.mark.parametrize("typed", ["a@b.cn", "Lin.Zhixia+ca@Example.CN"])
def test_e_mail_addresses_pass(typed):
    assert "@" in valid("email", typed)


@pytest.mark.parametrize(
    "typed",
    ["@example.cn", "a@b", "a b@example.cn", "a@@b.cn", "a..b@example.cn", "a@-b.cn", "林@例.cn"],
)
def test_what_is_no_e_mail_address_is_refused(typed):
    assert rule("email", typed) == "identity.email"


@pytest.mark.parametrize(
    ("code", "text", "told"),
    [
        ("name", "   ", "identity.empty"),
        ("shoe_size", "42", "identity.no_such_field"),
        ("document_type", "library_card", "identity.document_type"),
    ],
)
def test_the_rest_is_refused_by_name(code, text, told):
    assert rule(code, text) == told


# --- the whole form --------------------------------------------------------------------------


def test_a_right_form_has_no_faults():
    kept, wrong = judge(GOOD, PERSON.fields, today=TODAY)

    assert (kept, wrong) == (GOOD, [])


def test_everything_that_is_wrong_is_told_at_once_and_kept_as_typed():
    kept, wrong = judge(GOOD | {"name": "匿名", "phone": "12345"}, PERSON.fields, today=TODAY)

    assert {refusal.field for refusal in wrong} == {"name", "phone"}
    assert kept["phone"] == "12345"


def test_an_empty_form_misses_what_is_needed_and_nothing_else():
    _, wrong = judge({}, PERSON.fields, today=TODAY)

    assert {refusal.field for refusal in wrong} == set(GOOD)


def test_an_agent_is_asked_for_whole_or_not_at_all():
    """CPS-3.2.3, CPS-3.2.6"""
    _, alone = judge(GOOD | {"agent_document_type": "resident_id"}, PERSON.fields, today=TODAY)
    _, named = judge(GOOD | {"agent_name": "方沐辰"}, PERSON.fields, today=TODAY)

    assert alone == []
    assert {refusal.field for refusal in named} == {
        "agent_document_type",
        "agent_document_number",
        "agent_phone",
    }


def test_nobody_is_his_own_agent():
    agent = {
        "agent_name": "林知夏",
        "agent_document_type": "resident_id",
        "agent_document_number": GOOD["document_number"],
        "agent_phone": "13800002607",
    }
    _, wrong = judge(GOOD | agent, PERSON.fields, today=TODAY)

    assert [refusal.rule for refusal in wrong] == ["identity.agent_is_applicant"]


def test_an_organisation_has_a_name_and_a_code():
    _, wrong = judge(GOOD | {"organization": "栖原科技有限公司"}, PERSON.fields, today=TODAY)

    assert [(one.field, one.rule) for one in wrong] == [
        ("organization_code", "identity.organization_incomplete")
    ]


def test_fields_nobody_asked_for_are_not_kept():
    kept, _ = judge(GOOD | {"shoe_size": "42"}, PERSON.fields, today=TODAY)

    assert "shoe_size" not in kept


# --- masks -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "value", "told"),
    [
        ("document_number", "330199199203150020", "3301991992****0020"),
        ("document_number", "E12345678", "*******78"),
        ("phone", "13800002607", "138****2607"),
        ("name", "林知夏", "林*夏"),
        ("name", "方沐", "方*"),
        ("name", "Anna Maria", "A*** M***"),
        ("email", "zhixia@example.cn", "z***@example.cn"),
    ],
)
def test_values_are_shown_masked(code, value, told):
    """WP-6.4"""
    assert shown(code, value) == told


def test_every_personal_field_has_a_mask():
    personal = {code for code in FIELDS if "name" in code or "number" in code or "phone" in code}

    public = {"legal_name", "device_name", "host_name", "other_names"}  # of organisations, devices
    assert {code for code in personal if not FIELDS[code].masked} == public


def test_a_mask_never_shows_a_short_value_whole():
    assert mask("1234", 3, 4) == "**34"
    assert names.masked("林") == "林*"
