"""Whoever is killed, whenever: every order ends in one certificate, and nothing is forgotten."""

import http.client
import random
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

import psycopg
import pytest

from pki import certificates
from pki.errors import PkiError
from tests.e2e.elsewhere import fetch
from tests.support.product import EVERYBODY, FIRST_RUN, SITES, Product
from tests.support.waiting import WITHIN, until

pytestmark = pytest.mark.slow

ORDERS = 16
DEATHS = (
    *("worker-signing", "signer", "postgres", "valkey", "worker-signing", "beat", "staff"),
    *("signer", "worker-default", "postgres"),
)
QUEUES = ("signing", "default")
REVIEWER = "何鸣"  # has looked through what `submitted` makes


@dataclass
class Desk:
    """A reviewer's browser without a window: it can be used by several hands at once."""

    port: int
    cookies: dict[str, str]

    def approve(self, number: str, within: float = WITHIN) -> None:
        """Presses the button until the page says that there is nothing left to decide."""
        until(lambda: self._decided(f"/w/cases/{number}/"), f"a decision about {number}", within)

    def _decided(self, path: str) -> bool:
        """Not while nobody answers, or the answer is an apology: people ask again."""
        try:
            status, page = self._once("GET", path, {})
            button = re.search(r'/approve/.*?name="seen" value="([0-9a-f]{64})"', page, re.DOTALL)
            if button:
                self._once("POST", f"{path}approve/", {"seen": button[1]})
        except (OSError, http.client.HTTPException):
            return False
        return status == HTTPStatus.OK and button is None

    def _once(self, method: str, path: str, fields: dict[str, str]) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "X-CSRFToken": self.cookies["anxin-staff-csrf"],
            "Content-Type": "application/x-www-form-urlencoded",
        }
        try:
            connection.request(method, path, urlencode(fields) if fields else None, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


@pytest.fixture
def desk(product, desk_of) -> Desk:
    window = desk_of(REVIEWER)
    cookies = {one["name"]: one["value"] for one in window.context.cookies()}
    return Desk(product.ports["staff"], cookies)


def test_every_order_ends_in_one_certificate_whoever_is_killed(
    product, desk, submitted, bouncycastle
):
    """CPS-4.3.1, CPS-5.4.4: between the kills two hands approve as fast as they can."""
    numbers = [receipt.number for receipt in submitted(ORDERS, "personal-sm2-sign", "reviewed")]
    dying = list(DEATHS)
    random.shuffle(dying)

    with ThreadPoolExecutor(2) as hands:
        for _ in as_completed([hands.submit(desk.approve, number) for number in numbers]):
            if dying:
                killed(product, dying.pop())
    while dying:
        killed(product, dying.pop())

    until(lambda: everybody_is_up(product), "everybody")
    until(lambda: issued(product, numbers) == set(numbers), "all certificates")
    one_certificate_each(product, numbers)
    nothing_signed_is_forgotten(product)
    verified_elsewhere(product, numbers, bouncycastle)
    assert product.manage("verify_journal").stdout.startswith("intact: ")


def killed(product: Product, name: str) -> None:
    """The program or one of its children; returns when it is there again."""
    until(lambda: pid(product, name) is not None, name)
    died = pid(product, name)
    victim = random.choice(sorted(product.members(name)) or [died])
    product.kill(victim)
    if victim == died:
        until(lambda: pid(product, name) not in {None, died}, name)


def pid(product: Product, name: str) -> int | None:
    try:
        return product.pid(name)
    except FileNotFoundError:
        return None


def rows(product: Product, query: str, *values: object) -> list[tuple]:
    with product.database() as connection:
        return connection.execute(query, values).fetchall()


def issued(product: Product, numbers: list[str]) -> set[str]:
    query = "SELECT number FROM ra_application WHERE state = 'issued' AND number = ANY(%s)"
    return {number for (number,) in rows(product, query, numbers)}


def everybody_is_up(product: Product) -> bool:
    """Not only there: each does what it is there for."""
    alive = all(pid(product, name) for name in EVERYBODY)
    workers = all((product.home.work / f"{queue}.ready").exists() for queue in QUEUES)
    return alive and workers and services_answer(product)


def services_answer(product: Product) -> bool:
    try:
        product.database().close()
        product.signer().health()
        return all(product.status(site) < 400 for site in SITES)
    except (OSError, http.client.HTTPException, PkiError, psycopg.OperationalError):
        return False


def one_certificate_each(product: Product, numbers: list[str]) -> None:
    """No order lost, none carried out twice; what the journal says, too."""
    found = rows(
        product,
        "SELECT a.number, count(c.id), count(c.der), count(DISTINCT c.serial),"
        " (SELECT count(*) FROM audit_entry e WHERE e.action = 'ra.application.approve'"
        "  AND e.subject = 'ra.application:' || a.id),"
        " (SELECT count(*) FROM audit_entry e WHERE e.action = 'ca.certificate.issue'"
        "  AND e.subject = 'ca.certificate:' || a.certificate_id)"
        " FROM ra_application a JOIN ca_certificate c"
        " ON c.requester = 'ra.application:' || a.id WHERE a.number = ANY(%s)"
        " GROUP BY a.id",
        numbers,
    )
    assert sorted(number for number, *_ in found) == sorted(numbers)
    assert {tuple(counts) for _, *counts in found} == {(1, 1, 1, 1, 1)}


def nothing_signed_is_forgotten(product: Product) -> None:
    """Only planned bytes are signed. Every plan is settled, so every signature is on record.

    The signer counts before it answers: what it counts more than there are certificates are
    second signatures of the same bytes, after an answer that nobody lived to hear.
    """
    entries = "audit_entry WHERE action = 'ca.certificate.plan'"
    planned = {
        serial for (serial,) in rows(product, f"SELECT details::json->>'serial' FROM {entries}")
    }
    settled = rows(
        product,
        "SELECT c.serial, a.code FROM ca_certificate c"
        " JOIN ca_certificateauthority a ON a.id = c.ca_id WHERE c.der IS NOT NULL",
    )
    counters = product.signer().health()["counters"]

    assert planned == {serial for serial, _ in settled}
    for code in {code for _, code in settled}:
        made = sum(issuer == code for _, issuer in settled)
        again = counters[code]["certificate"]["signed_ever"] - made
        assert 0 <= again <= made


def verified_elsewhere(product: Product, numbers: list[str], bouncycastle) -> None:
    issuer = fetch(product.url("public", "/ca/nmg-sm2.cer"))
    for der in ders(product, numbers):
        bouncycastle.verify_certificate(der, issuer)
        assert certificates.parse(der).serial


def ders(product: Product, numbers: list[str]) -> Iterator[bytes]:
    query = (
        "SELECT c.der FROM ra_application a JOIN ca_certificate c ON c.id = a.certificate_id"
        " WHERE a.number = ANY(%s)"
    )
    for (der,) in rows(product, query, numbers):
        yield bytes(der)


def test_everything_killed_at_once_goes_on_where_it_was(product, desk, submitted):
    numbers = [receipt.number for receipt in submitted(4, "personal-sm2-sign", "reviewed")]

    with ThreadPoolExecutor(2) as hands:
        approving = [hands.submit(desk.approve, number, FIRST_RUN) for number in numbers]
        next(as_completed(approving))
        product.kill(product.supervisor(), *(one.pid for one in product.everybody()))
        product.up()

    until(lambda: issued(product, numbers) == set(numbers), "all certificates")
    one_certificate_each(product, numbers)
    nothing_signed_is_forgotten(product)
    assert product.manage("verify_journal").stdout.startswith("intact: ")
