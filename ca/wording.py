"""Sentences for this house's rules: rule code -> msgid (see `anxin/wording.py`); names of codes."""

from django.utils.translation import gettext_lazy as _

from ca.ceremony_sentences import WORDING as CEREMONIES
from ca.custody_sentences import WORDING as CUSTODY
from ca.ending_sentences import WORDING as ENDINGS
from ca.profile_sentences import WORDING as PROFILING
from pki import oids

WORDING = {
    **CEREMONIES,
    **CUSTODY,
    "device.asked_already": _("已经有一次自检在等待执行，几秒后即有结果。没有再次发起。"),
    **ENDINGS,
    **PROFILING,
    "certificate.unknown": _("没有找到这张证书。请核对编号或序列号。"),
    "certificate.too_large": _("文件超过 %(kilobytes)s KB，不是一张证书。请重新选择。"),
    "certificate.unreadable": _(
        "这不是可以读取的证书（%(fault)s）。请选择 PEM 或 DER 格式的证书文件。"
    ),
    "crl.busy": _("正在签发这份 CRL，请过一会儿再试。没有任何改动。"),
    "crl.none_signed": _("签名服务还没有为这个颁发者签过 CRL。没有任何改动。"),
    "crl.not_later": _("数据库里已有这一份或更新的 CRL。没有任何改动。"),
    "crl.unknown": _("这个颁发者还没有签发过证书吊销列表。请稍后再试。"),
    "hierarchy.needs_ceremony": _(
        "正式环境的 CA 密钥只能在密钥仪式中由多人共同生成（CPS %(cps)s）。没有任何改动。"
    ),
    "hierarchy.not_active": _(
        "颁发者 %(code)s 还没有启用，暂时不能签发。数据未改变，请联系 CA 运行岗。"
    ),
    "hierarchy.retired": _(
        "%(code)s 已退役，密钥不再使用，不再签发任何证书和 CRL（CPS %(cps)s）。没有任何改动。"
    ),
    "hierarchy.stopped": _(
        "%(code)s 已停止签发证书（CPS %(cps)s）。数据未改变；原因和安排请看公告，或联系 CA 运行岗。"
    ),
    "hierarchy.there": _("已有代码为 %(code)s 的 CA，证书不同。没有任何改动。"),
    "hierarchy.unknown": _("没有这个颁发者。请从证书列表重新进入。"),
    "hold.expired": _("证书已经过期，冻结随之结束（CPS %(cps)s）。没有任何改动。"),
    "hold.no_warrant": _("没有相应的审批，不能冻结或解冻证书（CPS %(cps)s）。没有任何改动。"),
    "hold.unknown_cause": _("请从列出的情形中选择冻结原因（CPS %(cps)s）。"),
    "hold.warrant_used": _("证书已经冻结或解冻，或这份审批已经用过。没有再次办理。"),
    "key.certified": _(
        "这个公钥已经签发或申请过证书，一对密钥只能用一次。请用介质重新生成密钥对后再提交。"
    ),
    "key.no_term": _(
        "这种密钥没有规定的使用年限，不能签发（CPS %(cps)s）。请换用 SM2 或 RSA-2048。"
    ),
    "key.of_an_authority": _(
        "这是 CA 自己的公钥，不能为它签发用户证书。请重新生成密钥对后再提交。"
    ),
    "key.too_old": _("证书有效期超过了密钥的最长使用年限（CPS %(cps)s）。请选择较短的期限。"),
    "name.taken": _("这个主体名称已属于另一位订户。请核对是否同名，并加上能区分的编号后再提交。"),
    "order.changed_meanwhile": _("证书内容与批准时不一致，没有签发。请重新提交审核。"),
    "order.key": _("公钥不符合要求（%(fault)s），不能签发。请用介质重新生成密钥对后再提交。"),
    "order.issuer": _(
        "签发指令指定的颁发者不签发这种证书（CPS %(cps)s），没有签发。请重新提交审核。"
    ),
    "order.unreadable": _(
        "签发指令的内容无法读取，没有签发（CPS %(cps)s），其他证书照常签发。"
        "请重新提交审核，并请 CA 运行岗查看日志。"
    ),
    "order.no_warrant": _("没有相应的审批，不能签发证书（CPS %(cps)s）。没有任何改动。"),
    "operators.unproved": _(
        "这把操作员密钥没有得到证书：启用它的人没有用自己的操作员证书签名（CPS %(cps)s）。"
        "密钥和数据没有改动；请有证书的 CA 系统管理员重新审批一把新密钥。"
    ),
    "operators.ordered": _(
        "操作员证书还没有签发，一般几分钟内签发；签名服务封存时，要等两名份额持有人启用"
        "（CPS %(cps)s）。现在不需要做什么。"
    ),
    "operators.ended": _(
        "操作员证书已经到期、停用、吊销或没有签发，用它签的名不再算数（CPS %(cps)s）。"
        "请本人生成新的密钥，再由安全管理员提请、CA 系统管理员审批。"
    ),
    "operators.uncertified": _(
        "您的操作员密钥没有有效的操作员证书，用它签的名以后不能证明什么（CPS %(cps)s），没有记入。"
        "其他数据没有改动；密钥启用后证书一般几分钟内签发，请到“操作员密钥”页查看后再试。"
        "一直没有证书的，请安全管理员提请、CA 系统管理员审批一把新密钥。"
    ),
    "operators.waits": _(
        "启用这把操作员密钥的人自己的证书还在签发，这张随后签发（CPS %(cps)s）。"
        "密钥和数据没有改动，不需要做什么。"
    ),
    "order.outlives_issuer": _("证书有效期会超过颁发者自身的有效期。请选择较短的期限。"),
    "order.subject": _("证书主体名称不符合要求（%(attribute)s %(fault)s）。请更正后再提交。"),
    "order.warrant_used": _("这份审批已经用过，一份审批只签发一张证书。没有任何改动。"),
    "profile.attribute_foreign": _("这种证书的主体名称不能有 %(attribute)s。请去掉后再提交。"),
    "profile.attribute_missing": _("证书主体名称缺少 %(attribute)s。请补充后再提交。"),
    "profile.attribute_twice": _("证书主体名称里 %(attribute)s 出现了两次。请只留一个。"),
    "profile.names_foreign": _(
        "这种证书不写入域名和 IP（CPS %(cps)s）。请去掉，或改用服务器证书。"
    ),
    "profile.names_missing": _("服务器证书要有至少一个域名或 IP（CPS %(cps)s）。"),
    "profile.names_other": _("证书主体的名称应是所列域名或 IP 之一（CPS %(cps)s）。"),
    "profile.days": _("这种证书没有这个期限。请从列出的年限中选择。"),
    "profile.key_algorithm": _("这种证书要求 %(wanted)s 公钥。请用正确的算法重新生成密钥对。"),
    "profile.placeholder": _("证书主体必须是真实名称，不能匿名或用代称（CPS %(cps)s）。"),
    "profile.credit_code": _(
        "这种证书把统一社会信用代码写入国标扩展，主体中没有正确的代码（CPS %(cps)s）。"
        "请核对后再提交。"
    ),
    "profile.not_offered": _("这种证书现在不受理（CPS %(cps)s）。请选择其他证书模板。"),
    "profile.unknown": _("没有这种证书模板。请从列表中重新选择。"),
    "revocation.expired": _("证书已经过期，不需要再吊销。没有任何改动。"),
    "revocation.future": _("密钥失去控制的时间不能晚于现在。请更正后再提交。"),
    "revocation.no_warrant": _("没有相应的审批，不能吊销证书（CPS %(cps)s）。没有任何改动。"),
    "revocation.unknown_cause": _("请从列出的情形中选择吊销原因（CPS %(cps)s）。"),
    "revocation.warrant_used": _("证书已经吊销，或这份审批已经用过。没有再次吊销。"),
    "succession.another_holder": _("这张证书属于另一位订户，不能由他人更新（CPS %(cps)s）。"),
    "succession.compromised": _(
        "这对密钥的证书曾因密钥失密被吊销，不能继续使用（CPS %(cps)s）。请换用新的密钥。"
    ),
    "succession.expired": _("证书已经到期或没有生效，不能更新（CPS %(cps)s）。请重新申请证书。"),
    "succession.held": _("证书正在冻结，解冻之后才能办理（CPS %(cps)s）。"),
    "succession.revoked": _("证书已经吊销，吊销后不提供密钥更新（CPS %(cps)s）。请重新申请证书。"),
    "succession.succeeded": _("这张证书已有接替它的新证书（CPS %(cps)s）。请在新证书上办理。"),
}

