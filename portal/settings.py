"""All settings. Runs with no environment at all; see docs/settings.md for every variable."""

from pathlib import Path
from typing import Any

import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from psycopg.conninfo import conninfo_to_dict

from portal import env, keys, mailing
from portal.settings_backups import *  # noqa: F403
from portal.settings_faces import *  # noqa: F403
from portal.settings_imports import *  # noqa: F403
from portal.settings_keys import *  # noqa: F403
from portal.settings_libraries import *  # noqa: F403
from portal.settings_observing import *  # noqa: F403
from portal.settings_people import *  # noqa: F403
from portal.settings_places import *  # noqa: F403
from portal.settings_places import BASE_DIR, VAR_DIR
from portal.settings_record import *  # noqa: F403
from portal.settings_scan import *  # noqa: F403
from portal.settings_web import *  # noqa: F403

# Makes Django's generic classes (ModelForm, ModelAdmin) take their type parameters at run time.
django_stubs_ext.monkeypatch()

# --- Secrets ----------------------------------------------------------------------------------
DEBUG = env.env_bool("CANDOR_DEBUG", False)
SECRET_KEY = env.env_secret("CANDOR_SECRET_KEY") or keys.load_or_create(
    VAR_DIR / "keys/secret.key", 64
)

# --- Sessions ---------------------------------------------------------------------------------
# Limits that an operator may tighten and not loosen: CJIS AC-11 (idle), IA-11 (log in again).
SESSION_IDLE_MINUTES = env.env_int("CANDOR_IDLE_MINUTES", 30, low=1, high=30)
SESSION_HOURS = env.env_int("CANDOR_SESSION_HOURS", 12, low=1, high=12)
SESSION_COOKIE_AGE = SESSION_HOURS * 3600
# CJIS AC-7 (lock), AC-2(3) (unused accounts), IA-11 (the password again before dangerous acts).
LOCK_FAILURES = env.env_int("CANDOR_LOCK_FAILURES", 5, low=1, high=5)
LOCK_WINDOW_MINUTES = env.env_int("CANDOR_LOCK_WINDOW_MINUTES", 15, low=15, high=1440)
UNUSED_DAYS = env.env_int("CANDOR_UNUSED_DAYS", 90, low=1, high=90)
REAUTHENTICATION_MINUTES = env.env_int("CANDOR_REAUTHENTICATION_MINUTES", 5, low=1, high=30)
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
STAFF_SESSION_MINUTES = env.env_int("CANDOR_STAFF_SESSION_MINUTES", 30, low=5, high=240)
PLATFORM_CONTACT = env.env_str("CANDOR_PLATFORM_CONTACT")
HELP_URL = env.env_url("CANDOR_HELP_URL", ("http", "https"))
LOGIN_URL = LOGOUT_REDIRECT_URL = "account_login"
LOGIN_REDIRECT_URL = "home"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "portal",
    "portal.audit",
    "accounts",
    "searches",
    "evaluation",
    "galleries",
    "training",
    "oversight",
    # After our own apps, whose templates come first.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    # Its site is our own (accounts/platform).
    "unfold.apps.BasicAppConfig",
    "django.contrib.admin.apps.SimpleAdminConfig",
]

MIDDLEWARE = [
    "portal.middleware.RequestId",
    "portal.logs.middleware.RequestLog",
    "portal.metrics.middleware.RequestMetrics",
    "portal.tracing_requests.RequestTraces",
    # Before those that answer by themselves: redirects and static files carry the headers too.
    "portal.middleware.SecurityHeaders",
    "portal.middleware.KnownMethods",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "accounts.request_limits.ApiOverHttps",
    "accounts.request_limits.BodyLimits",
    "accounts.operating_gate.OperatingGate",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.session_limits.SessionLimits",
    "accounts.request_limits.PersonLimits",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.login.gate.SecondFactorGate",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.platform.middleware.PlatformMiddleware",
    "accounts.middleware.AgencyMiddleware",
    "portal.middleware.PartsAway",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context_processors.portal",
            ],
        },
    }
]

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG

# --- Database: the app role here, the owner role for migrations only ---------------------------
DATABASE_URL = env.env_url("DATABASE_URL", ("postgres", "postgresql"))
DATABASE_OWNER_URL = env.env_url("DATABASE_OWNER_URL", ("postgres", "postgresql"))
EMBEDDED_DATABASE = not DATABASE_URL
if DATABASE_OWNER_URL and not DATABASE_URL:
    raise ImproperlyConfigured("DATABASE_OWNER_URL is set without DATABASE_URL")


# A host that loses power leaves its sessions, and with them its claims on jobs, on the server:
# these tell the server to look for it after half a minute instead of two hours.
DEAD_PEERS = (
    "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
    " -c client_connection_check_interval=10s"
)


# Statements that ask for it (`prepare=True`) are prepared, once a session; all others never are.
PREPARED = {"prepare_threshold": 2**31}


def _database(url: str, role: str) -> dict[str, Any]:
    """One entry of DATABASES from a libpq URL, or for the embedded server."""
    base: dict[str, Any] = {"ENGINE": "portal.database"}
    if not url:
        options: dict[str, Any] = {"embedded_role": role, "embedded_var": str(VAR_DIR)}
        return base | {"NAME": "candor", "OPTIONS": options | PREPARED}
    parts = {k: str(v) for k, v in conninfo_to_dict(url).items() if v is not None}
    base |= {"NAME": parts.pop("dbname", "candor"), "USER": parts.pop("user", "")}
    base |= {"PASSWORD": parts.pop("password", ""), "HOST": parts.pop("host", "")}
    return base | {
        "PORT": parts.pop("port", ""),
        "OPTIONS": {"options": DEAD_PEERS, **PREPARED, **parts},
    }


