"""A browser with cookies and nothing else."""

import http.client
from collections.abc import Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from http import HTTPStatus
from typing import Self
from urllib.parse import urlencode

FORM = "application/x-www-form-urlencoded"
TOKEN = "benchmark" * 3 + "token"  # 32 characters, as the cookie that is compared with it
Pairs = dict[str, str] | list[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """`address` is where redirections led."""

    status: int
    address: str
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")


class Visitor:
    """Each request has a connection of its own."""

    def __init__(self, port: str) -> None:
        self.port = int(port)
        self.cookies: dict[str, str] = {}

    @classmethod
    def signed_in(cls, port: str, session: str) -> Self:
        """On the staff site, in a session that is there already."""
        one = cls(port)
        one.cookies = {"anxin-staff": session, "anxin-staff-csrf": TOKEN}
        return one

    def get(self, address: str) -> str:
        return self._fine("GET", address)

    def post(self, address: str, form: Pairs | None = None) -> str:
        return self._fine("POST", address, form)

    def sign_in(self, login: str) -> None:
        """Both factors, as the demo fills them in."""
        page = self.get(f"/sign-in/?as={login}")
        page = self.post("/sign-in/", filled_in(page))
        page = self.post("/sign-in/code/", filled_in(page))
        if "/sign-out/" not in page:
            raise SystemExit(f"{login} could not sign in")

    def ask(
        self,
        method: str,
        address: str,
        form: Pairs | None = None,
        *,
        body: bytes = b"",
        kind: str = FORM,
        part: bool = False,
    ) -> Answer:
        """Whatever the answer is; redirections are followed. `part`: as the page's script asks."""
        headers = {"Cookie": "; ".join(f"{name}={text}" for name, text in self.cookies.items())}
        headers |= {"Content-Type": kind, "X-CSRFToken": self.cookies.get("anxin-staff-csrf", "")}
        headers |= {"HX-Request": "true"} if part else {}
        site = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        site.request(method, address, body or urlencode(form or {}), headers)
        answer = site.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, rest = cookie.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        found = Answer(answer.status, address, answer.read())
        site.close()
        if place := answer.headers.get("Location"):
            return self.ask("GET", place)
        return found

    def _fine(self, method: str, address: str, form: Pairs | None = None) -> str:
        answer = self.ask(method, address, form)
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise SystemExit(f"{method} {address}: {answer.status}")
        return answer.text


def filled_in(page: str) -> dict[str, str]:
    """The fields of the page's forms, with what stands in them."""
    fields: dict[str, str] = {}

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            named = dict(attrs)
            if tag == "input" and named.get("name"):
                fields[str(named["name"])] = named.get("value") or ""

    Reader().feed(page)
    return fields


def multipart(fields: Iterable[tuple[str, str]], file: tuple[str, str, bytes]) -> tuple[bytes, str]:
    """Body and kind of a form with one file: (name of its field, of itself, content)."""
    edge = "benchmark-boundary"
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
        for name, text in fields
    ]
    field, name, data = file
    head = f'--{edge}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
    parts += [head.encode(), b"Content-Type: application/octet-stream\r\n\r\n", data, b"\r\n"]
    return b"".join([*parts, f"--{edge}--\r\n".encode()]), f"multipart/form-data; boundary={edge}"
