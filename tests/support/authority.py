"""An authority that is asked by HTTPS: its own CA, its certificate, and ours for mutual TLS."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.names import serving

BEGAN = datetime(2020, 1, 1, tzinfo=UTC)
PATIENCE = 60  # seconds of silence, if nobody hangs up


class Authority:
    """`reply` is what it answers with, `status` its HTTP status; `asked` what came.

    `way`: "answer", "silence", or "drip" for one octet after the other.
    """

    def __init__(self, folder: Path) -> None:
        self.reply: object = {}
        self.status = 200
        self.way = "answer"
        self.asked: list[tuple[str, dict[str, object]]] = []  # Authorization, body
        self.clients: list[str] = []  # common names of certificates that were shown
        self.hang_up = threading.Event()
        self.port = 0
        key, root = _issued("authority root")
        self.ca = _kept(folder / "root.pem", _pem(root))
        for name in ("server", "client"):
            own, certificate = _issued(name, key, root)
            _kept(folder / f"{name}.pem", _pem(certificate))
            _kept(folder / f"{name}.key", _private(own))
        self.folder = folder

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}/look-up"

    def say(self, reference: str = "GA-2026-0001", **fields: object) -> None:
        """`name="matches"`, or `name=("differs", "林知霞")`."""
        said = {
            word: {"outcome": one} if isinstance(one, str) else {"outcome": one[0], "value": one[1]}
            for word, one in fields.items()
        }
        self.reply = {"reference": reference, "fields": said}

    def respond(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        self.asked.append((handler.headers.get("Authorization", ""), json.loads(body)))
        shown = handler.connection.getpeercert() or {}
        self.clients += [part[0][1] for part in shown.get("subject", ())]
        if self.way == "silence":
            self.hang_up.wait(PATIENCE)
            return
        if self.way == "drip":
            self._drip(handler)
            return
        told = self.reply if isinstance(self.reply, bytes) else json.dumps(self.reply).encode()
        handler.send_response(self.status)
        handler.send_header("Location", "https://elsewhere.example/")
        handler.send_header("Content-Length", str(len(told)))
        handler.end_headers()
        handler.wfile.write(told)

    def _drip(self, handler: BaseHTTPRequestHandler) -> None:
        try:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not self.hang_up.wait(0.05):
                handler.wfile.write(b"z")
        except OSError:
            return


@contextmanager
def authority(folder: Path, *, asks_for_certificate: bool = False) -> Iterator[Authority]:
    told = Authority(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.respond(self)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Whoever asked is gone."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    if asks_for_certificate:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(told.ca)
    with Server(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        told.port = server.server_address[1]
        with serving(server):
            yield told
            told.hang_up.set()


def _issued(
    name: str,
    issuer_key: ec.EllipticCurvePrivateKey | None = None,
    issuer: x509.Certificate | None = None,
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = issuer_key or key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGAN)
        .not_valid_after(BEGAN + timedelta(days=36500))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if issuer:
        loopback = x509.IPAddress(ip_address("127.0.0.1"))
        builder = builder.add_extension(x509.SubjectAlternativeName([loopback]), critical=False)
    return key, builder.sign(signer, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _kept(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    path.chmod(0o600)
    return str(path)