DATABASES = {
    "default": _database(DATABASE_URL, "app")
    | {"CONN_MAX_AGE": 300, "CONN_HEALTH_CHECKS": True, "DISABLE_SERVER_SIDE_CURSORS": True},
}
if DATABASE_OWNER_URL or EMBEDDED_DATABASE:
    DATABASES["owner"] = _database(DATABASE_OWNER_URL, "owner")
DATABASE_ROUTERS = ["portal.routers.OwnerMigrates"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# What all processes must see: rate limits, and which one-time codes were used.
CACHES = {"default": {"BACKEND": "portal.cache.SharedCache", "LOCATION": "portal_cache"}}

# --- API --------------------------------------------------------------------------------------
# How many requests a token may make in a minute.
API_PER_MINUTE = env.env_int("CANDOR_API_PER_MINUTE", 600, low=1, high=100_000)
# How many programs may wait at a process, which has four threads unless told otherwise.
API_WAITING = env.env_int("CANDOR_API_WAITING", 2, low=1, high=1000)
API_STREAM_SECONDS = env.env_int("CANDOR_API_STREAM_SECONDS", 60, low=5, high=3600)

# --- Queue ------------------------------------------------------------------------------------
BROKER_URL = env.env_url("BROKER_URL", ("amqp", "amqps", "redis", "rediss"))
if DATABASE_URL and not BROKER_URL:
    # The embedded broker lives in the embedded database, which serves one machine.
    raise ImproperlyConfigured("DATABASE_URL is set without BROKER_URL")
JOB_SECONDS = env.env_int("CANDOR_JOB_SECONDS", 120, low=2, high=3600)
JOB_MAX_ATTEMPTS = env.env_int("CANDOR_JOB_MAX_ATTEMPTS", 5, low=1, high=100)
SWEEP_SECONDS = env.env_int("CANDOR_SWEEP_SECONDS", 15, low=1, high=3600)
WORKERS = env.env_int("CANDOR_WORKERS", 2, low=1, high=128)
WORKER_NICENESS = env.env_int("CANDOR_WORKER_NICENESS", 5, low=0, high=19)

# --- Faces ------------------------------------------------------------------------------------
CASE_SEARCH_CAP = env.env_int("CANDOR_CASE_SEARCH_CAP", 20, low=1, high=10_000)
IMAGE_MAX_MEGAPIXELS = env.env_int("CANDOR_IMAGE_MAX_MEGAPIXELS", 50, low=1, high=400)

# --- People -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},  # NIST SP 800-63B-4 for a password that stands alone
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "accounts.login.passwords.GuessableValidator"},
]
PASSWORD_HASHERS = ["accounts.login.hashers.PasswordHasher"]
AUTHENTICATION_BACKENDS = ["accounts.login.backend.PasswordBackend"]

# The environment has no say in the rest of it: portal/settings_libraries.py.
ACCOUNT_REAUTHENTICATION_TIMEOUT = REAUTHENTICATION_MINUTES * 60
SSO_HOSTS = [host.lower() for host in env.env_list("CANDOR_SSO_HOSTS", "")]
SSO_CA_FILE = env.env_str("CANDOR_SSO_CA_FILE")
if SSO_CA_FILE and not Path(SSO_CA_FILE).is_file():
    raise ImproperlyConfigured(f"CANDOR_SSO_CA_FILE={SSO_CA_FILE}: there is no such file")
# A link to a new password works for an hour.
PASSWORD_RESET_TIMEOUT = 3600

# --- The procedure of a search ----------------------------------------------------------------
# A request for authorization lapses after so long; an approved search runs within these hours.
AUTHORIZATION_DAYS = env.env_int("CANDOR_AUTHORIZATION_DAYS", 7, low=1, high=30)
TOKEN_HOURS = env.env_int("CANDOR_TOKEN_HOURS", 24, low=1, high=168)
# By when each examination is due; it is shown and told, and nothing happens by itself.
EXAMINATION_DAYS = env.env_int("CANDOR_EXAMINATION_DAYS", 3, low=1, high=60)

# --- E-mail -----------------------------------------------------------------------------------
# Links in mails are built from this address and never from a request's Host header.
BASE_URL = env.env_url("CANDOR_BASE_URL", ("http", "https")).rstrip("/") or "http://localhost:8000"
EMAIL_URL = env.env_secret("CANDOR_EMAIL_URL")
try:
    MAIL = mailing.parse(EMAIL_URL, VAR_DIR / "mail")
except ValueError as error:
    raise ImproperlyConfigured(f"CANDOR_EMAIL_URL: {error}") from error
EMAIL_BACKEND, EMAIL_FILE_PATH = MAIL.backend, MAIL.folder
EMAIL_HOST, EMAIL_PORT = MAIL.host, MAIL.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL.user, MAIL.password
EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL.start_tls, MAIL.tls
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.env_str("CANDOR_EMAIL_FROM", "Candor <candor@localhost>")

# --- Billing ----------------------------------------------------------------------------------
# Who bills: stands on every invoice as it is on the day of issue. ";" divides lines.
AUTO_DUNNING = env.env_bool("CANDOR_AUTO_DUNNING", False)
SELLER = {
    "name": env.env_str("CANDOR_SELLER_NAME", "Candor"),
    "address": env.env_lines("CANDOR_SELLER_ADDRESS"),
    "tax_id": env.env_str("CANDOR_SELLER_TAX_ID"),
    "bank": env.env_lines("CANDOR_SELLER_BANK"),
}

# --- Language and time ------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = USE_TZ = True

TOKEN_MAX_DAYS = env.env_int("CANDOR_TOKEN_MAX_DAYS", 365, low=1, high=365)

env.refuse_unknown()
