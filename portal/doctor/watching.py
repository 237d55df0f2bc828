"""How this installation is watched: metrics and traces."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import requests
from django.conf import settings

from portal.doctor.problems import Advice, Problem


def check_metrics() -> str:
    if not settings.METRICS:
        raise Advice("off: nobody is told of what fails", "Set CANDOR_METRICS_TOKEN")
    folder = Path(settings.METRICS_DIR)
    if not os.access(folder, os.W_OK):
        raise Problem(f"{folder} cannot be written", "Make it writable for this user")
    where = ["/metrics/"] if settings.METRICS_TOKEN else []
    if settings.METRICS_LISTEN:
        where.append("port {1} of {0} (workers)".format(*settings.METRICS_LISTEN))
    return f"{', '.join(where)}; files of processes in {folder}"


def check_traces() -> str:
    """An empty list of spans is what every collector takes."""
    if not settings.OTLP_URL:
        return "off (CANDOR_OTLP_URL)"
    try:
        requests.post(
            f"{settings.OTLP_URL}/v1/traces",
            data=b"",
            headers={"Content-Type": "application/x-protobuf"},
            timeout=3,
        )
    except requests.RequestException as error:
        raise Advice(
            f"no answer ({type(error).__name__})", "Start the collector, or mend CANDOR_OTLP_URL"
        ) from error
    return f"to {urlsplit(settings.OTLP_URL).netloc}"
