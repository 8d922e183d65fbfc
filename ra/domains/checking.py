"""Looking from every vantage point whether what was asked for is there. No database."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product

from django.conf import settings

from ra.applicants.hosts import NameKind
from ra.domains import caa, resolving
from ra.domains.fetching import Stopped, fetch
from ra.domains.resolving import CHALLENGE, NoAnswer, Vantage
from ra.domains.rules import METHODS, Finding, Method, Sight

AT_ONCE = 8  # questions under way; most of the time is waiting
PATH = "/.well-known/acme-challenge/"  # RFC 8555 8.3


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """`proof` False: only what the domain's CAA records say."""

    id: int
    kind: NameKind
    base: str
    token: str
    expected: str
    proof: bool


def look(questions: Sequence[Question], vantages: Sequence[Vantage]) -> dict[int, list[Finding]]:
    """What each vantage point finds, by the question's id."""
    found: dict[int, list[Finding]] = {question.id: [] for question in questions}
    pairs = list(product(questions, vantages))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for (question, _), findings in zip(pairs, pool.map(_look, pairs), strict=True):
            found[question.id] += findings
    return found


def _look(pair: tuple[Question, Vantage]) -> list[Finding]:
    question, vantage = pair
    methods = list(METHODS[question.kind]) if question.proof else []
    findings = [Finding(vantage.name, m, _seen(LOOKS[m], question, vantage)) for m in methods]
    if question.kind is not NameKind.IP:
        findings.append(Finding(vantage.name, Method.CAA, _caa(question, vantage)))
    return findings


def _seen(look: "Look", question: Question, vantage: Vantage) -> Sight:
    try:
        return look(question, vantage)
    except NoAnswer:
        return Sight.UNREACHABLE
    except Stopped as stopped:
        return stopped.outcome


def _dns(question: Question, vantage: Vantage) -> Sight:
    found = resolving.texts(vantage, CHALLENGE + question.base)
    if question.expected in found:
        return Sight.FOUND
    return Sight.WRONG if found else Sight.ABSENT


def _http(question: Question, vantage: Vantage) -> Sight:
    look_up = partial(resolving.addresses, vantage)
    body = fetch(question.base, PATH + question.token, look_up)
    return Sight.FOUND if body.rstrip() == question.expected.encode() else Sight.WRONG


def _caa(question: Question, vantage: Vantage) -> caa.Caa:
    try:
        records = resolving.relevant_caa(vantage, question.base)
    except NoAnswer:
        return caa.Caa.UNKNOWN
    wildcard = question.kind is NameKind.WILDCARD
    may = caa.permits(records, settings.CAA_ISSUER, wildcard=wildcard)
    return caa.Caa.PERMITTED if may else caa.Caa.FORBIDDEN


Look = Callable[[Question, Vantage], Sight]
LOOKS: dict[Method, Look] = {Method.DNS: _dns, Method.HTTP: _http}
