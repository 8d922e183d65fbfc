"""Settings: environment and secret files in, constants out. One file for every process.

ANXIN_ENV   production (default) | demo | test
ANXIN_SITE  staff | public | worker | command (default): which process group this is
ANXIN_HOME  the state directory
ANXIN_SECRETS  the directory of secret files; `secrets/` in the state directory
"""

import os
import re
import secrets as random_source
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from anxin.duties import DUTIES as DUTIES
from anxin.duties import OFFICE_WORKS as OFFICE_WORKS
from anxin.flows import AT_ONCE as AT_ONCE
from anxin.flows import ENDING_MESSAGE as ENDING_MESSAGE
from anxin.flows import FLOWS as FLOWS
from anxin.flows import LAST, QUEUES, TIMETABLE
from anxin.flows import OPERATOR_CERTIFICATE as OPERATOR_CERTIFICATE
from anxin.flows import OPERATOR_CERTIFIED as OPERATOR_CERTIFIED
from anxin.flows import OPERATOR_HINDRANCES as OPERATOR_HINDRANCES
from anxin.keeping import KEPT as KEPT
from anxin.kernel.proxies import networks
from anxin.kernel.secret_files import read_private

BASE_DIR = Path(__file__).resolve().parent.parent

ENV = os.getenv("ANXIN_ENV", "production")
SITE = os.getenv("ANXIN_SITE", "command")
_SITES = {"staff", "public", "worker", "command"}
if ENV not in {"production", "demo", "test"} or SITE not in _SITES:
    raise ImproperlyConfigured(f"ANXIN_ENV={ENV} ANXIN_SITE={SITE}: not among the known ones")
DEMO = ENV == "demo"
PRODUCTION = ENV == "production"
DEBUG = False

# --- Secrets -------------------------------------------------------------------------------
HOME = Path(os.getenv("ANXIN_HOME", BASE_DIR / "var"))
SECRETS_DIR = Path(os.getenv("ANXIN_SECRETS", HOME / "secrets"))
# What each process group may be handed. The public site reads nothing that is encrypted, so it
# never holds the key-encryption key; workers open nothing but the notices they send, and speak to
# no browser.
_INSIDE_SECRETS = frozenset(
    {"django-secret-key", "kek", "index-key", "code-pepper", "notice-key", "inbox-key"}
)
SECRETS_OF_SITES = {
    "staff": _INSIDE_SECRETS,
    "public": frozenset({"django-secret-key-public", "code-pepper"}),
    "worker": frozenset({"notice-key"}),
    "command": _INSIDE_SECRETS,
}
SECRETS_FOR_SITE = SECRETS_OF_SITES[SITE]


def _secret_key() -> str:
    """Everything this process may be handed is looked at, so that nobody starts with a bad file."""
    held = {
        path.name: read_private(path)
        for path in map(SECRETS_DIR.joinpath, SECRETS_FOR_SITE)
        if path.exists()
    }
    name = "django-secret-key-public" if SITE == "public" else "django-secret-key"
    if name in held:
        return held[name].decode()
    if PRODUCTION and name in SECRETS_FOR_SITE:
        raise ImproperlyConfigured(f"no secret {name} in {SECRETS_DIR}")
    return random_source.token_hex(32)


SECRET_KEY = _secret_key()
TOLD = "anxin.templatetags.ui.told"  # a refusal as the sentence people read

# --- Database ------------------------------------------------------------------------------


