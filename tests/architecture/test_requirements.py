"""What is promised stays proved: each row below is named by at least one test.

A row that is done in part stands here as well, with what it lacks beside it.
"""

import ast
import re

import pytest
from django.conf import settings

ROOT = settings.BASE_DIR
ID = re.compile(r"\b(CPS|WP)-(\d+(?:\.\d+)*)(-ret|[a-z]?)((?:/\d+(?:\.\d+)*)*)")
ROWS = (
    "CPS-1.4.1",
    "CPS-1.4.2",
    "CPS-1.4.3",
    "CPS-1.5.1",  # as versions: personal, organization, device, server; neither scenario nor cloud
    "CPS-1.5.2",
    "CPS-2.2a",
    "CPS-2.2b",
    "CPS-2.3",
    "CPS-3.1.1",
    "CPS-3.1.2",
    "CPS-3.1.3",
    "CPS-3.1.4",
    "CPS-3.1.5",
    "CPS-3.2.1",
    "CPS-3.2.2",
    "CPS-3.2.3",
    "CPS-3.2-ret",
    "CPS-3.2.4b",
    "CPS-3.2.5",
    "CPS-3.2.6",
    "CPS-3.2.7",
    "CPS-3.3.1",
    "CPS-3.3.2",
    "CPS-3.4",
    "CPS-4.1",  # face to face and online
    "CPS-4.1.2.4",
    "CPS-4.2.1",
    "CPS-4.2.2",
    "CPS-4.2.3",
    "CPS-4.3.1",
    "CPS-4.3.2",
    "CPS-4.4.1",
    "CPS-4.4.2",
    "CPS-4.5.2",
    "CPS-4.6",
    "CPS-4.7",
    "CPS-4.8",
    "CPS-4.9.1",
    "CPS-4.9.3",
    "CPS-4.9.4",
    "CPS-4.9.5",
    "CPS-4.9.7",
    "CPS-4.9.8",
    "CPS-4.9.9",
    "CPS-4.9.10",
    "CPS-4.9.12",
    "CPS-4.9.13",
    "CPS-4.9.14",
    "CPS-4.9.15",
    "CPS-4.10",
    "CPS-4.11",
    "CPS-5.2.1",
    "CPS-5.2.2",
    "CPS-5.2.3",
    "CPS-5.2.4",
    "CPS-5.3.1",
    "CPS-5.3.2",
    "CPS-5.3.3",
    "CPS-5.3.4",
    "CPS-5.3.5",
    "CPS-5.3.6",
    "CPS-5.3.7",
    "CPS-5.3.8",
    "CPS-5.4.1",  # of the CA and of the signer; what an RA writes of an application: CPS-5.4.1-RA
    "CPS-5.6",
    "CPS-5.7.3",  # an authority's key; the directory keeps what was revoked, with the list
    "CPS-5.8",  # of a CA; of an RA: ra/offices
    "CPS-6.1.1a",  # SoftHSM and the software token
    "CPS-6.1.5",
    "CPS-6.1.7",
    "CPS-6.2.1",
    "CPS-6.2.2",  # activate, use, stop
    "CPS-6.2.3",  # the CA's keys
    "CPS-6.2.4",  # the CA's keys
    "CPS-6.2.5",  # the CA's keys
    "CPS-6.2.6",
    "CPS-6.2.7",  # SoftHSM, and under its key what it cannot hold
    "CPS-6.2.8",
    "CPS-6.2.9",
    "CPS-6.2.10",
    "CPS-6.2.11",
    "CPS-6.3.1",
    "CPS-6.3.2",
    "CPS-7.4",
    "CPS-6.4",
    "CPS-6.8",  # what the signer signs; neither the service nor the watch over the clock
    "CPS-7.1",
    "CPS-7.1.2",  # national extensions of organisations, private ones; of people none is written
    "CPS-9.1",
    "CPS-9.1.5",
    "CPS-9.3",
    "CPS-9.4",
    "WP-5.3a",  # a reason, a claim in force, an entry; approval is asked for disclosures
    "WP-5.3b",
    "WP-7.2",
    "WP-8.2",
)


def named_in(text: str) -> set[str]:
    """CPS-9.3/9.4 names two, and so does CPS-4.9.7/8."""
    found = set()
    for book, first, letter, more in ID.findall(text):
        above = first.rpartition(".")[0]
        others = [one if "." in one else f"{above}.{one}" for one in more.split("/")[1:]]
        found |= {f"{book}-{number}{letter}" for number in (first, *others)}
    return found


def sentences() -> dict[str, set[str]]:
    """Test -> rows that its docstring names, or that of its module."""
    found = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        module = ast.parse(path.read_text())
        shared = named_in(ast.get_docstring(module) or "")
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                own = named_in(ast.get_docstring(node) or "")
                found[f"{path.relative_to(ROOT)}::{node.name}"] = own | shared
    return found


NAMED = sentences()


@pytest.mark.parametrize("row", ROWS)
def test_a_row_that_is_done_is_proved(row: str) -> None:
    assert [test for test, rows in NAMED.items() if row in rows]


def test_tests_name_clauses_that_exist() -> None:
    clauses = set((ROOT / "docs/clauses.txt").read_text().split())
    wrong = [
        (test, row)
        for test, rows in NAMED.items()
        for row in rows
        if row.startswith("CPS-")
        and row.removeprefix("CPS-").removesuffix("-ret").rstrip("ab") not in clauses
    ]

    assert wrong == []
