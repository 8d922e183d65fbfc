"""Chinese pages stay Chinese and English pages stay English."""

import re
from pathlib import Path

import polib
from django.conf import settings

from anxin.catalogue import messages, untranslated

CATALOGUE = settings.LOCALE_PATHS[0] / "en" / "LC_MESSAGES" / "django.po"
CHINESE = re.compile(r"[\u3001-\u303f\u3400-\u9fff\uff01-\uffef]")  # characters and punctuation
BLANK = re.compile(r"%\(\w+\)\d*[sd]|%%|<[^>]*>")
# The page of last resort says everything in both languages; languages are named in their own.
BILINGUAL = {"500.html"}
OWN_NAME = "简体中文"


def english() -> list[tuple[str, str]]:
    """Each message beside each of its English forms."""
    return [
        (entry.msgid, said)
        for entry in polib.pofile(str(CATALOGUE))
        for said in (entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr])
    ]


def test_every_message_has_an_english_sentence() -> None:
    assert untranslated(polib.pofile(str(CATALOGUE))) == []


def test_every_message_is_chinese_in_the_code_and_english_in_the_catalogue() -> None:
    wrong = [msgid for _, msgid, _ in messages() if not CHINESE.search(msgid)]
    leaks = [msgid for msgid, said in english() if CHINESE.search(said) and msgid != OWN_NAME]

    assert (wrong, leaks) == ([], [])


def test_both_languages_fill_the_same_blanks() -> None:
    differing = [
        msgid
        for msgid, said in english()
        if sorted(BLANK.findall(msgid)) != sorted(BLANK.findall(said))
    ]

    assert differing == []


def test_no_chinese_stands_outside_a_translation_in_a_template() -> None:
    marked = re.compile(
        r"{%\s*blocktranslate\b.*?{%\s*endblocktranslate\s*%}|{%\s*translate\b.*?%}|{#.*?#}"
        r"|{%\s*comment\s*%}.*?{%\s*endcomment\s*%}",
        re.DOTALL,
    )
    bare = {}
    for path in sorted(Path(settings.BASE_DIR, "templates").rglob("*.*")):
        left = CHINESE.findall(marked.sub("", path.read_text()).replace(OWN_NAME, ""))
        if left and path.name not in BILINGUAL:
            bare[path.name] = "".join(left)[:40]

    assert bare == {}


def test_scripts_bring_no_words_of_their_own() -> None:
    scripts = sorted(Path(settings.BASE_DIR, "static", "js").glob("*.js"))

    assert scripts
    assert [path.name for path in scripts if CHINESE.search(path.read_text())] == []
