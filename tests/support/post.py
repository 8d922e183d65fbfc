"""Where notices end in tests: a mail server and a gateway for text messages, both real sockets."""

import json
import socketserver
import threading
from contextlib import contextmanager
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer


class _Conversation(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a client needs that hands in one message."""

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.say("220 sink")
        recipient = ""
        while line := self.rfile.readline().decode().strip():
            verb = line.upper()[:4]
            if verb == "QUIT":
                return self.say("221 bye")
            if verb == "RCPT":
                recipient = line.partition("<")[2].partition(">")[0]
                self.say(self.server.answers.pop(0) if self.server.answers else "250 ok")
            elif verb == "DATA":
                self.say("354 go on")
                self.server.received.append((recipient, self.message()))
                self.say("250 kept")
            else:
                self.say("250 ok")
        return None

    def message(self):
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        return message_from_bytes(b"".join(lines), policy=policy.default)


class _Gateway(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        code = self.server.answers.pop(0) if self.server.answers else 202
        if isinstance(code, bytes):  # no HTTP at all
            self.wfile.write(code)
            return
        if code < 300:
            self.server.received.append((self.headers.get("Authorization"), body))
        self.send_response(code)
        self.end_headers()

    def log_message(self, *_):
        pass


@contextmanager
def _open(kind, handler):
    """`received` is what came in; `answers` what is said to the next ones instead of yes."""
    with kind(("127.0.0.1", 0), handler) as server:
        server.received, server.answers = [], []
        server.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def mail_server():
    return _open(socketserver.TCPServer, _Conversation)


def gateway():
    return _open(HTTPServer, _Gateway)