def _database(url: str) -> dict[str, object]:
    """A postgres:// URL as Django wants it; `?host=/dir` names a unix socket's directory."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", [parts.hostname or ""])[0],
        "PORT": query.get("port", [str(parts.port or "")])[0],
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {"default": _database(os.getenv("DATABASE_URL", "postgres:///anxin"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Applications --------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",  # widget templates for FORM_RENDERER
    "django_otp",
    "django_htmx",
    "anxin.apps.AnxinConfig",
    "people",
    "audit",
    "kmc",
    "ca",
    "ra",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "anxin.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "anxin.middleware.RefusalMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
if SITE != "public":
    _after = MIDDLEWARE.index("django.contrib.messages.middleware.MessageMiddleware")
    MIDDLEWARE[_after:_after] = [
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django_otp.middleware.OTPMiddleware",
    ]
    MIDDLEWARE.insert(  # after the one that shows refusals
        MIDDLEWARE.index("anxin.middleware.RefusalMiddleware") + 1,
        "people.entrance.middleware.ProofMiddleware",
    )
ROOT_URLCONF = "anxin.urls_public" if SITE == "public" else "anxin.urls_staff"
WSGI_APPLICATION = "anxin.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "anxin.context.site",
            ],
        },
    }
]
FORM_RENDERER = "anxin.forms.Renderer"

# --- People --------------------------------------------------------------------------------
AUTH_USER_MODEL = "people.StaffMember"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "people.accounts.passwords.PasswordPolicy"},  # CPS 6.5.1
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/sign-in/"
SEALER = "kmc.envelopes.services.SmallSecretSealer"

# --- Counters of `anxin.kernel.limits`: in each process's memory ---------------------------
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}

# --- Sessions, cookies, headers ------------------------------------------------------------
# The public site writes no session rows: its role may not, and a signed cookie is enough. How
# long people stay signed in on the staff site: `people.sessions.rules`.
SESSION_ENGINE = (
    "django.contrib.sessions.backends.signed_cookies"
    if SITE == "public"
    else "people.sessions.store"
)
SESSION_COOKIE_NAME = f"anxin-{SITE}"
CSRF_COOKIE_NAME = f"anxin-{SITE}-csrf"
LANGUAGE_COOKIE_NAME = f"anxin-{SITE}-language"
SESSION_COOKIE_AGE = 15 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = PRODUCTION
SECURE_SSL_REDIRECT = PRODUCTION
# Lists, OCSP and CA certificates are fetched by http: RFC 5280 8 advises against https for them.
MACHINES = r"^(ca/|crl/|ocsp(/|$))"
SECURE_REDIRECT_EXEMPT = [MACHINES] if SITE == "public" else []
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
ALLOWED_HOSTS = [
    host for host in os.getenv("ANXIN_HOSTS", "127.0.0.1,localhost,[::1]").split(",") if host
]
if ENV == "test":
    ALLOWED_HOSTS.append("testserver")
# Years that evidence is kept after the certificate has ended; never less than the CPS asks for
RETENTION_YEARS = int(os.getenv("ANXIN_RETENTION_YEARS", "0"))
# Whoever votes signs with an operator key (CPS 5.2.3); who has one always does.
REQUIRE_VOTE_KEYS = os.getenv("ANXIN_REQUIRE_VOTE_KEYS", "yes" if PRODUCTION else "no") == "yes"
# Fingerprints of operators' keys that workers certify without certified votes for them: where all
# of those who enrol keys have lost theirs (docs/journeys/ceremony.md)
TRUSTED_KEYS = frozenset(os.getenv("ANXIN_TRUSTED_KEYS", "").split())
# Whose X-Forwarded-For is believed (`anxin.kernel.web.address`); without it nobody's.
TRUSTED_PROXIES = networks(os.getenv("ANXIN_TRUSTED_PROXIES", ""))
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# --- Uploads: evidence is encrypted before it touches any disk, so nothing may spool ---------
FILE_UPLOAD_HANDLERS = ["anxin.uploads.InMemoryUpload"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FILES = 1 if SITE == "public" else 10  # memory that anybody could fill
EVIDENCE_DIR = HOME / "evidence"

# --- Language and time ---------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# --- Static files --------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # no plain files, ever
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if ENV == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = ENV == "test"

# --- Signer and workers --------------------------------------------------------------------
SIGNER_SOCKET = os.getenv("ANXIN_SIGNER_SOCKET", str(HOME / "run" / "signer.sock"))
HELPER_SOCKETS = tuple(os.getenv("ANXIN_HELPER_SOCKETS", "").split())  # docs/decisions/0014
STAFF_URL = os.getenv("ANXIN_STAFF_URL", "http://127.0.0.1:8000")  # as mail to staff names it
PUBLIC_URL = os.getenv("ANXIN_PUBLIC_URL", "http://127.0.0.1:8001")
# Certificate policies are numbered below this arc. The default is RFC 5612's arc for examples: a
# real CA sets the one it was given.
POLICY_ARC = os.getenv("ANXIN_POLICY_ARC", "1.3.6.1.4.1.32473.1")
EXTENSION_ARC = os.getenv("ANXIN_EXTENSION_ARC", "1.3.6.1.4.1.32473.2")  # CPS 7.1.2: private ones


# --- Notices (anxin/kernel/mail.py): without a host subscribers are told by hand --------------
MAIL_HOST = os.getenv("ANXIN_MAIL_HOST", "")
MAIL_PORT = int(os.getenv("ANXIN_MAIL_PORT", "587"))
MAIL_TLS = os.getenv("ANXIN_MAIL_TLS", "yes") == "yes"
MAIL_USER = os.getenv("ANXIN_MAIL_USER", "")
MAIL_PASSFILE = os.getenv("ANXIN_MAIL_PASSFILE", "")
MAIL_FROM = os.getenv("ANXIN_MAIL_FROM", "notices@localhost")
SMS_URL = os.getenv("ANXIN_SMS_URL", "")
SMS_PASSFILE = os.getenv("ANXIN_SMS_PASSFILE", "")


# --- The directory (ca/directory, CPS 4.4.2): without an address nothing is published by LDAP --
LDAP_URL = os.getenv("ANXIN_LDAP_URL", "")
LDAP_BASE = os.getenv("ANXIN_LDAP_BASE", "c=CN")
LDAP_USER = os.getenv("ANXIN_LDAP_USER", "")
LDAP_PASSFILE = os.getenv("ANXIN_LDAP_PASSFILE", "")
LDAP_TLS = os.getenv("ANXIN_LDAP_TLS", "yes") == "yes"  # STARTTLS on an ldap:// address
LDAP_CA = os.getenv("ANXIN_LDAP_CA", "")  # a file: whose certificates are believed
# As relying parties reach it. Certificates name their revocation list there, too.
LDAP_PUBLIC_URL = os.getenv("ANXIN_LDAP_PUBLIC_URL", "")


def _check_directory(url: str, public_url: str, *, tls: bool) -> None:
    for given, schemes in ((url, "ldaps?"), (public_url, "ldap")):
        if given and not re.fullmatch(rf"{schemes}://[A-Za-z0-9.\-\[\]:]+", given):
            raise ImproperlyConfigured(f"{given}: not ldap://HOST or ldap://HOST:PORT")
    here = urlsplit(url).hostname in {None, "127.0.0.1", "localhost", "::1"}
    if not (tls or here or url.startswith("ldaps:")):
        raise ImproperlyConfigured("ANXIN_LDAP_TLS=no: the password would go out in clear")


_check_directory(LDAP_URL, LDAP_PUBLIC_URL, tls=LDAP_TLS)

# --- Authority sources (ra/lookups, CPS 3.2.4): a page of JSON, and the hosts it may name -----
SOURCES_FILE = os.getenv("ANXIN_SOURCES", "")
SOURCE_HOSTS = tuple(
    host.strip() for host in os.getenv("ANXIN_SOURCE_HOSTS", "").split(",") if host.strip()
)

# --- Names of servers (ra/domains, CPS 3.2.4) -----------------------------------------------


def _resolvers(text: str) -> tuple[tuple[str, str, int], ...]:
    """`name=address` or `name=address@port`, separated by commas: one resolver a vantage point."""
    rows = [row.strip().partition("=") for row in text.split(",") if row.strip()]
    try:
        found = tuple((name, *_place(place)) for name, _, place in rows)
    except ValueError as error:
        raise ImproperlyConfigured(f"ANXIN_RESOLVERS: {error}") from error
    if not all(len({row[part] for row in found}) == len(found) for part in (0, 1)):
        raise ImproperlyConfigured("ANXIN_RESOLVERS: every name and every address once")
    return found


def _place(text: str) -> tuple[str, int]:
    address, _, port = text.partition("@")
    return str(ip_address(address)), int(port or 53)


RESOLVERS = _resolvers(os.getenv("ANXIN_RESOLVERS", ""))
CAA_ISSUER = os.getenv("ANXIN_CAA_ISSUER", "anxin.example")  # our name in CAA records, RFC 8659 4.2
# Where tokens are fetched. Tests alone have servers of their own on the loopback interface.
VALIDATION_PORTS = {"http": 80, "https": 443}
VALIDATION_NETWORKS = networks("")


def _broker(url: str, password_file: str) -> str:
    """Like PostgreSQL's, a password may lie in a file: everybody's environment stands in /proc."""
    if not (url and password_file):
        return url
    scheme, _, place = url.partition("://")
    return f"{scheme}://:{quote(read_private(Path(password_file)).decode(), safe='')}@{place}"


REDIS_URL = _broker(os.getenv("REDIS_URL", ""), os.getenv("REDIS_PASSFILE", ""))
CELERY_BROKER_URL = "" if SITE == "public" else REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 7200,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
}
if SITE != "worker":  # at a page a broker that is down is tried once: the sweep finds the work
    CELERY_BROKER_TRANSPORT_OPTIONS["max_retries"] = 0
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 900
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    name: {"queue": queue, "priority": 9 if name in LAST else 0}  # with Valkey, 0 comes first
    for name, queue in QUEUES.items()
}
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = {
    name: {"task": name, "schedule": seconds, "options": {"expires": max(seconds, 2)}}
    for name, seconds in TIMETABLE.items()
}

# --- The interface for systems of partners (ra/api) -------------------------------------------
# read by ra/api/description.py alone
REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}

# --- Logging: to standard error, never a payload --------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "class": "anxin.logs.WithoutRows",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": os.getenv("ANXIN_LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "celery.app.trace": {"level": "WARNING"},  # a line per tick says nothing
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
    },
}
