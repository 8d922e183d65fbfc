"""Sentences for reading documents."""

from django.utils.translation import gettext_lazy as _

WORDING = {
    "readings.not_installed": _("本机没有安装文字识别。请对照图像核对，或请运维安装。"),
    "readings.nothing": _("没有可以识别的材料：只识别身份证正面、经办人身份证和营业执照。"),
    "readings.busy": _("正在识别别的材料，这次没有识别。请稍候再试。"),
    "readings.failed": _("没有识别出来：图像过于复杂，或本机正忙。请对照图像核对，或稍后再试。"),
    "readings.not_locked": _(
        "本机不能在隔离环境中运行识别程序，没有识别。请对照图像核对，并告诉运维。"
    ),
}
