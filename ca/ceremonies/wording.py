"""Words for ceremonies: names of codes; the sentences stand in `ca/ceremony_sentences.py`."""

from django.utils.translation import gettext_lazy as _

KINDS = {
    "generate_root": _("生成 CA 密钥并自签名"),
    "generate_subordinate": _("生成下级 CA 的密钥并由上级签发证书"),
    "generate": _("生成 CA 密钥并导出证书请求"),
    "export_request": _("重新导出证书请求"),
    "import_certificate": _("导入外部根签发的 CA 证书"),
    "initialise": _("密码设备初始化"),
    "backup": _("备份"),
    "restore": _("恢复"),
    "rollover": _("密钥更替"),
    "archive": _("归档"),
    "destroy": _("销毁"),
}
ENDINGS = {
    "expired": _("证书已到期"),
    "compromise": _("密钥泄露或可能泄露"),
    "drill": _("演练用的密钥"),
}
# What a script plans, as its form calls it
PLAN = {
    "C": _("国家（C）"),
    "O": _("机构（O）"),
    "CN": _("CA 名称（CN）"),
    "years": _("有效期（年）"),
    "path_length": _("路径长度"),
    "superior": _("上级 CA"),
    "succeeds": _("更替哪个 CA 的密钥"),
    "lineage": _("哪个 CA 的历代密钥"),
    "generation": _("第几代密钥"),
    "ending": _("归档或销毁的原因"),
    "issuer": _("外部根 CA 的证书（SM3）"),
    "request": _("已导出的证书请求（SM3）"),
}
ALGORITHMS = {"sm2": "SM2", "rsa-2048": _("RSA 2048 位")}
UNLIMITED = _("不限")
KEY_STATES = {
    "active": _("在用"),
    "archived": _("已归档"),
    "destroyed": _("已销毁"),
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
    "make_responder": _("生成 OCSP 签名密钥"),
    "certify": _("签发自签名证书"),
    "subordinate": _("上级签发下级 CA 证书"),
    "succeed": _("签发新密钥的 CA 证书"),
    "link": _("签发衔接证书"),
    "hand_over": _("启用新密钥"),
    "request": _("签署证书请求"),
    "enter": _("核验并启用证书"),
    "initialise": _("启用备用密码设备"),
    "backup": _("向备用设备备份密钥"),
    "restore": _("在备用设备恢复并试签"),
    "archive": _("归档密钥"),
    "destroy": _("销毁密钥及其备份"),
    "close": _("封存与签署纪要"),
}
# What those who attest have to see before they do
RULES = {
    "gather": _("每个人核对在场人员和各自的角色，并逐字核对校对码：屏幕、打印的脚本和朗读一致。"),
    "device": _("核对设备编号、封条和保管方式；系统记录签名服务自己的报告。"),
    "make_key": _("密钥在密码设备内生成，不离开设备。核对公钥指纹后确认。"),
    "certify": _("证书内容出自脚本。核对主体、有效期和指纹后确认。"),
    "make_responder": _(
        "CA 的 OCSP 应答由这个密钥签名，它的证书在 CA 启用时签发。核对公钥指纹后确认。"
        "演练时不启用 CA，也不签发这张证书。"
    ),
    "subordinate": _(
        "证书由上级的密钥签发；路径长度小于上级，有效期不超过上级。核对主体、颁发者、有效期和指纹后确认。"
        "演练时上级的密钥不签名，证书由演练的密钥自己签。"
    ),
    "succeed": _(
        "名称与原来的 CA 相同，密钥是新的。核对主体、颁发者、有效期和指纹后确认；这时还没有启用。"
        "演练时别的密钥不签名，证书由演练的密钥自己签。"
    ),
    "link": _(
        "新旧两个密钥互相签发证书，只信任其中一个的人也能验证另一个（RFC 4210 4.4）。"
        "核对两张证书的主体和指纹后确认。演练时旧密钥不签名。"
    ),
    "hand_over": _(
        "确认之后新密钥开始签发；旧密钥只签 CRL，直到它签发的最后一张证书到期（CPS 5.6）。"
        "核对新旧证书的指纹。"
    ),
    "request": _("请求由新密钥自己签名。核对主体和公钥指纹，下载后交外部根 CA。"),
    "enter": _("系统核验公钥、名称、签名链、基本约束、有效期和格式，有一项不符就不启用。"),
    "initialise": _("备用设备换上无人知道的口令并自检。核对设备编号和自检结果后确认。"),
    "backup": _(
        "密钥只以包裹形式送到备用设备，包裹密钥不经过任何人和网页。"
        "核对设备编号、校验值和包裹的摘要后确认。根密钥不托付给第三方（CPS 6.2.3）。"
    ),
    "restore": _(
        "备用设备用恢复的密钥签署本次仪式的文字，系统验证签名。演练之后密钥从备用设备删除。"
    ),
    "archive": _("归档的密钥保存十年，从此不再签名，签名服务也会拒绝。核对期限后确认。"),
    "destroy": _(
        "每台设备中的密钥、备份和包裹密钥全部删除，再逐台按标签和公钥查找，查不到才算销毁。"
        "相关的操作卡片由在场的人销毁并写入纪要。"
    ),
    "close": _("每个人签署此前全部纪要的摘要。签署之后纪要不能再改。"),
}
STATES = {
    "drafted": _("草稿"),
    "approved": _("已批准"),
    "running": _("进行中"),
    "finished": _("已结束"),
    "aborted": _("已中止"),
    "cancelled": _("已取消"),
    "dropped": _("已放弃"),
}
LINES = {
    "opened": _("仪式开始，脚本摘要已记入"),
    "began": _("主持人开始这一步"),
    "acted": _("系统完成这一步的操作"),
    "refused": _("这一步的操作没有通过"),
    "restarted": _("超过时限，这一步须重新开始"),
    "attested": _("签名确认"),
    "entered": _("各人确认的结果已启用"),
    "done": _("这一步完成"),
    "abort_asked": _("签名要求中止"),
    "aborted": _("仪式中止"),
    "cancelled": _("仪式在开始之前取消"),
    "finished": _("仪式结束"),
}
UNKNOWN = _("这一步的操作已开始，是否做完没有记录；请核对设备和密钥的状态")
