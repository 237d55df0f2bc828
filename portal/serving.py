"""gunicorn's configuration: bounds, and its own lines through the same formatter as all others.

The access log stays off: it would hold paths, and portal/logs/middleware.py has a line for each
request.
"""

import gc

from portal.settings_observing import LOGGING

worker_class = "portal.patience.Worker"
# No address of the portal is near these; a cookie of many browsers' people is 2 KB.
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190
# Nothing steers the server but its signals.
control_socket_disable = True

logconfig_dict = {
    **LOGGING,
    "loggers": {
        **LOGGING["loggers"],
        "gunicorn.error": {"level": "INFO", "handlers": ["console"], "propagate": False},
    },
}


def post_worker_init(worker: object) -> None:
    """Each process of gunicorn gets ready before somebody waits for it.

    It starts what opens pictures, and tells the garbage collector that what is there stays: to walk
    it again and again took a twentieth of a page.
    """
    from searches.images.decoders import decoders

    decoders().prepare()
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
