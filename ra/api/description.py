"""The interface described as OpenAPI 3, for docs/api/openapi.yaml.

Only `manage.py describe_api` and a test read this: the product serves the file that is kept, and
does without the library (requirements-dev.txt).
"""

from typing import Any

import yaml
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view

from ra.api import serializers as shapes
from ra.api import views
from ra.api.doors import Door
from ra.api.problems import TYPE

ABOUT = {
    "TITLE": "AnXin for systems of partner RAs",
    "DESCRIPTION": "Applications, certificates and revocation requests: docs/api/README.md.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
}
REFUSED = {
    "400": "no request at all",
    "401": "not signed by a key in force",
    "403": "outside the key's scopes, or not this person's act",
    "404": "not there, or another office's",
    "405": "no such method",
    "409": "not in this state",
    "415": "another media type",
    "422": "wrong, with every field at fault",
    "429": "too many requests of this key in a minute",
}


class SignedByKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "ra.api.doors.SignedByKey"
    name = "signature"

    def get_security_definition(self, _schema: object) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Signature",
            "description": "RFC 9421, HMAC-SHA256, as docs/api/README.md says",
        }


def written() -> bytes:
    """The description as the code has it, YAML."""
    _describe()
    generator: Any = SchemaGenerator(urlconf="anxin.urls_staff")  # type: ignore[no-untyped-call]
    found = generator.get_schema(public=True)
    text: str = yaml.safe_dump(found, sort_keys=False, allow_unicode=True)
    return text.encode()


def _describe() -> None:
    spectacular_settings.apply_patches(ABOUT)  # type: ignore[no-untyped-call]
    for view, acts in _ACTS.items():
        extend_schema_view(**acts)(view)


def _act(name: str, status: int, shape: type, **more: Any) -> Any:
    """One thing when it is done, problem details when it is refused."""
    refused = {
        (code, TYPE): OpenApiResponse(shapes.ProblemDetails, why) for code, why in REFUSED.items()
    }
    return extend_schema(operation_id=name, responses={status: shape, **refused}, **more)


_FILES = {kind.media_type: bytes for kind in views.Evidence.parser_classes}
_HIDDEN = extend_schema(exclude=True)
_ACTS: dict[type[Door], dict[str, Any]] = {
    views.Applications: {
        "get": _act("list_applications", 200, shapes.Lines, parameters=[shapes.Page]),
        "post": _act("enter_application", 201, shapes.Named, request=shapes.NewApplication),
    },
    views.Application: {
        "get": _act("read_application", 200, shapes.Application),
        "put": _act("change_application", 200, shapes.Named, request=shapes.ChangedApplication),
    },
    views.Evidence: {"put": _act("add_evidence", 201, shapes.Document, request=_FILES)},
    views.Verifications: {
        "put": _act("note_verifications", 200, shapes.Named, request=shapes.VerificationList)
    },
    views.HandingIn: {"post": _act("hand_in_application", 201, shapes.Submitted, request=None)},
    views.Codes: {"post": _act("draw_codes", 201, shapes.PickUpCodes, request=None)},
    views.Certificate: {"get": _act("read_certificate", 200, shapes.Certificate)},
    views.Nowhere: dict.fromkeys(("get", "post", "put"), _HIDDEN),
    views.Revocations: {
        "post": _act("request_revocation", 201, shapes.Named, request=shapes.Revocation)
    },
}
