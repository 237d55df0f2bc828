"""Numbers of what this installation does, for Prometheus (docs/observability.md).

Web servers and workers are several processes each. With metrics on, every process writes its
numbers into a file of its own in one folder of the host, and whoever is asked adds the files up.
"""

import os

from django.conf import settings

# The library decides when it is first imported whether numbers go to files.
if settings.METRICS:
    os.makedirs(settings.METRICS_DIR, mode=0o700, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(settings.METRICS_DIR)
