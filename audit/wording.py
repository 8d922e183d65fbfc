"""Sentences for this house's rules: rule code -> msgid (see `anxin/wording.py`)."""

from django.utils.translation import gettext_lazy as _

WORDING = {
    "journal.no_such_entry": _("没有这条审计记录。"),
}
