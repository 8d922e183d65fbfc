"""Sentences for imports, and names for their states."""

from django.utils.translation import gettext_lazy as _

STATES = {
    "checking": _("检查中"),
    "checked": _("检查完，待导入"),
    "taking": _("导入中"),
    "taken": _("已导入"),
    "closed": _("已清除"),
}

WORDING = {
    "imports.unknown": _("没有找到这次导入，或不是您提交的。"),
    "imports.size": _("文件应在 %(most)s MB 以内，不能是空文件。没有导入任何内容。"),
    "imports.rows": _("一次可导入 1 至 %(most)s 行。没有导入任何内容。"),
    "imports.column": _("第 %(number)s 列的列名不认识。请按模板的列名填写，没有导入任何内容。"),
    "imports.column_twice": _("第 %(number)s 列的列名重复。没有导入任何内容。"),
    "imports.no_header": _("第一行没有申请人名称一列。请按模板保留列名，没有导入任何内容。"),
    "imports.cell": _("列数或单元格内容超过限制。没有导入任何内容。"),
    "imports.file": _("文件读不出来。请另存为 CSV 或 XLSX 再试，没有导入任何内容。"),
    "imports.encoding": _("文字编码不认识。请存为 UTF-8 或 GB18030，没有导入任何内容。"),
    "imports.unpacked": _("文件展开后过大。没有导入任何内容。"),
    "imports.nothing_left": _("这次导入没有要继续的内容。请刷新页面再看。"),
    "imports.none_right": _("没有可以导入的行。请按报告改正后重新提交（CPS %(cps)s）。"),
    "imports.closed": _("这次导入的内容已经清除（CPS %(cps)s）。"),
    "imports.twice": _("同一证件在文件前面已经出现（CPS %(cps)s）。"),
    "imports.open_already": _("同一证件已有未办结的同类申请（CPS %(cps)s）。"),
    "imports.years": _("有效期应为整数年（CPS %(cps)s）。"),
}
