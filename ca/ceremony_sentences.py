"""Sentences for the rules of ceremonies, below all rooms: `ca/wording.py` joins them."""

from django.utils.translation import gettext_lazy as _

# Rules of the signer that people meet in the ceremony room; the others are named by their code.
AT_SIGNER = {
    "spare.none": _(
        "签名服务没有备用设备，这一步没有做。请运维按部署说明配置备用设备并重新启动签名服务，"
        "为本次仪式启用后重新开始这一步。"
    ),
    "spare.not_initialised": _(
        "备用设备还没有启用，这一步没有做完。已经做了的部分会保留；"
        "请先举行“密码设备初始化”的仪式，再重新开始这一步。"
    ),
    "spare.in_use": _(
        "备用设备里已经有密钥，没有启用它，里面的密钥没有改动。请换一台空的设备，再重新开始这一步。"
    ),
    "spare.officer": _(
        "没有得到设备安全员的 PIN，或者设备没有应答，没有做成备份；原来的备份仍然有效。"
        "请运维把 PIN 文件放到签名服务的主机上并检查设备，再重新开始这一步。"
    ),
    "signer.officer": _(
        "PIN 文件里没有这台设备的安全员的 PIN，没有做成备份；原来的备份仍然有效。"
        "请补上“设备名 PIN”一行，再重新开始这一步。"
    ),
    "signer.secret_file": _(
        "签名服务读不到 PIN 文件：文件不在、是空的，或者别人也能读。这一步没有做完，"
        "原来的备份仍然有效；请把文件放好（权限 600），再重新开始这一步。"
    ),
    "signer.home": _(
        "有一个签名服务正在备用设备上工作，这一步没有做完。已经做了的部分会保留；"
        "请停下那个签名服务，再重新开始这一步，它会接着做。"
    ),
    "keeping.remains": _(
        "设备里还查得到这个密钥，没有记为已销毁；已经删除的不能恢复。"
        "请按仪式记录里的名称从设备删除剩下的对象，再重新开始这一步。"
    ),
    "token.destroy_by_hand": _(
        "这种设备（SDF）只能由人销毁密钥，没有记为已销毁。"
        "请两人用设备自带的工具销毁密钥和它的备份，再重新开始这一步：设备里查不到了才记为已销毁。"
    ),
}

