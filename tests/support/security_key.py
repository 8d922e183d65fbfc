"""A security key in software: answers as an authenticator and its browser do (WebAuthn level 2)."""

import json
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, WITH_KEY = 0x01, 0x40


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def challenge_of(question: str) -> bytes:
    text = json.loads(question)["challenge"]
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class SecurityKey:
    """One key on one site; `count` goes up with each use."""

    site: str = "testserver"
    origin: str = "http://testserver"
    id: bytes = b"one key of a test"
    count: int = 0
    secret: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def create(self, challenge: bytes) -> str:
        """The answer of `navigator.credentials.create`."""
        numbers = self.secret.public_key().public_numbers()
        x, y = (one.to_bytes(32) for one in (numbers.x, numbers.y))
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})  # RFC 9053: EC2, ES256, P-256
        credential = bytes(16) + struct.pack(">H", len(self.id)) + self.id + public
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._data(WITH_KEY) + credential}
        client = self._client("webauthn.create", challenge)
        return self._answer(
            clientDataJSON=client, attestationObject=cbor2.dumps(attestation), transports=[]
        )

    def get(self, challenge: bytes) -> str:
        """The answer of `navigator.credentials.get`."""
        self.count += 1
        data, client = self._data(0), self._client("webauthn.get", challenge)
        signature = self.secret.sign(data + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=data, signature=signature)

    def _data(self, flags: int) -> bytes:
        return sha256(self.site.encode()).digest() + struct.pack(">BI", PRESENT | flags, self.count)

    def _client(self, kind: str, challenge: bytes) -> bytes:
        said = {"type": kind, "challenge": b64(challenge), "origin": self.origin}
        return json.dumps(said).encode()

    def _answer(self, **parts: object) -> str:
        said = {name: b64(one) if isinstance(one, bytes) else one for name, one in parts.items()}
        return json.dumps(
            {
                "id": b64(self.id),
                "rawId": b64(self.id),
                "type": "public-key",
                "response": said,
                "clientExtensionResults": {},
            }
        )