PROFILES = {
    "personal-sm2-sign": _("个人签名证书（SM2）"),
    "personal-rsa-sign": _("个人签名证书（RSA）"),
    "organization-sm2-sign": _("机构签名证书（SM2）"),
    "organization-rsa-sign": _("机构签名证书（RSA）"),
    "device-sm2-sign": _("设备证书（SM2）"),
    "server-sm2-sign": _("服务器证书（SM2）"),
    "server-rsa": _("服务器证书（RSA）"),
    "operator-p256": _("操作员证书（P-256）"),
    "bench-p256-sign": _("性能测量证书（P-256）"),
}

# Documents of applicants, CPS 3.2.2, 3.2.3
EVIDENCE = {
    "application_form": _("数字证书申请表"),
    "id_front": _("身份证件（人像面）"),
    "id_back": _("身份证件（国徽面）"),
    "authorization_letter": _("授权委托书"),
    "agent_id": _("经办人身份证件"),
    "organization_letter": _("单位授权证明"),
    "sealed_form": _("数字证书申请表（签字、盖章）"),
    "licence": _("营业执照或法人证书复印件（盖章）"),
    "sealed_authorization": _("授权委托书（签字、盖章）"),
    "ownership_undertaking": _("设备归属承诺书"),
    "domain_right": _("域名使用权证明（盖章）"),
    "icp_record": _("ICP 备案或经营许可证明（盖章）"),
    "ip_right": _("IP 地址使用权证明（盖章）"),
}

