"""The table of the shared cache: rate limits and used one-time codes, seen by every process."""

from django.db import migrations

# Unlogged: what is in it lives for minutes, and a crash may empty it.
CREATE = """
CREATE UNLOGGED TABLE portal_cache (
    cache_key varchar(255) NOT NULL PRIMARY KEY,
    value text NOT NULL,
    expires timestamptz NOT NULL
);
CREATE INDEX portal_cache_expires ON portal_cache (expires);
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.RunSQL(CREATE, "DROP TABLE portal_cache")]
