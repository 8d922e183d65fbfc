"""The support desk's command line: `python -m pki inspect | verify | request | sign`.

`python -m pki custodian` is for who holds a share: `pki/custodianship.py`.

JSON goes to the standard output, one plain sentence about what is wrong to the standard error.
Exit status: 0 it holds, 1 it is refused, 2 it cannot be read or the question is incomplete.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pki import (
    certificates,
    cms,
    custodianship,
    files,
    inspection,
    keys,
    names,
    pem,
    requests,
    verification,
)
from pki.errors import Malformed, PkiError, Refused
from pki.verification import Missing, Question

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HOLDS, REFUSED, UNREADABLE = 0, 1, 2
ALGORITHMS = {
    "sm2": "sm2",
    "rsa-2048": "rsa-2048",
    "rsa-3072": "rsa-3072",
    "rsa-4096": "rsa-4096",
    "p-256": "ec-p256",
    "p-384": "ec-p384",
}
KINDS = ", ".join(verification.KINDS)
OTHER_FILES = {
    "--issuer": "the CA's certificate; not needed for a root, a request or a key",
    "--key": "private or public key, certificate or request with the same public key",
    "--data": (
        "what FILE is about: the certificate to look up in a list, the request that an OCSP "
        "response answers, the certificate or request that belongs to a key, the certificate of "
        "the key that signed CMS, the signer's book that a record of custody is compared with"
    ),
    "--passphrase-file": "opens an encrypted private key",
}
EXAMPLES = """\
examples:
  python -m pki inspect request.pem
  python -m pki verify request request.pem
  python -m pki verify certificate user.cer --issuer ca.cer --at 2026-11-21T08:00:00Z
  python -m pki verify certificate user.cer --issuer ca.cer --key user.key
  python -m pki verify crl crl7.crl --issuer ca.cer --data user.cer
  python -m pki verify ocsp-response answer.der --issuer ca.cer --data question.der
  python -m pki verify cms renewal.p7m --data old.cer
  python -m pki sign t.csr --key old.key --certificate old.cer --out renewal.p7m
  python -m pki verify vote votes.json
  python -m pki verify ceremony KC-2026-001.json --issuer ca.cer
  python -m pki verify book signer/book.lines
  python -m pki verify custody custody.json --data signer/book.lines --issuer ca.cer
  python -m pki request --algorithm sm2 --subject "CN=Test,C=CN" --key-out t.key --out t.csr
  python -m pki custodian bring offer.json share.json --purpose activate

exit status: 0 it holds; 1 it is refused, the JSON names the rule; 2 it cannot be read
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    asked = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], dict[str, Any]] = asked.run
    try:
        answer, status = run(asked), HOLDS
    except (Malformed, Missing) as problem:
        answer, status = _problem("unreadable", problem), UNREADABLE
    except PkiError as refusal:
        answer, status = _problem("refused", refusal), REFUSED
    except OSError as problem:
        reason = f"{problem.filename}: {problem.strerror}."
        answer, status = _problem("unreadable", PkiError("file.access", reason)), UNREADABLE
    _show(answer)
    return status


def _problem(verdict: str, problem: PkiError) -> dict[str, Any]:
    print(f"pki: {_visible(problem.reason)}", file=sys.stderr)
    return {"verdict": verdict, "rule": problem.rule, "reason": problem.reason}


def _show(answer: dict[str, Any]) -> None:
    print(_visible(json.dumps(answer, ensure_ascii=False, indent=2)))


def _visible(text: str) -> str:
    """Foreign text may not steer the terminal: what cannot be seen is spelt out."""
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


# -- the four commands --------------------------------------------------------------------------


def _inspect(asked: argparse.Namespace) -> dict[str, Any]:
    return inspection.inspect(files.read(asked.file))


def _verify(asked: argparse.Namespace) -> dict[str, Any]:
    question = Question(
        content=files.read(asked.file),
        at=asked.at or datetime.now(UTC).replace(microsecond=0),  # noqa: TID251 - this is a door
        issuer=asked.issuer and files.read(asked.issuer),
        key=asked.key and files.read(asked.key),
        data=asked.data and files.read(asked.data),
        passphrase=asked.passphrase_file and files.passphrase(asked.passphrase_file),
    )
    verdict = verification.verify(asked.kind, question)
    return {
        "verdict": "holds",
        "kind": asked.kind,
        "at": question.at.isoformat(),
        "holds": verdict.holds,
        **verdict.facts,
    }


