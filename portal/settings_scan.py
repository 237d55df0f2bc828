"""The full scan of large galleries in the workers; part of portal.settings."""

import os
import re
import socket
from hashlib import sha256
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from portal import env
from portal.settings_places import VAR_DIR

# From how many templates on a gallery is held by the workers; below, SQL is as quick.
SCAN_FROM = env.env_int("CANDOR_SCAN_FROM", 100_000, low=1, high=1_000_000_000)
# For all galleries that the processes of a host hold together; 0 holds none.
SCAN_MEMORY_BYTES = env.env_int("CANDOR_SCAN_MEMORY_MB", 4096, low=0, high=64_000_000) * 2**20
_OWN = sha256(f"{VAR_DIR}|{os.getuid()}".encode()).hexdigest()[:12]
SCAN_FOLDER = env.env_path("CANDOR_SCAN_FOLDER", Path("/dev/shm") / f"candor-{_OWN}")  # noqa: S108
# A host of which nothing was heard for so long has no process that could search any more.
SCAN_DEAD_SECONDS = env.env_int("CANDOR_SCAN_DEAD_SECONDS", 60, low=10, high=3600)

# --- Many hosts: those that run `manage.py work --scans` answer for the galleries they hold ------
SCAN_HOST = env.env_str("CANDOR_SCAN_HOST", socket.gethostname())
if not re.fullmatch(r"[A-Za-z0-9._-]{1,60}", SCAN_HOST):
    raise ImproperlyConfigured(
        f"CANDOR_SCAN_HOST={SCAN_HOST!r}: use letters, digits, '.', '_', '-'"
    )
SCAN_COPIES = env.env_int("CANDOR_SCAN_COPIES", 2, low=1, high=10)
# A gallery with more is divided, also where the memory of one host takes it.
SCAN_SHARD_TEMPLATES = env.env_int(
    "CANDOR_SCAN_SHARD_TEMPLATES", 20_000_000, low=1, high=1_000_000_000
)
# Beyond, a host that was asked counts as lost.
SCAN_ANSWER_SECONDS = env.env_int("CANDOR_SCAN_ANSWER_SECONDS", 2, low=1, high=60)