# GB/T 20518 5.2.4
NATIONAL = {
    "registration_number": _("企业工商注册号"),
    "organization_code": _("企业组织机构代码"),
    "taxation_number": _("企业税号"),
}

# CPS 4.9.1
CAUSES = {
    "key_at_risk": _("私钥安全受到威胁或怀疑受到威胁"),
    "obligations_broken": _("订户违背了协议规定的义务、要求或保证"),
    "affiliation_ended": _("订户与所属组织的关系已终止"),
    "wrongly_issued": _("证书的签发没有按规定进行，或未经主体许可"),
    "content_wrong": _("证书中的信息不准确或已变更"),
    "own_wish": _("订户自愿吊销"),
    "law_or_policy": _("因法律或政策要求"),
}

# CPS 4.9.12
HOLD_CAUSES = {
    "own_wish": _("订户提出暂停使用"),
    "unpaid": _("订户未履行协议责任，如未按期缴费"),
    "authority": _("注册机构、政府主管部门或司法机关要求"),
}

KEY_USAGES = {
    "digitalSignature": _("数字签名"),
    "nonRepudiation": _("不可否认"),
    "keyEncipherment": _("密钥加密"),
    "dataEncipherment": _("数据加密"),
    "keyAgreement": _("密钥协商"),
    "keyCertSign": _("证书签名"),
    "cRLSign": _("CRL 签名"),
    "encipherOnly": _("仅加密"),
    "decipherOnly": _("仅解密"),
}

PURPOSES = {
    oids.SERVER_AUTH: _("服务器身份验证"),
    oids.CLIENT_AUTH: _("客户端身份验证"),
    oids.CODE_SIGNING: _("代码签名"),
    oids.EMAIL_PROTECTION: _("安全电子邮件"),
    oids.TIME_STAMPING: _("时间戳"),
    oids.OCSP_SIGNING: _("OCSP 签名"),
    oids.SMART_CARD_LOGON: _("智能卡登录"),
}

# States of a certificate
STATES = {
    "ordered": _("待签发"),
    "planned": _("签发中"),
    "valid": _("有效"),
    "held": _("已冻结"),
    "revoked": _("已吊销"),
    "refused": _("未能签发"),
}

VERDICTS = {
    "valid": _("有效"),
    "not_yet": _("尚未生效"),
    "expired": _("已过期"),
    "held": _("已冻结"),
    "revoked": _("已吊销"),
    "unregistered": _("不是订户证书"),
    "foreign": _("不是本机构签发"),
}

