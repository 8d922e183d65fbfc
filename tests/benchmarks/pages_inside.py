"""Inside a process of the staff site: how long pages take, what they ask the database, and how.

Reads [cookie, {page: addresses}, times, rounds] as JSON and answers with a line for each page:
{"page": its name, "found": {"rounds": ms of each request, by round; "processor": ms a request, by
round; "queries": the most of any address; "offsets": queries that skip rows; "scans": large tables
that were read from end to end}}.
"""

import json
import re
import sys
import time
from itertools import cycle

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from tests.benchmarks.harness import seconds  # noqa: E402

LARGE = 10_000  # rows


def main() -> None:
    cookie, pages, times, rounds = json.load(sys.stdin)
    client = Client(SERVER_NAME="127.0.0.1")
    client.cookies[settings.SESSION_COOKIE_NAME] = cookie
    for page, places in pages.items():
        found = look(client, places, times, rounds)
        print(json.dumps({"page": page, "found": found}), flush=True)


def look(client: Client, addresses: list[str], times: int, rounds: int) -> dict[str, object]:
    fetch(client, addresses[0])  # once a minute a session notes that its person was seen
    asked = [ask(client, address) for address in addresses]  # which warms up as well
    places, taken, used = cycle(addresses), [], []
    for _ in range(rounds):
        begun = time.process_time()
        taken.append([1000 * seconds(lambda: fetch(client, next(places))) for _ in range(times)])
        used.append(1000 * (time.process_time() - begun) / times)
    return {
        "rounds": taken,
        "processor": used,
        "queries": max(len(queries) for queries in asked),
        "offsets": sum(" OFFSET " in sql for queries in asked for sql in queries),
        "scans": sorted({table for queries in asked for sql in queries for table in scanned(sql)}),
    }


def fetch(client: Client, address: str) -> None:
    response = client.get(address, follow=True)
    if response.status_code != 200 or b"<main" not in response.content:
        raise SystemExit(f"{address}: {response.status_code}")


def ask(client: Client, address: str) -> list[str]:
    """The queries of one request."""
    with CaptureQueriesContext(connection) as captured:
        fetch(client, address)
    return [query["sql"] for query in captured.captured_queries]


def scanned(sql: str) -> list[str]:
    """Large tables that the plan of this query reads from end to end."""
    if not sql.startswith(("SELECT", "UPDATE", "INSERT")):
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
        tables = re.findall(r"Seq Scan on (\w+)", plan)
        return [table for table in tables if rows(cursor, table) > LARGE]


def rows(cursor: object, table: str) -> float:
    cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [table])
    return float(cursor.fetchone()[0])


main()
