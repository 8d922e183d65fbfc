"""Where an authority's things stand in the directory (docs/decisions/0012). Pure.

A branch for each authority; nobody's name stands in an entry's own name.
"""

from urllib.parse import quote

LIST = "certificateRevocationList;binary"
LIST_CLASS = "cRLDistributionPoint"


def branch(code: str, base: str) -> str:
    return f"ou={code},{base}"


def list_entry(code: str, base: str) -> str:
    return f"cn=crl,{branch(code, base)}"


def address(url: str, code: str, base: str) -> str:
    """Of the branch, for people and their programs (RFC 4516)."""
    return f"{url}/{quote(branch(code, base), safe='=,')}"


def list_address(url: str, code: str, base: str) -> str:
    """As certificates name it: RFC 5280 4.2.1.13, RFC 4516, RFC 4523."""
    return f"{url}/{quote(list_entry(code, base), safe='=,')}?{LIST}?base?objectClass={LIST_CLASS}"
