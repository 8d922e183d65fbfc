"""What holds for every template: the CSP, translation, the icons."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SPRITE = (ROOT / "static/vendor/icons.svg").read_text("utf8")

HAN = re.compile(r"[一-鿿]")
TRANSLATED = re.compile(
    r"{%\s*(?:translate|trans)\s+(?:\"[^\"]*\"|'[^']*').*?%}"
    r"|{%\s*blocktranslate\b.*?%}.*?{%\s*endblocktranslate\s*%}"
    r"|{%\s*comment\s*%}.*?{%\s*endcomment\s*%}|{#.*?#}",
    re.DOTALL,
)
# Names of the languages themselves, and the page Django shows when nothing works any more.
UNTRANSLATED = {"components/language.html": "简体中文", "500.html": None}


def name(path):
    return path.relative_to(ROOT / "templates").as_posix()


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_no_template_carries_style_or_script_of_its_own(path):
    text = path.read_text("utf8")
    assert not re.search(r"\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|<style|hx-on", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_every_chinese_word_can_be_translated(path):
    allowed = UNTRANSLATED.get(name(path), "")
    if allowed is None:
        return
    rest = TRANSLATED.sub("", path.read_text("utf8"))
    for word in (allowed, "，", "；", "　", "。"):
        rest = rest.replace(word, "") if word else rest
    assert HAN.findall(rest) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_every_icon_is_in_the_sprite(path):
    wanted = re.findall(r"{%\s*icon\s+\"([a-z0-9-]+)\"", path.read_text("utf8"))
    wanted += re.findall(r"art=\"([a-z0-9-]+)\"", path.read_text("utf8"))
    missing = [icon for icon in wanted if f'id="i-{icon}"' not in SPRITE]
    assert missing == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_every_form_that_changes_something_carries_the_token(path):
    text = path.read_text("utf8")
    for form in re.findall(r"<form\b[^>]*method=\"post\".*?</form>", text, re.DOTALL):
        assert "csrf_token" in form


def test_styles_load_nothing_from_elsewhere():
    for sheet in (ROOT / "static/css").glob("*.css"):
        addresses = re.findall(r"url\(([^)]*)\)", sheet.read_text("utf8"))
        assert all(address.strip("\"'").startswith("../img/") for address in addresses)