# CPS 4.5.2: what a relying party confirms, and whether it is so
STEPS = {
    ("issuer", True): _("由本机构签发，签名和证书链正确"),
    ("issuer", False): _("没有通过本机构证书链的验证"),
    ("validity", True): _("在有效期内"),
    ("validity", False): _("不在有效期内"),
    ("status", True): _("没有被吊销或冻结"),
    ("status", False): _("已被吊销、冻结，或没有登记"),
}

# RFC 5280 5.3.1, as far as the CPS uses it
REASONS = {
    "keyCompromise": _("密钥失密"),
    "cACompromise": _("CA 密钥损害"),
    "affiliationChanged": _("隶属关系或证书信息变更"),
    "superseded": _("被取代或签发有误"),
    "cessationOfOperation": _("停止使用"),
    "privilegeWithdrawn": _("权利撤销"),
}

# The life of an authority (`ca.hierarchy.life`), CPS 5.6
PHASES = {
    "planned": _("计划中"),
    "issuing": _("签发中"),
    "ended": _("已停止签发"),
    "retired": _("已退役"),
}

FRESHNESS = {
    "fresh": _("有效"),
    "due": _("待更新"),
    "soon_over": _("将过期"),
    "over": _("已过期"),
    "none": _("尚未签发"),
}

