"""Fetching a token from the applicant's server without being sent anywhere else.

Every address is looked up once, must be of the internet, and is the one connected to: a name that
points somewhere else a moment later gains nothing. The same holds for every redirect.
"""

import http.client
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from time import monotonic
from urllib.parse import urljoin, urlsplit

from django.conf import settings

from anxin.kernel.sockets import connected
from ra.applicants.hosts import as_address, is_public
from ra.domains.rules import Sight

LARGEST = 1024  # octets of a body; what is asked for has 43
HOPS = 5  # redirects
PATIENCE = 5.0  # seconds for connecting, and for any pause
WHOLE = 10.0  # seconds for all requests of one fetch, however they drip
MOVED = frozenset({301, 302, 303, 307, 308})
LookUp = Callable[[str], list[str]]


class Stopped(Exception):
    """Nothing was fetched; `outcome` says why."""

    def __init__(self, outcome: Sight) -> None:
        super().__init__(outcome)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    location: str
    body: bytes


def fetch(host: str, path: str, look_up: LookUp) -> bytes:
    """The body at http://host/path, redirects followed. Raises Stopped, or what `look_up` does."""
    url = f"http://{f'[{host}]' if ':' in host else host}{path}"
    end = monotonic() + WHOLE
    for _ in range(HOPS + 1):
        answer = _request(url, look_up, end)
        if answer.status not in MOVED:
            return _whole(answer)
        url = _next(url, answer.location)
    raise Stopped(Sight.REDIRECT)


def _whole(answer: Answer) -> bytes:
    if answer.status != http.HTTPStatus.OK:
        raise Stopped(Sight.ABSENT)
    if len(answer.body) > LARGEST:
        raise Stopped(Sight.TOO_LARGE)
    return answer.body


def _next(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise Stopped(Sight.REDIRECT) from error


def _request(url: str, look_up: LookUp, end: float) -> Answer:
    scheme, host, target = _parts(url)
    port = settings.VALIDATION_PORTS[scheme]
    for address in _allowed(host, look_up):
        left = end - monotonic()
        if left <= 0:
            break
        try:
            name = host if scheme == "https" else ""
            with _connected(address, port, name, left) as connection:
                return _exchange(connection, host, target)
        except (OSError, http.client.HTTPException):
            continue
        except ValueError as error:  # a target that is no ASCII
            raise Stopped(Sight.REDIRECT) from error
    raise Stopped(Sight.UNREACHABLE)


def _parts(url: str) -> tuple[str, str, str]:
    """Scheme, host and target of a URL on port 80 or 443; nobody's name and password."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError as error:
        raise Stopped(Sight.REDIRECT) from error
    ports = settings.VALIDATION_PORTS
    if parts.scheme not in ports or not host or "@" in parts.netloc:
        raise Stopped(Sight.REDIRECT)
    if port not in (None, ports[parts.scheme]):
        raise Stopped(Sight.REDIRECT)
    return parts.scheme, host, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _allowed(host: str, look_up: LookUp) -> list[str]:
    """Addresses to connect to. One that is not of the internet spoils all of them."""
    found = [str(as_address(host))] if as_address(host) else look_up(host)
    if not found:
        raise Stopped(Sight.ABSENT)
    if not all(_may_connect(address) for address in found):
        raise Stopped(Sight.PRIVATE)
    return found[:4]


def _may_connect(text: str) -> bool:
    address = ip_address(text)
    return is_public(address) or any(address in net for net in settings.VALIDATION_NETWORKS)


@contextmanager
def _connected(
    address: str, port: int, tls_name: str, left: float
) -> Iterator[http.client.HTTPConnection]:
    """Connected to this address and no other; cut off when the time that is left is over."""
    with connected(address, port, pause=PATIENCE, whole=left) as raw:
        connection = http.client.HTTPConnection(address, port, timeout=PATIENCE)
        try:
            connection.sock = _tls(raw, tls_name) if tls_name else raw
            yield connection
        finally:
            connection.close()


def _tls(raw: socket.socket, name: str) -> ssl.SSLSocket:
    """Whoever asks for a certificate has none yet, so nobody's is asked for (RFC 8555 10.2)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(raw, server_hostname=name)


def _exchange(connection: http.client.HTTPConnection, host: str, target: str) -> Answer:
    shown = f"[{host}]" if ":" in host else host
    connection.request("GET", target, headers={"Host": shown, "Connection": "close"})
    with closing(connection.getresponse()) as response:
        body = response.read(LARGEST + 1) if response.status == http.HTTPStatus.OK else b""
        return Answer(response.status, response.headers.get("Location", ""), body)
