"""Logs and what else an operator watches by; part of portal.settings."""

import socket
from ipaddress import ip_address
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from portal import env
from portal.settings_places import VAR_DIR

# --- Logs ---------------------------------------------------------------------------------------
LOG_LEVEL = env.env_choice("CANDOR_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOG_FORMAT = env.env_choice("CANDOR_LOG_FORMAT", "json", ("json", "plain"))
_FORMATTERS = {"json": "portal.logs.lines.JsonLine", "plain": "portal.logs.lines.PlainLine"}
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": _FORMATTERS[LOG_FORMAT]}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # Django's own handler would write the same again in words of its own.
        "django": {"handlers": [], "propagate": True},
        # Refusals have a line of their own (portal/logs/middleware.py); failures come with places.
        "django.request": {"level": "ERROR"},
        # Statements with their parameters, whatever the level.
        "django.db.backends": {"level": "INFO"},
        # portal/tasks.py has a line for each task; Celery's repeats the exception's text.
        "celery.app.trace": {"level": "CRITICAL"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
    },
}

# --- Metrics: off unless there is a token, or an address that no other machine reaches ----------
METRICS_TOKEN = env.env_secret("CANDOR_METRICS_TOKEN")
MIN_TOKEN = 20
if METRICS_TOKEN and len(METRICS_TOKEN) < MIN_TOKEN:
    raise ImproperlyConfigured(f"CANDOR_METRICS_TOKEN has fewer than {MIN_TOKEN} characters")


def _address(name: str) -> tuple[str, int] | None:
    """HOST:PORT of a variable; the host is an IP address."""
    value = env.env_str(name)
    host, _, port = value.rpartition(":")
    try:
        found = (str(ip_address(host.strip("[]"))), int(port)) if value else None
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r}: use IP-ADDRESS:PORT") from None
    if found and not METRICS_TOKEN and not ip_address(found[0]).is_loopback:
        raise ImproperlyConfigured(f"{name}={value}: other machines need CANDOR_METRICS_TOKEN")
    return found


METRICS_LISTEN = _address("CANDOR_METRICS_LISTEN")
METRICS = bool(METRICS_TOKEN or METRICS_LISTEN)
# One folder for the processes of one host: they know each other by their numbers.
METRICS_DIR = env.env_path("CANDOR_METRICS_DIR", VAR_DIR / "metrics" / socket.gethostname())

# --- Traces: off unless there is a collector ----------------------------------------------------
OTLP_URL = env.env_url("CANDOR_OTLP_URL", ("http", "https")).rstrip("/")
# "Authorization=Bearer ..." and the like, comma-separated.
OTLP_HEADERS = env.env_secret("CANDOR_OTLP_HEADERS")
# Of so many journeys in a hundred there is a trace.
OTLP_PERCENT = env.env_int("CANDOR_OTLP_PERCENT", 100, low=1, high=100)
