"""An internet on the loopback interface: name servers that are asked, web servers that answer."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseRequestHandler, ThreadingTCPServer, ThreadingUDPServer

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

NAME = "www.example.cn"  # of the applicant's server
PATIENCE = 20  # seconds of silence, if nobody hangs up


class NameServer:
    """`tell(name, type, *texts)`; `break_down()` answers SERVFAIL from then on.

    `turns` holds other answers to be given first, one question each.
    """

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], tuple[str, ...]] = {}
        self.turns: dict[tuple[str, str], list[tuple[str, ...]]] = {}
        self.broken: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        self.port = 0

    def tell(self, name: str, kind: str, *texts: str) -> None:
        self.records[name, kind] = texts

    def break_down(self, kind: str) -> None:
        self.broken.add(kind)

    def answer(self, wire: bytes) -> bytes:
        question = dns.message.from_wire(wire)
        asked = question.question[0]
        name, kind = asked.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(asked.rdtype)
        self.asked.append((name, kind))
        response = dns.message.make_response(question, recursion_available=True)
        if kind in self.broken:
            response.set_rcode(dns.rcode.SERVFAIL)
            return response.to_wire()
        turns = self.turns.get((name, kind), [])
        texts = turns.pop(0) if turns else self.records.get((name, kind), ())
        if texts:
            response.answer.append(dns.rrset.from_text(asked.name, 0, "IN", kind, *texts))
        elif not any(each == name or each.endswith(f".{name}") for each, _ in self.records):
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response.to_wire()


class WebServer:
    """`pages`: path -> (status, headers, body). `asked`: what came, as (Host, path)."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[tuple[str, str]] = []
        self.port = 0
        self.hang_up = threading.Event()  # set: whoever drips stops

    def put(self, path: str, body: bytes, status: int = 200, **headers: str) -> None:
        self.pages[path] = (status, headers, body)

    def drip(self, handler: BaseHTTPRequestHandler) -> None:
        """A header that never ends."""
        try:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not self.hang_up.wait(0.05):
                handler.wfile.write(b"z")
        except OSError:
            return


@contextmanager
def name_server(address: str = "127.0.0.1") -> Iterator[NameServer]:
    told = NameServer()

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            wire, there = self.request
            there.sendto(told.answer(wire), self.client_address)

    with ThreadingUDPServer((address, 0), Handler) as server:
        told.port = server.server_address[1]
        with serving(server):
            yield told


@contextmanager
def web_server(address: str = "127.0.0.1", port: int = 0) -> Iterator[WebServer]:
    site = WebServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.headers["Host"], self.path))
            if self.path == "/drip":
                site.drip(self)
                return
            if self.path == "/silence":
                site.hang_up.wait(PATIENCE)
                return
            status, headers, body = site.pages.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer((address, port), Handler) as server:
        site.port = server.server_address[1]
        with serving(server):
            yield site
        site.hang_up.set()


@contextmanager
def serving(server: ThreadingUDPServer | ThreadingTCPServer) -> Iterator[None]:
    with ExitStack() as after:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        after.callback(thread.join)
        after.callback(server.shutdown)
        yield
