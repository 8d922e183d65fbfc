"""Mail out of the house (RFC 5321), in both languages. What goes wrong is a code, no text."""

import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils.translation import override

from anxin.kernel.deliveries import is_final
from anxin.kernel.outbox import NotConfigured, NotSent
from anxin.kernel.secret_files import read_private

SMTP = "django.core.mail.backends.smtp.EmailBackend"
TIMEOUT = 20  # seconds
BETWEEN = "\n\n—\n\n"  # the two languages of a text


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """`subject` is empty in a text message."""

    to: str
    subject: str
    text: str


def bilingual(to: str, say: Callable[[], tuple[str, list[str]]]) -> Message:
    """Chinese, then English; `say` gives subject and paragraphs in the language of the moment."""
    with override("zh-hans"):
        subject, chinese = say()
    with override("en"):
        other, english = say()
    text = BETWEEN.join("\n\n".join(said) for said in (chinese, english))
    return Message(to, f"{subject} / {other}", f"{text}\n")


def by_language(text: str) -> list[tuple[str, str]]:
    """The text taken apart again, for a page: language tag, and what is said in it."""
    return list(zip(("zh-Hans", "en"), text.split(BETWEEN, 1), strict=False))


def send(message: Message, *, reference: str) -> None:
    """Raises NotConfigured, NotSent. `reference` is the same at every try, so that a receiver
    who looks at it takes a message that comes twice for one.
    """
    if not settings.MAIL_HOST:
        raise NotConfigured
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
            password=secret_in(settings.MAIL_PASSFILE),
            use_tls=settings.MAIL_TLS,
            timeout=TIMEOUT,
        ),
    )
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        code, _ = next(iter(error.recipients.values()))
        raise NotSent(f"smtp {code}", final=is_final(code)) from None
    except smtplib.SMTPResponseException as error:
        raise NotSent(f"smtp {error.smtp_code}") from None
    except (smtplib.SMTPException, OSError) as error:
        raise NotSent(f"smtp {type(error).__name__}") from None
    except ValueError as error:  # an address or a subject that is none, such as of two lines
        raise NotSent(f"smtp {type(error).__name__}", final=True) from None


def secret_in(path: str) -> str:
    """What a private file holds; empty without a file."""
    return read_private(Path(path)).decode() if path else ""
