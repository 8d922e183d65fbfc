"""Out of the house: SMTP and the gateway for text messages. What goes wrong is a code, no text."""

import json
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from django.conf import settings

from anxin.kernel import mail
from anxin.kernel.mail import TIMEOUT, Message, secret_in
from anxin.kernel.outbox import NotConfigured, NotSent
from ra.notices.rules import Channel

_LATER = frozenset({408, 425, 429})  # HTTP: not now


class _NoRedirect(HTTPRedirectHandler):
    """A message goes where the settings say, and nowhere else."""

    def redirect_request(self, *_: object) -> None:
        return None


def send(channel: str, message: Message, *, reference: str) -> None:
    """Raises NotConfigured, NotSent. `reference` is the same at every try, so that a receiver
    who looks at it takes a message that comes twice for one.
    """
    match channel:
        case Channel.MAIL:
            mail.send(message, reference=reference)
        case Channel.SMS if settings.SMS_URL:
            _text(message, reference)
        case _:
            raise NotConfigured


def _text(message: Message, reference: str) -> None:
    """JSON of id, to, text; any 2xx is a yes."""
    body = json.dumps({"id": reference, "to": message.to, "text": message.text}).encode()
    headers = {"Content-Type": "application/json"}
    token = secret_in(settings.SMS_PASSFILE)
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = Request(settings.SMS_URL, body, headers)  # noqa: S310 -- an address of the settings
    opener = build_opener(ProxyHandler({}), _NoRedirect)
    try:
        opener.open(request, timeout=TIMEOUT).close()
    except HTTPError as error:
        error.close()
        final = 400 <= error.code < 500 and error.code not in _LATER  # noqa: PLR2004 -- HTTP
        raise NotSent(f"http {error.code}", final=final) from None
    except (OSError, HTTPException) as error:
        raise NotSent(f"http {type(error).__name__}") from None
