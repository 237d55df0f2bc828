"""The record: when heads are signed and where they go; part of portal.settings."""

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from portal import env
from portal.settings_places import VAR_DIR

# The head of each chain is signed when it is so old, or so many entries longer.
CHECKPOINT_MINUTES = env.env_int("CANDOR_CHECKPOINT_MINUTES", 60, low=1, high=60)
CHECKPOINT_ENTRIES = env.env_int("CANDOR_CHECKPOINT_ENTRIES", 1000, low=1, high=100_000)

# Where agencies may publish their checkpoints beyond public https hosts; a folder for files.
PUBLISH_HOSTS = [host.lower() for host in env.env_list("CANDOR_PUBLISH_HOSTS", "")]
PUBLISH_CA_FILE = env.env_str("CANDOR_PUBLISH_CA_FILE")
PUBLISH_DIR = env.env_path("CANDOR_PUBLISH_DIR", VAR_DIR / "checkpoints")
# What agencies' webhooks may reach beyond public https hosts.
WEBHOOK_HOSTS = [host.lower() for host in env.env_list("CANDOR_WEBHOOK_HOSTS", "")]
WEBHOOK_CA_FILE = env.env_str("CANDOR_WEBHOOK_CA_FILE")
# RFC 3161: an authority that stamps each checkpoint with its own clock, and its certificates.
TIMESTAMP_URL = env.env_url("CANDOR_TIMESTAMP_URL", ("http", "https"))
TIMESTAMP_CA_FILE = env.env_str("CANDOR_TIMESTAMP_CA_FILE")
for file in filter(None, (PUBLISH_CA_FILE, WEBHOOK_CA_FILE, TIMESTAMP_CA_FILE)):
    if not Path(file).is_file():
        raise ImproperlyConfigured(f"{file}: there is no such file of certificates")
if TIMESTAMP_URL and not TIMESTAMP_CA_FILE:
    raise ImproperlyConfigured("CANDOR_TIMESTAMP_URL is set without CANDOR_TIMESTAMP_CA_FILE")
