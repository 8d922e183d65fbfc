"""The interface for systems of partner RAs: each address makes one call of a service (docs/api).

The acts are those of the key's responsible operator, under the office's authority, its quota and
its end (CPS 1.4.2, 5.8); whoever reviews is somebody else (CPS 4.3.1).
"""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from anxin.kernel.actors import Actor
from pki import pem
from ra.api import serializers as shapes
from ra.api import services
from ra.api.doors import Door
from ra.api.problems import entry
from ra.applications.queries import id_of
from ra.certificates.queries import holding_of
from ra.evidence import rules as evidence
from ra.evidence.services import add_evidence
from ra.handover.services import issue_download_codes
from ra.intake import queries as intake
from ra.intake.handing_in import submit
from ra.partners import rules
from ra.partners.rules import Scope
from ra.review.queries import Filters, View, queue
from ra.revocations.services import request_revocation
from ra.verifications.rules import Verified
from ra.verifications.services import note

DESCRIPTION = Path(settings.BASE_DIR) / "docs" / "api" / "openapi.yaml"


@require_GET
def schema(request: HttpRequest) -> HttpResponse:
    """The description of this interface; it says nothing of anybody."""
    return HttpResponse(DESCRIPTION.read_bytes(), content_type="application/yaml")


class Applications(Door):
    scopes = {"GET": Scope.READ, "POST": Scope.ENTER}

    def get(self, request: Request) -> Response:
        """Applications of the office and the offices below it, newest first, 50 at a time."""
        asked = _checked(shapes.Page(data=request.query_params))
        after, at = asked.get("after", ""), timezone.now()
        found = queue(request.user.actor, View.ALL, Filters(), after=after, at=at)
        return Response(shapes.Lines(found).data)

    def post(self, request: Request) -> Response:
        """A draft (CPS 4.1): kept as it is said; `wrong` of the application tells what is."""
        said = _checked(shapes.NewApplication(data=request.data))

        def act(actor: Actor, at: datetime) -> object:
            years = said["years"]
            return {"number": services.enter(said["profile"], years, said, actor=actor, at=at)}

        return self.once(request, 201, act)


class Application(Door):
    scopes = {"GET": Scope.READ, "PUT": Scope.ENTER}

    def get(self, request: Request, number: str) -> Response:
        """How it stands (CPS 4.2.3), and what is missing while it is a draft."""
        view = intake.intake(number, request.user.actor, at=timezone.now())
        wrong = [entry(one) for one in view.wrong]
        return Response(_shown(shapes.ApplicationState(view)) | {"wrong": wrong})

    def put(self, request: Request, number: str) -> Response:
        """All fields of a draft, or of what came back to be corrected, said anew."""
        said = _checked(shapes.ChangedApplication(data=request.data))

        def act(actor: Actor, at: datetime) -> object:
            return {"number": services.change(number, said["years"], said, actor=actor, at=at)}

        return self.once(request, 200, act)


class _AsItIs(BaseParser):  # type: ignore[misc]  # the framework has no types
    def parse(self, stream: Any, *_: Any, **__: Any) -> bytes:
        return bytes(stream.read())


class Jpeg(_AsItIs):
    media_type = "image/jpeg"


class Png(_AsItIs):
    media_type = "image/png"


class Pdf(_AsItIs):
    media_type = "application/pdf"


class Evidence(Door):
    scopes = {"PUT": Scope.ENTER}
    most = evidence.LIMIT
    parser_classes = (Jpeg, Png, Pdf)

    def put(self, request: Request, number: str, slot: str) -> Response:
        """One more file for a slot, up to 20 MB: the body is the file (CPS 3.2.2, 3.2.3)."""
        kind = request.content_type.partition(";")[0].strip().lower()

        def act(actor: Actor, at: datetime) -> object:
            added = add_evidence(
                id_of(number, actor),
                slot,
                f"file.{kind.partition('/')[2]}",
                request.data,
                content_type=kind,
                actor=actor,
                at=at,
            )
            return _shown(shapes.Document(added))

        return self.once(request, 201, act)


class Verifications(Door):
    scopes = {"PUT": Scope.ENTER}

    def put(self, request: Request, number: str) -> Response:
        """How the documents of each slot were verified (CPS 3.2.2, 3.2.3, 3.2.7)."""
        said = _checked(shapes.VerificationList(data=request.data))
        found = [Verified(**one) for one in said["verifications"]]

        def act(actor: Actor, at: datetime) -> object:
            note(id_of(number, actor), found, actor=actor, at=at)
            return {"number": number}

        return self.once(request, 200, act)


class HandingIn(Door):
    scopes = {"POST": Scope.ENTER}
    codes = True

    def post(self, request: Request, number: str) -> Response:
        """Hand it to the reviewers (CPS 4.3.1): the two working days begin (CPS 4.2.3)."""

        def act(actor: Actor, at: datetime) -> object:
            return _shown(shapes.Submitted(submit(id_of(number, actor), actor=actor, at=at)))

        return self.once(request, 201, act)


class Codes(Door):
    scopes = {"POST": Scope.CODES}
    codes = True

    def post(self, request: Request, number: str) -> Response:
        """Both codes, with which the subscriber picks the certificate up (CPS 4.3.1, 4.4.1)."""

        def act(actor: Actor, at: datetime) -> object:
            told = issue_download_codes(id_of(number, actor), actor=actor, at=at)
            return _shown(shapes.PickUpCodes(told))

        return self.once(request, 201, act)


class Certificate(Door):
    scopes = {"GET": Scope.READ}

    def get(self, request: Request, certificate_id: int) -> Response:
        """A certificate of the office's applicants and its state (CPS 4.9.9)."""
        found = holding_of(certificate_id, request.user.actor).certificate
        der = found.der if found else b""
        text = pem.write("CERTIFICATE", der).decode() if der else ""
        return Response(_shown(shapes.CertificateState(found)) | {"pem": text})


class Revocations(Door):
    scopes = {"POST": Scope.REVOKE}

    def post(self, request: Request, certificate_id: int) -> Response:
        """Ask for a revocation (CPS 4.9.3); nothing is revoked before another person agrees."""
        said = _checked(shapes.Revocation(data=request.data))

        def act(actor: Actor, at: datetime) -> object:
            return {"number": request_revocation(certificate_id, **said, actor=actor, at=at)}

        return self.once(request, 201, act)


class Nowhere(Door):
    """Every other address: a refusal as everywhere."""

    scopes = {}

    def get(self, _request: Request, rest: str) -> Response:
        raise rules.nowhere(rest)

    post = put = get


def _shown(shape: Any) -> dict[str, Any]:
    return dict(shape.data)


def _checked(shape: Any) -> dict[str, Any]:
    """What was said, in its shape; refuses every field at fault."""
    shape.is_valid(raise_exception=True)
    found: dict[str, Any] = shape.validated_data
    return found
