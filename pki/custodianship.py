"""`python -m pki custodian`: a custodian's side of docs/decisions/0013 without a browser.

Share files are sealed with Argon2id here. What a command prints is pasted into the custodian's
page; what the page shows is saved as a file and named to the command. No share is ever printed,
but by `words`, which is for paper.
"""

from __future__ import annotations

import getpass
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pki import custodians, files, paperwords, passphrases, shares, statements
from pki.custodians import Newcomer
from pki.errors import Malformed, Refused
from pki.passphrases import ARGON2ID, PBKDF2
from pki.shares import Share, ShareFile

if TYPE_CHECKING:
    import argparse

KEY_FORMATS = {"anxin custodian keys 1": ARGON2ID}
Answer = dict[str, Any]
ABOUT = ("purpose", "ceremony", "script", "kind", "keys")
SHOWN = (*ABOUT, "hours", "signatures", "newcomers", "expires")  # of an offer


def _key(asked: argparse.Namespace) -> Answer:
    files.must_be_new(asked.out)
    made = Newcomer(0, "", "")
    inside = {"key": shares.private_of(made.key), "transport": shares.private_of(made.transport)}
    (form,) = KEY_FORMATS
    sealed = passphrases.seal({"format": form}, inside, _chosen(asked), ARGON2ID)
    files.create(asked.out, sealed.encode(), 0o600)
    said = made.as_header()
    return {
        "key": said["key"],
        "transport": said["transport"],
        "fingerprint": statements.fingerprint(shares.public_of(made.key)),
        "kept": str(asked.out),
    }


def _take(asked: argparse.Namespace) -> Answer:
    files.must_be_new(asked.out)
    handed = _json(asked.handed, "statement", "signature", "sealed", "identity", "name")
    said = shares.fields_of(handed["statement"].encode(), shares.HANDED_OUT)
    kept = passphrases.fields_of(_text(asked.key), KEY_FORMATS)
    inside = passphrases.open_sealed(kept, _passphrase(asked))
    owner = Newcomer(
        int(said["number"]),
        said["person"],
        handed["name"],
        shares.private_key(inside["key"]),
        shares.private_key(inside["transport"]),
    )
    owned = owner.take(
        handed["statement"].encode(),
        _octets(handed["signature"]),
        _octets(handed["sealed"]),
        identity=_octets(handed["identity"]),
    )
    files.create(asked.out, shares.seal_file(owned, _chosen(asked), ARGON2ID).encode(), 0o600)
    receipt = custodians.receipt(owned).hex()
    return {"receipt": receipt, **_about(owned), "kept": str(asked.out)}


def _open(asked: argparse.Namespace) -> Answer:
    text = _text(asked.share)
    owned = shares.open_file(text, _passphrase(asked))
    return {"opens": True, "sealed_with": shares.read_file(text)["kdf"], **_about(owned)}


def _seal(asked: argparse.Namespace) -> Answer:
    """Also the way to another passphrase."""
    files.must_be_new(asked.out)
    owned = _opened(asked)
    kdf = PBKDF2 if asked.for_browser else ARGON2ID
    files.create(asked.out, shares.seal_file(owned, _chosen(asked), kdf).encode(), 0o600)
    return {"sealed_with": kdf, "kept": str(asked.out), **_about(owned)}


def _bring(asked: argparse.Namespace) -> Answer:
    """What is asked for is checked and shown before the passphrase is, as the page does."""
    offer = _json(asked.offer, "statement", "signature", "identity", "newcomers", "script")
    identity, signature = _octets(offer["identity"]), _octets(offer["signature"])
    file = shares.read_file(_text(asked.share))
    said = custodians.offered(
        offer["statement"].encode(),
        signature,
        identity=identity,
        signer=file.get("signer", ""),
        set_id=file.get("set", ""),
    )
    if said["purpose"] != asked.purpose:
        raise Refused("shares.purpose", f"The signer asks for this: {said['purpose']}.")
    if said["ceremony"] != asked.ceremony:
        raise Refused("shares.ceremony", f"The signer names this ceremony: {said['ceremony']}.")
    if said["newcomers"] != offer["newcomers"]:
        raise Refused("shares.newcomers", "The signer names other newcomers than the page.")
    if said["script"] != offer["script"]:
        raise Refused("shares.script", "The signer names another script than the page.")
    if datetime.fromisoformat(said["expires"]) <= _now():
        raise Refused("shares.expired", f"The offer ended at {said['expires']}.")
    shown = {name: said[name] for name in SHOWN}
    sys.stderr.write(f"The signer {said['signer']} asks: {json.dumps(shown)}\n")
    owned = _opened(asked)
    sent = custodians.bring(owned, offer["statement"].encode(), signature, identity=identity)
    return {
        "sealed": sent.sealed.hex(),
        "share_signature": sent.signature.hex(),
        "asked": shown,
    }


def _prove(asked: argparse.Namespace) -> Answer:
    drill = _json(asked.drill, "drill", "set", "number")
    owned = _opened(asked)
    if (drill["set"], drill["number"]) != (owned.set_id, str(owned.share.number)):
        raise Refused("shares.set", "The drill is for another share.")
    return {"proof": custodians.prove(owned, drill["drill"]).hex(), **_about(owned)}


def _words(asked: argparse.Namespace) -> Answer:
    """To be copied onto paper, which then is as good as file and passphrase together."""
    owned = _opened(asked)
    share, key = paperwords.of_octets(owned.share.value), paperwords.of_key(owned.key)
    return {**_about(owned), "share_words": share, "key_words": key}