ALARMS = {
    "signer_unheard": _("没有签名服务的消息：记录它状态的后台任务可能停了。请检查后台进程。"),
    "signer_unreachable": _("签名服务没有应答，签发、CRL 和 OCSP 都在等待。请检查签名进程。"),
    "signer_locked": _(
        "签名服务是封存的，不能签名。由安全管理员发起启用，两位密钥管理员提交份额。"
    ),
    "signer_degraded": _(
        "签名设备现在不能用 %(keys)s 签名，相关的证书、CRL 或应答在等待，没有丢失。"
        "请检查设备和连接；恢复后会自动继续。"
    ),
    "helper_away": _(
        "协助签名服务 %(place)s 没有应答，业务由其他签名服务承担，没有数据丢失。"
        "请检查它的进程、主机和连接。"
    ),
    "helper_sealed": _(
        "协助签名服务 %(place)s 已封存，业务由其他签名服务承担。"
        "需要它分担时，请在“密钥保管与启用”页发起启用。"
    ),
    "helper_degraded": _(
        "协助签名服务 %(place)s 的设备有密钥不能签名，业务由其他签名服务承担，没有数据丢失。"
        "请检查设备和连接；恢复后会自动继续。"
    ),
    "helper_other_set": _(
        "协助签名服务 %(place)s 的份额持有人与主签名服务不同，原来的份额仍能打开它。"
        "请马上停止它，重新复制主签名服务的文件后再启动。"
    ),
    "stop_waits": _(
        "停用密钥的命令还没有送到这些签名服务：%(places)s（0 为主签名服务）。"
        "连上后先封存，不会再签名；在此之前请在它的主机上停止签名进程。"
    ),
    "stop_refused": _(
        "一天内有 %(count)s 条停用密钥的命令不能由签名证明，没有执行，密钥状态没有改变。"
        "请向下令的人核实，并查看日志。"
    ),
    "device_failed": _(
        "密码设备自检没有通过。签名可能在等待；请到“密码设备”页查看原因和处理办法。"
    ),
    "device_untested": _("一天以上没有通过的密码设备自检。请到“密码设备”页查看，或检查后台任务。"),
    "custodians_few": _(
        "能到场的份额持有人只有 %(count)s 位，不足 2 位就不能启用密钥。请安排人员到岗或重新分发。"
    ),
    "drills_overdue": _(
        "有 %(count)s 份密钥份额半年内没有打开过，不能确定还能用。"
        "请持有人在“密钥保管与启用”页演练。"
    ),
    "custodian_away": _(
        "有份额持有人不能到场。请在 %(day)s 前恢复其岗位，或重新分发份额（CPS 6.2.2）。"
    ),
    "activation_ends": _(
        "签名服务的启用还有 %(hours)s 小时结束，到时停止签发。请提前发起下一次启用。"
    ),
    "crl_behind": _(
        "数据库恢复后，签名服务拒绝 %(authority)s 的 CRL：它签过编号更大的 CRL。"
        "请按运行文档用 adopt_crl 补登签名服务记住的最后一份 CRL。"
    ),
    "crl_over": _("%(authority)s 的 CRL 已过期，依赖方无法核对吊销状态。请立即签发。"),
    "crl_none": _("%(authority)s 还没有 CRL。请立即签发。"),
    "crl_soon_over": _("%(authority)s 的 CRL 即将过期。请检查后台任务，或立即签发。"),
    "crl_due": _("%(authority)s 的 CRL 已过计划签发时间。"),
    "directory_waits": _(
        "有 %(count)s 项等待发布到目录服务，最早的已等 %(hours)s 小时，应在 24 小时内发布。"
        "请检查目录服务和后台任务。"
    ),
    "directory_down": _("目录服务（LDAP）无法发布：%(fault)s。证书照常签发，恢复后补发。"),
    "orders_wait": _("有证书等待签发已超过 %(minutes)s 分钟。请检查签名服务和后台任务。"),
    "profiles_unproved": _(
        "有证书在等待签发：证书模板版本 %(profiles)s 的批准现在不能由签名证明，签发程序不使用它；"
        "没有数据丢失，能证明后自动继续。请查看投票人的操作员证书；"
        "密钥已更换、没有签发过证书的，请提出新版本并由策略委员会同意，"
        "新版本启用后这些申请会回到审核。"
    ),
    "replaced_stand": _(
        "有 %(count)s 张证书已由新证书接替，但没有能随之吊销，现在仍然有效；系统会自动再试。"
        "请查看审计日志中“吊销证书”被拒绝的原因，并为这些证书办理吊销。"
    ),
    "orders_refused": _("今天有 %(count)s 张证书被签发检查拒绝。请查看审计日志中的原因。"),
    "operators_end": _(
        "%(count)s 位工作人员的操作员证书已到期或 30 天内到期。到期后其密钥不能用于登录，"
        "也不能再启用他人的密钥、参加密钥仪式；已办完的不受影响。请他们生成新的密钥并提请启用。"
    ),
    "archives_over": _(
        "密钥 %(keys)s 已归档满十年，应当销毁（CPS 6.2.5）。它不再签名，没有别的影响；"
        "请安排“销毁”仪式。"
    ),
    "issuing_ends": _(
        "%(authority)s 将于 %(day)s 停止签发（CPS 5.6）：此后签发的证书会超过它的有效期。"
        "请安排密钥更替仪式。"
    ),
    "issuing_ends_soon": _(
        "%(authority)s 将于 %(day)s 停止签发（CPS 5.6），不到半年。请确定密钥更替仪式的日期和人员。"
    ),
    "issuing_ends_now": _(
        "%(authority)s 将于 %(day)s 停止签发（CPS 5.6），不到三个月。请立即举行密钥更替仪式。"
    ),
    "issuing_over": _(
        "%(authority)s 已于 %(day)s 停止签发（CPS 5.6），CRL 和 OCSP 照常。"
        "请举行密钥更替仪式，由新密钥继续签发。"
    ),
    "responder_ends": _(
        "%(authority)s 的 OCSP 签名证书 %(days)s 天后到期，自动换发没有成功。"
        "请检查后台任务和签名服务。"
    ),
}

# Why nothing can be put into the directory at present
DIRECTORY_FAULTS = {
    "unreachable": _("连接不上"),
    "lost": _("连接中断或没有应答"),
    "tls": _("加密连接（TLS）没有建立，请检查对方证书和 CA 文件"),
    "credentials": _("登录名或口令不对"),
    "refused": _("对方拒绝登录"),
    "password": _("口令文件不能读取"),
}

# What a signer signs (pki.signer.protocol.KINDS)
SIGNED_KINDS = {
    "certificate": _("证书"),
    "crl": _("吊销列表"),
    "ocsp": _("OCSP 应答"),
    "ca-certificate": _("CA 证书"),
    "request": _("证书请求"),
    "time-stamp": _("时间戳"),
}

# As certificates and lists name what they are signed by (`pki.signatures`)
SIGNATURES = {
    "sm2-sm3": "SM2 + SM3",
    "rsa-sha256": "RSA + SHA-256",
    "ecdsa-sha256": "ECDSA + SHA-256",
}
# Models of devices that need a word; others say who makes them
MODELS = {"software": _("软件")}
