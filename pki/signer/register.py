"""The signer's own book of its keys: what each may sign, and its certificate once it has one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pki import certificates, der, durable, oids, publickeys
from pki.errors import Refused, TokenError
from pki.signatures import default_algorithm
from pki.signer.policy import Authority, Terms
from pki.signer.protocol import (
    ACTIVE,
    KINDS,
    OCSP,
    OF_SERVICES,
    TIME_STAMP,
    Key,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MAX_CRL_DAYS = 400  # a root's list may live for a year


class Register:
    """Keys by label, kept in one file that is replaced as a whole. Calls must not overlap."""

    def __init__(self, path: Path) -> None:
        """Raises TokenError `signer.register` for a damaged file."""
        self._path = path
        try:
            listed = json.loads(path.read_bytes())["keys"] if path.exists() else []
            self._keys = {key.label: key for key in map(Key.from_header, listed)}
        except (ValueError, KeyError, TypeError) as problem:
            raise TokenError(
                "signer.register", f"{path} cannot be read: {problem}.", permanent=True
            ) from problem

    def all(self) -> list[Key]:
        return list(self._keys.values())

    def get(self, label: str) -> Key:
        """Raises Refused `signer.unknown_key`."""
        key = self._keys.get(label)
        if key is None:
            raise Refused("signer.unknown_key", f"The signer has no key {label}.")
        return key

    def usable(self, label: str) -> Key:
        """The same, if it may sign. Raises Refused `signer.archived`, `signer.destroyed`."""
        key = self.get(label)
        if key.state != ACTIVE:
            raise Refused(f"signer.{key.state}", f"{label} is {key.state}: it signs nothing more.")
        return key

    def knows(self, label: str) -> bool:
        return label in self._keys

    def check_new(self, label: str) -> None:
        """Refused `token.label_taken`: a label names one key for ever, also a destroyed one."""
        if label in self._keys:
            raise Refused("token.label_taken", f"There was a key {label} already.")

    def add(self, key: Key) -> None:
        """A new key, or what has become of one."""
        self._write(key)

    def install(self, label: str, certificate: bytes, *, in_ceremony: bool) -> Key:
        """Raises Refused `signer.certificate_*` when the certificate does not fit the key.

        In daily work only the first of a service's key (`signer.ceremony`), or the same once more.
        """
        key = self.usable(label)
        if not in_ceremony and key.certificate is None and not OF_SERVICES & set(key.kinds):
            reason = "The certificate of a CA is installed in its ceremony only."
            raise Refused("signer.ceremony", reason)
        if not in_ceremony and key.certificate is not None and key.certificate != certificate:
            raise Refused("signer.certificate_installed", f"{label} has its certificate already.")
        parsed = certificates.parse(certificate)
        if parsed.der != certificate or parsed.public_key.spki != key.public_key:
            raise Refused("signer.certificate_key", "The certificate is for another key.")
        if not _is_for(key.kinds, _authority(parsed)):
            raise Refused(
                "signer.certificate_purpose", "The certificate is not for what this key signs."
            )
        key = replace(key, certificate=certificate)
        self._write(key)
        return key

    def terms(self, label: str, *, in_ceremony: bool) -> Terms:
        """What the policy needs to know. Raises Refused as `usable` does."""
        key = self.usable(label)
        public = publickeys.parse(key.public_key)
        parsed = certificates.parse(key.certificate) if key.certificate else None
        return Terms(
            kinds=frozenset(key.kinds),
            algorithm=default_algorithm(public.algorithm),
            spki=public.spki,
            key_identifier=public.key_identifier,
            authority=_authority(parsed) if parsed else None,
            crl_life=timedelta(days=key.crl_days),
            responders=self._of_kind(OCSP),
            stampers=self._of_kind(TIME_STAMP),
            in_ceremony=in_ceremony,
        )

    def _of_kind(self, kind: str) -> frozenset[bytes]:
        return frozenset(key.public_key for key in self._keys.values() if kind in key.kinds)

    def _write(self, key: Key) -> None:
        keys = {**self._keys, key.label: key}
        content = {"version": 1, "keys": [each.as_header() for each in keys.values()]}
        durable.replace(self._path, json.dumps(content, ensure_ascii=False, indent=1).encode())
        self._keys = keys


def check_kinds(kinds: Sequence[str], crl_days: int) -> None:
    """Raises Refused `signer.kinds`, `signer.crl_days`."""
    known = bool(kinds) and set(kinds) <= set(KINDS)
    if not known or len(set(kinds)) != len(kinds):
        raise Refused("signer.kinds", f"A key signs some of {', '.join(KINDS)}.")
    if OF_SERVICES & set(kinds) and len(kinds) > 1:
        raise Refused("signer.kinds", "A key for answers or time stamps signs nothing else.")
    if not 1 <= crl_days <= _MAX_CRL_DAYS:
        raise Refused("signer.crl_days", f"Lists live for 1 to {_MAX_CRL_DAYS} days.")


def _is_for(kinds: Sequence[str], authority: Authority) -> bool:
    if OCSP in kinds:
        return authority.is_responder
    return authority.is_stamper if TIME_STAMP in kinds else authority.is_ca


def _authority(certificate: certificates.Certificate) -> Authority:
    found = certificate.body.extension(oids.EXTENDED_KEY_USAGE)
    purposes = der.only(found.value) if found else der.Reader(b"")
    named = []
    while purposes:
        named.append(purposes.oid())
    alone = found is not None and found.critical and named == [oids.TIME_STAMPING]
    return Authority(
        subject=certificate.body.subject,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        is_ca=certificate.is_ca,
        is_responder=oids.OCSP_SIGNING in named,
        is_stamper=alone and not certificate.is_ca,
    )
