"""gunicorn's configuration: its own lines go through the same formatter as all others.

The access log stays off: it would hold paths, and portal/logs/middleware.py has a line for each
request.
"""

from portal.settings_observing import LOGGING

logconfig_dict = {
    **LOGGING,
    "loggers": {
        **LOGGING["loggers"],
        "gunicorn.error": {"level": "INFO", "handlers": ["console"], "propagate": False},
    },
}


def post_worker_init(worker: object) -> None:
    """Each process of gunicorn starts what opens pictures before somebody waits for it."""
    from searches.images.decoders import decoders

    decoders().prepare()
