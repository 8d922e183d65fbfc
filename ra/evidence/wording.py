"""Sentences for the documents' rules, and names for slots and purposes."""

from django.utils.translation import gettext_lazy as _

from ca.api import EVIDENCE

SLOTS = EVIDENCE  # what profiles ask for

PURPOSES = {
    "doubt": _("对图像真伪有疑问"),
    "complaint": _("处理投诉或争议"),
    "audit": _("审计"),
    "court": _("司法或监管要求"),
}

WORDING = {
    "evidence.missing": _("缺少材料（CPS %(cps)s）。请补传后再提交。"),
    "evidence.slot": _("这种证书不收这项材料。请从列出的材料中选择。"),
    "evidence.slot_full": _("这一项已有 %(files)s 个文件。请先移除不用的，再上传。"),
    "evidence.empty": _("文件是空的，没有收下。请重新选择文件。"),
    "evidence.too_large": _(
        "文件超过 %(megabytes)s MB，没有收下。请降低扫描分辨率或分成几个文件。"
    ),
    "evidence.type": _("文件不是 JPEG、PNG 或 PDF，没有收下。请用扫描仪或手机重新生成。"),
    "evidence.leading_data": _("PDF 文件头前面有多余的数据，没有收下。请重新导出 PDF。"),
    "evidence.mislabelled": _(
        "文件的名称或类型与内容不符（实际是 %(found)s），没有收下。请改用原始文件。"
    ),
    "evidence.truncated": _("文件不完整，可能没有传完，没有收下。请重新扫描或重新导出。"),
    "evidence.trailing_data": _("文件末尾附带了别的数据，没有收下。请重新扫描或重新导出。"),
    "evidence.damaged": _("文件损坏，无法打开，没有收下。请重新扫描或重新导出。"),
    "evidence.animated": _("这是动态或多帧图像，没有收下。请上传单页图像或 PDF。"),
    "evidence.pixels": _("图像超过 %(megapixels)s 百万像素，没有收下。请降低扫描分辨率。"),
    "evidence.pages": _("PDF 超过 %(pages)s 页，没有收下。请只上传需要的页。"),
    "evidence.encrypted": _("PDF 设有密码或权限限制，没有收下。请去掉密码后重新导出。"),
    "evidence.too_complex": _("文件过于复杂，没有收下。请打印后重新扫描，或导出为图像。"),
    "evidence.not_locked": _(
        "这台服务器不能隔离解析程序，为安全起见不收任何文件。"
        "请联系运维启用 Landlock 和 libseccomp 后再上传。"
    ),
    "evidence.busy": _("同时上传的文件太多，没有收下。请稍等片刻再上传。"),
    "evidence.duplicate": _("这个文件已经在本件申请里了，没有重复收下。"),
    "evidence.unknown": _("没有找到这份材料，或不属于您的机构。"),
    "evidence.file_missing": _("材料文件不在存储中，无法显示。请联系运维核对备份。"),
    "evidence.purpose": _("查看原件需要说明用途（CPS %(cps)s）。请从列表中选择。"),
}
