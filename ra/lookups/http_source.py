"""A service that is asked by HTTPS: POST of JSON, nothing followed, nothing big read.

Out: `{"kind", "fields": {word: declared}}`. Back: `{"reference", "fields": {word: {"outcome":
"matches" | "differs" | "unknown", "value"}}}`; `value`, the source's own, may be missing.
"""

import http.client
import json
import ssl
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

from anxin.kernel.secret_files import read_private
from anxin.kernel.sockets import connected
from ra.lookups.rules import NoAnswer, Question, Reply, Silence, reply_of

LARGEST = 16 * 1024  # octets of an answer


@dataclass(frozen=True, slots=True)
class HttpSource:
    """`ca` whose certificates are believed (empty: the system's); `certificate` and `key` of ours
    for mutual TLS; `token` a bearer token. All are files, the last two private.
    """

    name: str
    answers: frozenset[str]
    url: str
    ca: str
    certificate: str
    key: str
    token: str

    def look_up(self, question: Question, patience: float) -> Reply:
        """Raises NoAnswer; ImproperlyConfigured for a secret that lies open or is missing."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {read_private(Path(self.token)).decode()}"
        body = json.dumps({"kind": question.kind, "fields": dict(question.fields)}).encode()
        end = monotonic() + patience
        try:
            status, content = self._exchange(body, headers, patience)
        except (OSError, http.client.HTTPException) as error:
            late = isinstance(error, TimeoutError) or monotonic() >= end
            raise NoAnswer(Silence.TIMEOUT if late else Silence.UNREACHABLE) from error
        if monotonic() >= end:  # cut off: what came looks like an end
            raise NoAnswer(Silence.TIMEOUT)
        if status != http.HTTPStatus.OK:
            raise NoAnswer(Silence.REFUSED)
        return reply_of(_read(content), question)

    def _exchange(self, body: bytes, headers: dict[str, str], patience: float) -> tuple[int, bytes]:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port or 443
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        context = self._context()
        with connected(host, port, pause=patience, whole=patience) as raw:
            connection = http.client.HTTPConnection(host, port, timeout=patience)
            try:
                connection.sock = context.wrap_socket(raw, server_hostname=host)
                connection.request("POST", target, body, headers)
                response = connection.getresponse()
                return response.status, response.read(LARGEST + 1)
            finally:
                connection.close()

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.ca or None)
        if self.certificate:
            read_private(Path(self.key))
            context.load_cert_chain(self.certificate, self.key)
        return context


def _read(content: bytes) -> object:
    if len(content) > LARGEST:
        raise NoAnswer(Silence.MALFORMED)
    try:
        return json.loads(content)
    except ValueError as error:
        raise NoAnswer(Silence.MALFORMED) from error
