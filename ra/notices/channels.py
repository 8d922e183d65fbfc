"""Out of the house: SMTP and the gateway for text messages. What goes wrong is a code, no text."""

import json
import smtplib
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from anxin.kernel.secret_files import read_private
from ra.notices import rules
from ra.notices.rules import Channel
from ra.notices.writing import Message

SMTP = "django.core.mail.backends.smtp.EmailBackend"
TIMEOUT = 20  # seconds
_LATER = frozenset({408, 425, 429})  # HTTP: not now


class NotConfigured(Exception):
    """There is nothing to send it with."""


class NotSent(Exception):
    """`code` such as `smtp 451`; `final`: no other try will help."""

    def __init__(self, code: str, *, final: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.final = final


class _NoRedirect(HTTPRedirectHandler):
    """A message goes where the settings say, and nowhere else."""

    def redirect_request(self, *_: object) -> None:
        return None


def send(channel: str, message: Message, *, reference: str) -> None:
    """Raises NotConfigured, NotSent. `reference` is the same at every try, so that a receiver
    who looks at it takes a message that comes twice for one.
    """
    match channel:
        case Channel.MAIL if settings.MAIL_HOST:
            _mail(message, reference)
        case Channel.SMS if settings.SMS_URL:
            _text(message, reference)
        case _:
            raise NotConfigured


def _mail(message: Message, reference: str) -> None:
    domain = settings.MAIL_FROM.rpartition("@")[2].rstrip(">")
    mail = EmailMessage(
        message.subject,
        message.text,
        settings.MAIL_FROM,
        [message.to],
        headers={"Message-ID": f"<{reference}@{domain}>", "Auto-Submitted": "auto-generated"},
        connection=get_connection(
            SMTP,
            host=settings.MAIL_HOST,
            port=settings.MAIL_PORT,
            username=settings.MAIL_USER,
            password=_secret(settings.MAIL_PASSFILE),
            use_tls=settings.MAIL_TLS,
            timeout=TIMEOUT,
        ),
    )
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        code, _ = next(iter(error.recipients.values()))
        raise NotSent(f"smtp {code}", final=rules.is_final(code)) from None
    except smtplib.SMTPResponseException as error:
        raise NotSent(f"smtp {error.smtp_code}") from None
    except (smtplib.SMTPException, OSError) as error:
        raise NotSent(f"smtp {type(error).__name__}") from None
    except ValueError as error:  # an address or a subject that is none, such as of two lines
        raise NotSent(f"smtp {type(error).__name__}", final=True) from None


def _text(message: Message, reference: str) -> None:
    """JSON of id, to, text; any 2xx is a yes."""
    body = json.dumps({"id": reference, "to": message.to, "text": message.text}).encode()
    headers = {"Content-Type": "application/json"}
    token = _secret(settings.SMS_PASSFILE)
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


def _secret(path: str) -> str:
    return read_private(Path(path)).decode() if path else ""