def _restore(asked: argparse.Namespace) -> Answer:
    """What was typed is right or refused: words, share and key have checksums of their own."""
    files.must_be_new(asked.out)
    names = ("signer", "set", "number", "person", "name", "check", "key_fingerprint")
    paper = _json(asked.paper, *names, "share_words", "key_words")
    if paper["number"] not in {str(number) for number in shares.NUMBERS}:
        raise Refused("shares.words", "A share has the number 1, 2 or 3.")
    share = Share(int(paper["number"]), paperwords.octets(paper["share_words"]))
    key = paperwords.key(paper["key_words"])
    owned = ShareFile(paper["set"], paper["signer"], paper["person"], paper["name"], share, key)
    if any(_about(owned)[name] != paper[name] for name in names):
        raise Refused("shares.words", "The words do not belong to what else the paper says.")
    files.create(asked.out, shares.seal_file(owned, _chosen(asked), ARGON2ID).encode(), 0o600)
    return {"kept": str(asked.out), **_about(owned)}


# --- what is asked for -------------------------------------------------------------------------


def _opened(asked: argparse.Namespace) -> ShareFile:
    return shares.open_file(_text(asked.share), _passphrase(asked))


def _about(owned: ShareFile) -> Answer:
    """Of a share file, what is no secret."""
    number = owned.share.number
    return {
        "signer": owned.signer,
        "set": owned.set_id,
        "number": str(number),
        "person": owned.person,
        "name": owned.name,
        "check": shares.check_value(owned.share.value, owned.set_id, number),
        "key_fingerprint": statements.fingerprint(shares.public_of(owned.key)),
    }


def _passphrase(asked: argparse.Namespace) -> str:
    if asked.passphrase_file:
        return files.passphrase(asked.passphrase_file).decode()
    return getpass.getpass("Passphrase: ")


def _chosen(asked: argparse.Namespace) -> str:
    """Of a file that is about to be made."""
    if asked.new_passphrase_file:
        chosen = files.passphrase(asked.new_passphrase_file).decode()
    else:
        chosen = getpass.getpass("New passphrase: ")
        if getpass.getpass("Once more: ") != chosen:
            raise Refused("shares.passphrase_differs", "The two passphrases differ.")
    passphrases.check_chosen(chosen)
    return chosen


def _text(path: Path) -> str:
    try:
        return files.read(path).decode()
    except UnicodeDecodeError as problem:
        raise passphrases.no_file() from problem


def _json(path: Path, *names: str) -> dict[str, str]:
    """What the page showed, with these fields at least."""
    unreadable = Malformed("shares.page", f"{path} is not what the page shows; copy all of it.")
    try:
        fields = json.loads(_text(path))
        found = {name: fields[name] for name in names}
    except (ValueError, KeyError, TypeError) as problem:
        raise unreadable from problem
    if not all(isinstance(value, str) for value in found.values()):
        raise unreadable
    return found


def _octets(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as problem:
        raise Malformed("shares.page", "What the page shows was altered.") from problem


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - this is a door


# --- arguments ---------------------------------------------------------------------------------

OPENS, CHOOSES = "passphrase", "new-passphrase"
# Command: what it does, help, files it reads, options it must have, passphrases it asks for
COMMANDS: dict[str, tuple[Any, str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "key": (_key, "make the keys of a seat", (), ("--out",), (CHOOSES,)),
    "take": (
        _take,
        "open what was handed out, seal it into a share file, sign the receipt",
        ("handed",),
        ("--key", "--out"),
        (OPENS, CHOOSES),
    ),
    "open": (_open, "show that a share file opens, and whose it is", ("share",), (), (OPENS,)),
    "seal": (
        _seal,
        "seal a share file anew with Argon2id, under another passphrase",
        ("share",),
        ("--out",),
        (OPENS, CHOOSES),
    ),
    "bring": (
        _bring,
        "bring the share to an offer of the signer",
        ("offer", "share"),
        (),
        (OPENS,),
    ),
    "words": (
        _words,
        "show the share and the custodian key as words, for a paper in a sealed envelope",
        ("share",),
        (),
        (OPENS,),
    ),
    "restore": (
        _restore,
        "make a share file out of a paper, typed as `words` shows it",
        ("paper",),
        ("--out",),
        (CHOOSES,),
    ),
    "prove": (_prove, "prove for a drill that the file opens", ("drill", "share"), (), (OPENS,)),
}


def add_to(parser: argparse.ArgumentParser) -> None:
    parser.description = __doc__.partition("\n\n")[2]
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (run, text, read, options, words) in COMMANDS.items():
        one = commands.add_parser(name, help=text, description=text)
        one.set_defaults(run=run)
        for file in read:
            one.add_argument(file, metavar=file.upper(), type=Path, help='"-" reads from stdin')
        for option in options:
            one.add_argument(option, metavar="FILE", type=Path, required=True)
        for word in words:
            help_text = "its first line is it; asked for at the terminal otherwise"
            one.add_argument(f"--{word}-file", metavar="FILE", type=Path, help=help_text)
        if name == "bring":
            one.add_argument("--purpose", required=True, help="what was agreed: activate, ...")
            one.add_argument("--ceremony", default="", help="for which: its number, as agreed")
        if name == "seal":
            one.add_argument("--for-browser", action="store_true", help="PBKDF2: browsers open it")
