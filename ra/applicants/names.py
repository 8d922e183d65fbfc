"""Names of people and organisations as they may be entered (CPS 3.1.2, 3.1.3). Pure."""

import re
import unicodedata

LONGEST, SHORTEST = 64, 2  # characters; 64 is the upper bound of a common name (RFC 5280 A.1)

# CPS 3.1.3: neither anonymous nor under a pseudonym
PLACEHOLDERS = frozenset(
    (
        "匿名",
        "化名",
        "假名",
        "笔名",
        "网名",
        "昵称",
        "无名",
        "无名氏",
        "佚名",
        "未知",
        "不详",
        "测试",
        "测试用户",
        "某某",
        "某人",
        "先生",
        "女士",
        "本人",
        "用户",
        "anonymous",
        "pseudonym",
        "unknown",
        "none",
        "null",
        "n/a",
        "test",
        "tbd",
        "xxx",
        "user",
    )
)
_MASKED = re.compile(r"[*＊×某]")
_DOTS = str.maketrans({"•": "·", "‧": "·", "∙": "·", "⋅": "·", "・": "·", "．": "·", "･": "·"})
_JOINERS = frozenset("·-'’. ")
# Han characters by block: newer extensions are letters before `unicodedata` has heard of them.
_HAN = (
    (0x3007, 0x3007),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xFA0E, 0xFA29),
    (0x20000, 0x323AF),
)
_ORGANISATION_EXTRA = frozenset("()（）&,，、·-—'’. 《》“”\"/+")


def is_han(character: str) -> bool:
    point = ord(character)
    return any(first <= point <= last for first, last in _HAN)


def tidy(text: str) -> str:
    """Full width becomes half width, the dots of transcribed names one dot, spaces single."""
    folded = unicodedata.normalize("NFKC", text.translate(_DOTS))
    between_han = re.sub(r"(?<=[㐀-鿿𠀀-𲎯])\s+(?=[㐀-鿿𠀀-𲎯])", "", folded.strip())
    return re.sub(r"\s+", " ", between_han)


def person_fault(name: str) -> str:
    """What is wrong with a tidy name of a person, as a rule's last word; "" when nothing is."""
    if not SHORTEST <= len(name) <= LONGEST:
        return "length"
    if name.casefold() in PLACEHOLDERS or _MASKED.search(name) or len(set(name)) == 1:
        return "placeholder"
    if not all(_in_a_name(c) for c in name) or name[0] in _JOINERS or name[-1] in _JOINERS - {"."}:
        return "characters"
    return ""


def organisation_fault(name: str) -> str:
    """The same for the name of an organisation."""
    if not SHORTEST <= len(name) <= LONGEST:
        return "length"
    if name.casefold() in PLACEHOLDERS or len(set(name)) == 1:
        return "placeholder"
    allowed = all(_is_letter(c) or c.isdigit() or c in _ORGANISATION_EXTRA for c in name)
    return "" if allowed else "characters"


def device_fault(name: str) -> str:
    """The same for the name of a device: as an organisation's, with `_`, `:` and `#` in it."""
    return organisation_fault(re.sub(r"[_:#]", "-", name))


def masked(name: str) -> str:
    """How a name is shown to whoever need not know it: the first character, and the last of three.

    Latin names: the first letter of each word.
    """
    if " " in name or (name and not is_han(name[0])):
        return " ".join(f"{word[:1]}***" for word in name.split())
    if len(name) < 3:  # noqa: PLR2004 -- two characters: surname and one more
        return f"{name[:1]}*"
    return f"{name[0]}{'*' * (len(name) - 2)}{name[-1]}"


def _in_a_name(character: str) -> bool:
    return _is_letter(character) or character in _JOINERS


def _is_letter(character: str) -> bool:
    return is_han(character) or unicodedata.category(character) in {"Lu", "Ll", "Lo", "Lm", "Mn"}
