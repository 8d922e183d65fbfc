"""Sentences for the identity rules, and names for fields and codes."""

from django.utils.translation import gettext_lazy as _

FIELD_LABELS = {
    "name": _("姓名"),
    "document_type": _("证件类型"),
    "document_number": _("证件号码"),
    "phone": _("手机号"),
    "email": _("电子邮箱"),
    "organization": _("所在单位名称"),
    "organization_code": _("单位统一社会信用代码"),
    "legal_name": _("单位全称"),
    "credit_code": _("统一社会信用代码"),
    "device_name": _("设备名称"),
    "host_name": _("主域名或 IP 地址"),
    "other_names": _("其他域名和 IP 地址（每行一个）"),
    "agent_name": _("经办人姓名"),
    "agent_document_type": _("经办人证件类型"),
    "agent_document_number": _("经办人证件号码"),
    "agent_phone": _("经办人手机号"),
}
DOCUMENT_TYPES = {
    "resident_id": _("居民身份证"),
    "residence_permit": _("港澳台居民居住证"),
    "foreign_resident": _("外国人永久居留身份证"),
    "passport": _("护照"),
}

GROUPS = {
    "applicant": _("申请人"),
    "agent_if_any": _("经办人（代办时填写）"),
    "organization": _("申请单位"),
    "agent": _("经办人"),
    "device": _("设备"),
    "server": _("服务器"),
    "responsible": _("设备责任人（单位的设备须填单位）"),
}

WORDING = {
    "kinds.not_offered": _("现在不能申请这种证书（CPS %(cps)s）。请从列表中选择证书模板。"),
    "kinds.unverified": _(
        "要写入证书的内容里，有一项没有经过核验，或核验之后又改过（CPS %(cps)s）。"
        "请核对材料，由受理员重新记录核验。"
    ),
    "identity.host_length": _(
        "主域名写入证书主体，不能超过 64 个字符（CPS %(cps)s）。请换一个较短的，其余写在下面。"
    ),
    "identity.many_hosts": _("一件申请最多 20 个域名和 IP 地址（CPS %(cps)s）。请分成几件申请。"),
    "identity.device_length": _("设备名称应为 %(few)s 至 %(many)s 个字。"),
    "identity.device_placeholder": _("请填写设备的真实名称或编号（CPS %(cps)s）。"),
    "identity.device_characters": _("设备名称里有不能使用的字符。请用文字、数字和常用符号。"),
    "identity.empty": _("这一项必须填写。"),
    "identity.no_such_field": _("没有这一项。请刷新页面再试。"),
    "identity.name_length": _("姓名应为 %(few)s 至 %(many)s 个字。请按证件填写。"),
    "identity.name_placeholder": _(
        "请填写证件上的真实姓名，不能用化名、代称或占位文字（CPS %(cps)s）。"
    ),
    "identity.name_characters": _(
        "姓名里有不能使用的字符（数字、符号或无法显示的字）。生僻字可以直接输入，请按证件填写。"
    ),
    "identity.document_type": _("请从列表中选择证件类型。"),
    "identity.number_form": _("证件号码应为 18 位：17 位数字加 1 位数字或 X。请对照证件检查。"),
    "identity.number_birth_date": _("证件号码第 7 至 14 位不是一个真实的日期。请对照证件检查。"),
    "identity.number_age": _(
        "按证件号码推算的出生日期不合理（晚于今天或超过 120 年）。请对照证件检查。"
    ),
    "identity.number_check_digit": _("证件号码的校验位不对，可能输错了一位。请对照证件检查。"),
    "identity.number_region": _("证件号码前两位不是省级行政区代码。请对照证件检查。"),
    "identity.number_is_permit": _(
        "这是港澳台居民居住证的号码，请把证件类型改为港澳台居民居住证。"
    ),
    "identity.number_no_permit": _(
        "港澳台居民居住证号码以 81、82 或 83 开头。请核对证件类型和号码。"
    ),
    "identity.number_is_foreign": _("这是外国人永久居留身份证的号码，请把证件类型改过来。"),
    "identity.number_foreign": _(
        "永久居留身份证号码为 18 位数字（9 开头），旧版为 3 个字母加 12 位数字。请对照检查。"
    ),
    "identity.number_passport": _("护照号码应为 5 至 17 位字母和数字。请对照护照检查。"),
    "identity.number_of_what": _("请先选择证件类型，再填写证件号码。"),
    "identity.phone": _("手机号应为 11 位数字，以 13 至 19 开头。请检查后再填。"),
    "identity.email": _("电子邮箱的格式不对。请检查后再填，没有可以不填。"),
    "identity.organization_length": _(
        "单位名称应为 %(few)s 至 %(many)s 个字。请按营业执照填写全称。"
    ),
    "identity.organization_placeholder": _("请填写单位的真实全称（CPS %(cps)s）。"),
    "identity.organization_characters": _("单位名称里有不能使用的字符。请按营业执照填写全称。"),
    "identity.credit_code_form": _(
        "统一社会信用代码应为 18 位数字和大写字母（没有 I、O、S、V、Z）。请对照营业执照检查。"
    ),
    "identity.credit_code_check_digit": _(
        "统一社会信用代码的校验位不对，可能输错了一位。请对照营业执照检查。"
    ),
    "identity.credit_code_organisation": _(
        "统一社会信用代码中第 9 至 17 位的组织机构代码校验不对。请对照营业执照检查。"
    ),
    "identity.agent_is_applicant": _("经办人与申请人是同一证件。本人办理不用填经办人。"),
    "identity.organization_incomplete": _("单位名称和统一社会信用代码要一起填写，或都不填。"),
}