def _request(asked: argparse.Namespace) -> dict[str, Any]:
    subject = names.build(_pairs(asked.subject))
    for path in (asked.key_out, asked.out):
        files.must_be_new(path)
    passphrase = asked.passphrase_file and files.passphrase(asked.passphrase_file)
    key = keys.generate(ALGORITHMS[asked.algorithm])
    label = _label(passphrase)
    request = pem.write("CERTIFICATE REQUEST", requests.build(subject, key))
    files.create(asked.key_out, pem.write(label, keys.private_key_to_pkcs8(key, passphrase)), 0o600)
    files.create(asked.out, request, 0o644)
    return {
        "key": str(asked.key_out),
        "encrypted": passphrase is not None,
        "request": str(asked.out),
        "subject": subject.text,
        "algorithm": key.algorithm,
        "fingerprint_sm3": key.public.fingerprint,
    }


def _sign(asked: argparse.Namespace) -> dict[str, Any]:
    files.must_be_new(asked.out)
    request = requests.parse(files.read(asked.request))
    requests.verify(request)
    passphrase = asked.passphrase_file and files.passphrase(asked.passphrase_file)
    key = keys.parse_pkcs8(
        pem.to_der(files.read(asked.key), _label(passphrase), area="key"), passphrase
    )
    certificate = certificates.parse(files.read(asked.certificate))
    now = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - this is a door
    files.create(
        asked.out, pem.write("CMS", cms.build(request.der, key, certificate, at=now)), 0o644
    )
    return {"signed": str(asked.out), "serial": f"{certificate.serial:X}", "at": now.isoformat()}


def _label(passphrase: bytes | None) -> str:
    return "ENCRYPTED PRIVATE KEY" if passphrase else "PRIVATE KEY"


def _pairs(text: str) -> list[tuple[str, str]]:
    """`CN=...,O=...,C=CN`; a backslash keeps a comma (RFC 4514)."""
    parts = [""]
    letters = iter(text)
    for letter in letters:
        if letter == ",":
            parts.append("")
        else:
            parts[-1] += next(letters, "") if letter == "\\" else letter
    pairs = [part.partition("=") for part in parts]
    if not all(separator for _, separator, _ in pairs):
        raise Refused("name.form", 'The subject is written like "CN=Wang Wei,O=Example,C=CN".')
    return [(word.strip(), value.strip()) for word, _, value in pairs]


# -- arguments ----------------------------------------------------------------------------------


def iso_8601_time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pki",
        description="Look into, check and make certificates, requests, lists and OCSP exchanges.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _inspect_arguments(commands.add_parser("inspect", help="show what is in a file"))
    _verify_arguments(commands.add_parser("verify", help="check a file against its CA, key, ..."))
    _request_arguments(commands.add_parser("request", help="make a test key and its request"))
    _sign_arguments(commands.add_parser("sign", help="sign a request with the key of an old one"))
    custodianship.add_to(commands.add_parser("custodian", help="keep and bring one's key share"))
    return parser


def _inspect_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_inspect)
    parser.description = (
        "Prints as JSON what is in a certificate, request, revocation list, OCSP request or "
        "response, or key. Of a private key only its public half is shown."
    )
    parser.add_argument("file", metavar="FILE", type=Path, help='PEM or DER; "-" reads from stdin')


def _verify_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_verify)
    parser.description = "Prints as JSON what holds, or the rule by which the file is refused."
    parser.add_argument("kind", metavar="KIND", choices=verification.KINDS, help=KINDS)
    parser.add_argument("file", metavar="FILE", type=Path, help="PEM or DER")
    for option, text in OTHER_FILES.items():
        parser.add_argument(option, metavar="FILE", type=Path, help=text)
    parser.add_argument(
        "--at",
        metavar="TIME",
        type=iso_8601_time,
        help="ISO 8601, UTC unless it says otherwise; now",
    )


def _request_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_request)
    parser.description = "Makes a test key and a PKCS#10 request; never overwrites a file."
    parser.add_argument("--algorithm", choices=ALGORITHMS, default="sm2", help="default: sm2")
    parser.add_argument("--subject", required=True, help='for example "CN=Wang Wei,C=CN"')
    parser.add_argument(
        "--key-out", metavar="FILE", type=Path, required=True, help="PKCS#8 PEM, for you alone"
    )
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="the request, PEM")
    parser.add_argument(
        "--passphrase-file", metavar="FILE", type=Path, help="encrypts the key with its content"
    )


def _sign_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_sign)
    parser.description = (
        "Signs a PKCS#10 request with the key of the certificate it is to succeed (CPS 3.3.1)."
    )
    parser.add_argument("request", metavar="REQUEST", type=Path, help="PEM or DER")
    for option, text in {
        "--key": "the old certificate's private key, PKCS#8 PEM",
        "--certificate": "the old certificate",
        "--out": "the signed request, PEM",
    }.items():
        parser.add_argument(option, metavar="FILE", type=Path, required=True, help=text)
    parser.add_argument(
        "--passphrase-file", metavar="FILE", type=Path, help=OTHER_FILES["--passphrase-file"]
    )


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` is no error
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(main())
