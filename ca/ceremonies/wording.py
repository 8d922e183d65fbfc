"""Words for ceremonies: names of codes; the sentences stand in `ca/ceremony_sentences.py`."""

from django.utils.translation import gettext_lazy as _

KINDS = {
    "generate_root": _("生成 CA 密钥并自签名"),
    "generate": _("生成 CA 密钥并导出证书请求"),
    "export_request": _("重新导出证书请求"),
    "import_certificate": _("导入外部根签发的 CA 证书"),
    "initialise": _("密码设备初始化"),
    "enrol_custodians": _("密钥管理员登记"),
    "replace_custodian": _("更换密钥管理员"),
    "activate": _("激活"),
    "deactivate": _("停用"),
    "backup": _("备份"),
    "restore": _("恢复"),
    "rollover": _("密钥更替"),
    "archive": _("归档"),
    "destroy": _("销毁"),
    "resplit": _("重新分割"),
}
PARTS = {
    "host": _("主持人"),
    "custodian": _("密钥管理员"),
    "witness": _("见证人"),
    "auditor": _("审计员"),
}
STEPS = {
    "gather": _("人员签到与校对码"),
    "device": _("密码设备检查"),
    "make_key": _("生成密钥"),
    "certify": _("签发自签名证书"),
    "request": _("签署证书请求"),
    "enter": _("核验并启用证书"),
    "close": _("封存与签署纪要"),
}
# What those who attest have to see before they do
RULES = {
    "gather": _("每个人核对在场人员和各自的角色，并逐字核对校对码：屏幕、打印的脚本和朗读一致。"),
    "device": _("核对设备编号、封条和保管方式；系统记录签名服务自己的报告。"),
    "make_key": _("密钥在密码设备内生成，不离开设备。核对公钥指纹后确认。"),
    "certify": _("证书内容出自脚本。核对主体、有效期和指纹后确认。"),
    "request": _("请求由新密钥自己签名。核对主体和公钥指纹，下载后交外部根 CA。"),
    "enter": _("系统核验公钥、名称、签名链、基本约束、有效期和格式，有一项不符就不启用。"),
    "close": _("每个人签署此前全部纪要的摘要。签署之后纪要不能再改。"),
}
STATES = {
    "drafted": _("草稿"),
    "approved": _("已批准"),
    "running": _("进行中"),
    "finished": _("已结束"),
    "aborted": _("已中止"),
    "dropped": _("已放弃"),
}
LINES = {
    "opened": _("仪式开始，脚本摘要已记入"),
    "began": _("主持人开始这一步"),
    "acted": _("系统完成这一步的操作"),
    "refused": _("这一步的操作没有通过"),
    "restarted": _("超过时限，这一步须重新开始"),
    "attested": _("签名确认"),
    "done": _("这一步完成"),
    "abort_asked": _("签名要求中止"),
    "aborted": _("仪式中止"),
    "finished": _("仪式结束"),
}
