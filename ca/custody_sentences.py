"""Sentences for the rules of custody, below all rooms: `ca/wording.py` joins them."""

from django.utils.translation import gettext_lazy as _

WORDING = {
    "custody.role": _(
        "这一步不属于您的岗位（CPS %(cps)s）。没有任何改动；这次操作已记入审计日志。"
    ),
    "custody.not_your_seat": _("这是别人的份额，只有本人可以办理（CPS %(cps)s）。没有任何改动。"),
    "custody.no_seat": _("您没有现行的密钥份额，不能办理这一步（CPS %(cps)s）。没有任何改动。"),
    "custody.demo_only": _(
        "只有演示环境代为保存的份额可以一键提交。没有任何改动；请由安全管理员发起启用，持有人选择自己的份额文件。"
    ),
    "custody.no_set": _("现在没有生效的密钥份额，请先由安全管理员提请分发。没有任何改动。"),
    "custody.no_book": _(
        "还没有读到签名服务的日志，不能生成保管记录。没有任何改动；签名服务应答后一分钟内再试。"
    ),
    "custody.unknown": _("没有找到这条记录。请从“密钥保管与启用”页重新进入。"),
    "custody.three_people": _("请选择 %(seats)s 位不同的密钥管理员，每人一份。"),
    "custody.not_custodians": _("所选的人中有人现在不能担任密钥管理员。请刷新页面后重新选择。"),
    "custody.set_coming": _("已经有一组份额在分发。请先完成或放弃那一组。没有任何改动。"),
    "custody.asked_already": _("已经有一次启用在进行。请先完成它，或等它过期。没有任何改动。"),
    "custody.purpose": _("请从列表中选择用途。"),
    "custody.hours": _("这种用途的时限是 1 到 %(longest)s 小时。请更正。"),
    "custody.signatures": _("签名次数上限应在 1 到 %(most)s 之间。请更正。"),
    "custody.place": _("协助签名服务只签发证书和应答，不用于仪式或重新分发。请选择主签名服务。"),
    "custody.ceremony": _("用于密钥仪式时请填写仪式编号，其他用途留空。"),
    "custody.no_ceremony": _(
        "没有这个编号的仪式，或它还没有批准、已经结束。没有发起启用。请核对仪式编号。"
    ),
    "custody.reason": _("请说明原因，2 到 %(longest)s 个字。"),
    "custody.keys": _("浏览器生成的密钥不能识别。没有任何改动，请换一个较新的浏览器再试。"),
    "custody.unreadable": _("提交的内容不完整。没有任何改动，请刷新页面再试。"),
    "custody.pasted": _("粘贴的不是命令显示的内容，或不完整。没有任何改动，请重新复制全部内容。"),
    "custody.receipt": _("收条的签名不对，没有登记。请在生成密钥的那个浏览器里重新办理。"),
    "custody.share_signature": _(
        "份额的签名与登记的保管密钥不符，没有提交给签名服务。请确认选择了您自己的份额文件。"
    ),
    "custody.no_offer": _(
        "这次启用已经结束或过期，份额没有使用，也没有保存。需要时请安全管理员重新发起。"
    ),
    "custody.brought_already": _(
        "您的份额已经提交，不需要再次提交。每人在一次启用中只能提交一份。"
    ),
    "custody.no_drill": _("这次演练已经完成或过期。没有任何改动；需要时请重新开始。"),
    "custody.proof": _(
        "签名与登记的保管密钥不符，演练没有通过，也没有登记。请确认选择了您现行的份额文件。"
    ),
    "custody.stopped_by_this": _(
        "这个签名已经下令停用过一次，一个签名只停用一次（CPS %(cps)s）。没有再次下令；"
        "密钥现在是否封存请看本页，还要停用请刷新页面后重新填写原因并签名。"
    ),
    "custody.majority": _(
        "停用密钥须由多数份额持有人同意（CPS %(cps)s）。没有任何改动；仍由持有份额的人审批。"
    ),
}
