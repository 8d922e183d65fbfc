"""Chinese pages stay Chinese and English pages stay English."""

import re
from pathlib import Path

import polib
from django.conf import settings

from anxin.catalogue import messages, untranslated

CATALOGUE = settings.LOCALE_PATHS[0] / "en" / "LC_MESSAGES" / "django.po"
HAN = re.compile(r"[\u4e00-\u9fff]")
BLANK = re.compile(r"%\((\w+)\)[sd]")


def test_every_message_has_an_english_sentence() -> None:
    assert untranslated(polib.pofile(str(CATALOGUE))) == []


def test_every_message_is_chinese_in_the_code_and_english_in_the_catalogue() -> None:
    wrong = [msgid for _, msgid, _ in messages() if not HAN.search(msgid)]
    leaks = [
        entry.msgid
        for entry in polib.pofile(str(CATALOGUE))
        if HAN.search(entry.msgstr) and entry.msgid != "简体中文"
    ]

    assert (wrong, leaks) == ([], [])


def test_both_languages_fill_the_same_blanks() -> None:
    differing = [
        entry.msgid
        for entry in polib.pofile(str(CATALOGUE))
        if not entry.msgid_plural
        and set(BLANK.findall(entry.msgid)) != set(BLANK.findall(entry.msgstr))
    ]

    assert differing == []


def test_no_chinese_stands_outside_a_translation_in_a_template() -> None:
    marked = re.compile(
        r"{%\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}|{%.*?%}|{{.*?}}|{#.*?#}"
        r"|{%\s*comment\s*%}.*?{%\s*endcomment\s*%}",
        re.DOTALL,
    )
    bare = {}
    for path in sorted(Path(settings.BASE_DIR, "templates").rglob("*.html")):
        left = HAN.findall(marked.sub("", path.read_text()).replace("简体中文", ""))
        if left:
            bare[path.name] = "".join(left)[:40]

    assert bare == {}