WORDING = {
    **AT_SIGNER,
    "ceremonies.unknown": _("没有这个密钥仪式。请从列表重新进入。"),
    "ceremonies.unknown_step": _("这个仪式没有这一步，或者这一步没有产生文件。没有任何改动。"),
    "ceremonies.kind": _("请从列出的类型中选择仪式类型。"),
    "ceremonies.label": _(
        "密钥标签用小写字母开头，2 到 39 个小写字母、数字或连字符；drill- 开头的只用于演练。"
    ),
    "ceremonies.label_taken": _("密钥标签 %(label)s 已经用过或已有这个 CA。请换一个标签。"),
    "ceremonies.algorithm": _("请从列出的算法中选择（CPS %(cps)s）。"),
    "ceremonies.device": _("请写明密码设备，最多 60 个字。"),
    "ceremonies.organization": _("请写明 CA 所属的机构（CPS %(cps)s）。"),
    "ceremonies.name": _("请写明 CA 的名称（CPS %(cps)s）。"),
    "ceremonies.term": _("请填写有效期，1 到 30 年（CPS %(cps)s）。"),
    "ceremonies.path_length": _("请填写路径长度，0 到 5（CPS %(cps)s）。"),
    "ceremonies.request": _("请选择已导出的证书请求（CPS %(cps)s）。"),
    "ceremonies.issuer": _("请给出外部根 CA 的证书（CPS %(cps)s）。"),
    "ceremonies.two_parts": _(
        "%(name)s 担任了两个角色。主持人、密钥管理员、见证人和审计员必须是不同的人（CPS %(cps)s）。"
    ),
    "ceremonies.too_few": _(
        "人员不齐：至少 %(custodians)s 名密钥管理员、一名见证人和一名审计员（CPS %(cps)s）。"
    ),
    "ceremonies.role_ended": _(
        "%(name)s 现在没有所需的岗位（CPS %(cps)s），这一步不能做。没有任何改动；"
        "请恢复岗位，或者两人中止后用新脚本重新举行。"
    ),
    "ceremonies.not_present": _("您不在这个仪式的人员之中（CPS %(cps)s）。没有任何改动。"),
    "ceremonies.not_host": _("这一步由主持人来做（CPS %(cps)s）。没有任何改动。"),
    "ceremonies.not_asked": _("这一步由其他人确认（CPS %(cps)s）。没有任何改动。"),
    "ceremonies.attested": _("您已经确认过这一步。没有重复记入。"),
    "ceremonies.asked": _("仪式正在等待审批。请先在“待我审批”撤回。"),
    "ceremonies.admin_agrees": _(
        "同意的人里须有一名 CA 系统管理员（CPS %(cps)s）。您的意见没有记入，请等他先审批。"
    ),
    "ceremonies.not_running": _("仪式没有开始或已经结束。没有任何改动，请刷新页面再看。"),
    "ceremonies.closed": _("这一步现在不需要确认。没有任何改动，请刷新页面再看。"),
    "ceremonies.late": _("这一步的时限已过，由主持人重新开始。您的确认没有记入。"),
    "ceremonies.turn": _("前面的步骤还没有完成（CPS %(cps)s）。没有任何改动。"),
    "ceremonies.given": _("请粘贴外部根 CA 签发的证书（PEM），最多 2 万个字符。"),
    "ceremonies.reason": _("请写明原因，4 到 %(most)s 个字。"),
    "ceremonies.no_abort": _("还没有人提出中止。没有任何改动。"),
    "ceremonies.abort_alone": _("中止须由另一人确认（CPS %(cps)s）。仪式没有中止。"),
    "ceremonies.entering": _(
        "系统正在做这一步，或正在启用各人确认的结果，现在不能中止（CPS %(cps)s）。"
        "仪式没有中止，原因没有记入；请等系统做完，或等这一步的时限过去再看。签名服务已封存时，请先由密钥管理员为本次仪式启用；"
        "长时间没有进展的，请系统运维检查后台任务是否在运行；"
        "密钥须马上停用时，请在“密钥保管与启用”页紧急停用。"
    ),
    "ceremonies.unproved": _(
        "系统没有做这一步：已签名的审批和确认不能证明它（%(fault)s，CPS %(cps)s）。没有任何改动。"
        "安全管理员和审计员已得到通知；请两人中止仪式，查明原因后用新脚本重新举行。"
    ),
    "ceremonies.not_attested": _(
        "这个文件和在场人员签名确认的内容不符（%(fault)s，CPS %(cps)s），没有导出。"
        "仪式没有改动；请不要使用它，并通知安全管理员和审计员。"
    ),
    "ceremonies.no_paper": _("已签名的纪要（PDF/A）还没有生成。请稍后刷新页面再下载。"),
    "ceremonies.goes_on": _("仪式还没有结束，没有可导出的纪要。"),
    "ceremonies.device_locked": _(
        "签名服务是封存的（CPS %(cps)s），这一步没有做。请先由密钥管理员启用，再重新开始这一步。"
    ),
    "ceremonies.not_for_ceremony": _(
        "签名服务是为日常签发启用的（CPS %(cps)s），不能做仪式的操作。"
        "请密钥管理员为仪式启用，再重新开始这一步。"
    ),
    "ceremonies.other_ceremony": _(
        "签名服务是为仪式 %(number)s 启用的（CPS %(cps)s），不能用于这一次。"
        "请密钥管理员为本次仪式启用，再重新开始这一步。"
    ),
    "ceremonies.key_there": _(
        "密钥 %(label)s 在仪式开始之前已经存在（CPS %(cps)s），没有使用它。"
        "请两人中止，换一个标签重新举行。"
    ),
    "ceremonies.no_key": _(
        "签名服务里没有可用的密钥 %(label)s（CPS %(cps)s）。没有任何改动，请核对密钥标签。"
    ),
    "ceremonies.act_refused": _(
        "签名服务没有做完这一步（%(fault)s）。已经做了的部分会保留；请按原因处理后重新开始这一步，它会接着做。"
    ),
    "keeping.unknown_key": _("没有密钥 %(label)s。请填写 CA 的代码，或生成密钥的仪式用的标签。"),
    "keeping.device_drill": _(
        "备用设备的初始化不能演练：它会真的启用这台设备。没有任何改动；请用一台不在用的设备按正式仪式举行。"
    ),
    "keeping.drill_key": _(
        "%(label)s：演练只用 drill- 开头的密钥，正式仪式不用。请改标签，或改选是否演练。"
    ),
    "keeping.ending": _("请选择归档或销毁的原因；演练只用于演练的密钥（CPS %(cps)s）。"),
    "keeping.over": _("密钥 %(label)s 已归档或已销毁（CPS %(cps)s）。没有任何改动。"),
    "keeping.no_copy": _("密钥 %(label)s 还没有备份（CPS %(cps)s）。请先举行备份仪式。"),
    "keeping.in_force": _(
        "密钥 %(label)s 的 CA 证书有效到 %(day)s，不能归档或销毁（CPS %(cps)s）。"
        "请等到期；密钥泄露时选择泄露。"
    ),
    "keeping.period": _(
        "密钥 %(label)s 须先归档并保存十年（到 %(day)s）才能销毁（CPS %(cps)s）。没有任何改动。"
    ),
    "keeping.helper_has_it": _(
        "主签名服务已做完这一步，但协助签名服务 %(places)s 还有密钥 %(label)s，"
        "或者没有应答、没有启用（CPS %(cps)s）。这一步没有记为完成；"
        "请运维按部署说明（docs/running.md）处理：归档的更新 keys.json 后重新启动，"
        "销毁的去掉密钥后重新启用；再重新开始这一步。"
    ),
    "keeping.signs_nothing": _(
        "密钥 %(label)s 已归档或已销毁，不再签名（CPS %(cps)s）。没有任何改动。"
    ),
    "keeping.device_failed": _(
        "备用设备自检没有通过（%(checks)s，CPS %(cps)s）。请检修设备，再重新开始这一步。"
    ),
    "keeping.wrong_signature": _(
        "备用设备的试签不能用密钥 %(label)s 的公钥验证（CPS %(cps)s）。请中止仪式并检修设备。"
    ),
    "importing.unreadable": _("这不是可以读取的证书（CPS %(cps)s）。没有任何改动，请核对文件。"),
    "importing.issuer": _("这不是 CA 的证书，不能作为外部根（CPS %(cps)s）。请核对文件。"),
    "importing.key": _(
        "证书里的公钥不是请求里的那一个（CPS %(cps)s）。证书没有启用，请核对是否拿错文件。"
    ),
    "importing.name": _(
        "证书的主体是 %(found)s，请求的是 %(wanted)s（CPS %(cps)s）。"
        "证书没有启用，请退回外部根 CA。"
    ),
    "importing.chain": _(
        "证书不能用脚本里的外部根验证（%(fault)s，CPS %(cps)s）。证书没有启用，请核对两张证书。"
    ),
    "importing.constraints": _(
        "证书没有 CA 的基本约束或密钥用法（CPS %(cps)s）。证书没有启用，请退回外部根 CA。"
    ),
    "importing.path_length": _(
        "证书的路径长度是 %(found)s，脚本规定 %(wanted)s（CPS %(cps)s）。"
        "证书没有启用，请退回外部根 CA。"
    ),
    "importing.validity": _(
        "证书有效期超出外部根，或超过密钥的最长使用年限（CPS %(cps)s）。证书没有启用。"
    ),
    "importing.form": _(
        "证书格式不符合规定（%(findings)s，CPS %(cps)s）。证书没有启用，请退回外部根 CA。"
    ),
    "ceremonies.superior": _("请选择为它签发证书的上级 CA（CPS %(cps)s）。"),
    "ceremonies.succeeds": _("请选择更替哪个 CA 的密钥（CPS %(cps)s）。"),
    "hierarchy.issuing_ended": _(
        "%(code)s 已于 %(day)s 停止签发（CPS %(cps)s），因为证书会超过它的有效期。没有任何改动；"
        "密钥更替后由新密钥签发，请联系 CA 系统管理员。"
    ),
    "hierarchy.too_long": _("CA 证书有效期超过了密钥的最长使用年限（CPS %(cps)s）。没有任何改动。"),
    "hierarchy.path_length": _(
        "上级 %(code)s 只允许路径长度不超过 %(most)s 的下级 CA（CPS %(cps)s）。没有任何改动。"
    ),
    "hierarchy.superior_algorithm": _(
        "下级 CA 的算法须与上级相同（CPS %(cps)s）。没有任何改动，请另选算法或上级。"
    ),
    "hierarchy.superior_name": _(
        "下级 CA 的国家须与上级相同，名称须与上级不同（CPS %(cps)s）。没有任何改动。"
    ),
    "hierarchy.name_taken": _(
        "已有 CA 使用这个名称（CPS %(cps)s）。没有任何改动；更换它的密钥请用“密钥更替”。"
    ),
    "hierarchy.outlives_superior": _(
        "CA 证书会超过上级 %(code)s 的有效期（至 %(day)s，CPS %(cps)s）。没有任何改动；"
        "请缩短年限，或先更替上级的密钥。"
    ),
    "hierarchy.external": _(
        "%(code)s 的证书由外部根签发（CPS %(cps)s）。没有任何改动；"
        "请用“生成 CA 密钥并导出证书请求”，再导入外部根签发的证书。"
    ),
    "hierarchy.key_worn": _(
        "%(code)s 的密钥已超过最长使用年限，不能再更替（CPS %(cps)s）。没有任何改动；"
        "请建立新的 CA。"
    ),
    "hierarchy.not_newest": _(
        "这个密钥已经更替过，现在签发的是 %(code)s（CPS %(cps)s）。没有任何改动，请重新选择。"
    ),
}
