"""Where backups get what they need; part of portal.settings."""

from portal import env
from portal.settings_places import VAR_DIR

# A superuser, where backups are made and restored and nowhere else: it reads past row security.
DATABASE_ADMIN_URL = env.env_url("DATABASE_ADMIN_URL", ("postgres", "postgresql"))
# What was erased, so that a backup from before does not bring it back: not on the same disk.
ERASURE_JOURNAL = env.env_path("CANDOR_ERASURE_JOURNAL", VAR_DIR / "erasure-journal")
# The folder of pg_dump and pg_restore, when the server is newer than those of the wheel.
PG_PROGRAMS = env.env_str("CANDOR_PG_PROGRAMS")
