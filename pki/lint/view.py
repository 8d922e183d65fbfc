"""What the rules look at: the body of a certificate, each part parsed once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pki import extension_values, names, oids, publickeys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pki.certificates import Body, Certificate
    from pki.extension_values import BasicConstraints, GeneralName
    from pki.names import Name
    from pki.publickeys import PublicKey

KINDS = ("root", "ca", "signing", "encryption", "ocsp", "tsa")


@dataclass(frozen=True)
class ProfileRules:
    """What a profile promises. `kind` is one of KINDS; `required` are OIDs of extensions.

    `purposes`, if given, is exactly the extended key usage, as OIDs in any order. `names` are the
    kinds of alternative names it may have. `private`, if given, are exactly the extensions that no
    standard knows: OID and text.
    """

    kind: str
    required: frozenset[str] = frozenset()
    purposes: frozenset[str] | None = None
    names: frozenset[str] = frozenset({"email", "dns", "uri"})
    private: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(self.kind)


class View:
    """Cached readings of one body. Reading raises PkiError where the bytes do not allow it."""

    def __init__(self, body: Body, issuer: Certificate | None, profile: ProfileRules) -> None:
        self.body, self.issuer, self.profile = body, issuer, profile
        self.is_ca = profile.kind in ("root", "ca")
        self.values = {extension.oid: extension.value for extension in body.extensions}

    @cached_property
    def subject(self) -> Name:
        return names.parse(self.body.subject)

    @cached_property
    def key(self) -> PublicKey:
        return publickeys.parse(self.body.spki)

    @cached_property
    def issuer_key(self) -> PublicKey:
        return self.issuer.public_key if self.issuer else self.key

    @cached_property
    def key_usage(self) -> frozenset[str]:
        value = self.values.get(oids.KEY_USAGE)
        return extension_values.key_usage(value) if value is not None else frozenset()

    @cached_property
    def constraints(self) -> BasicConstraints | None:
        value = self.values.get(oids.BASIC_CONSTRAINTS)
        return extension_values.basic_constraints(value) if value is not None else None

    @cached_property
    def alternative_names(self) -> tuple[GeneralName, ...]:
        value = self.values.get(oids.SUBJECT_ALT_NAME)
        return extension_values.subject_alternative_name(value) if value is not None else ()

    @cached_property
    def purposes(self) -> tuple[str, ...]:
        value = self.values.get(oids.EXTENDED_KEY_USAGE)
        return extension_values.extended_key_usage(value) if value is not None else ()
