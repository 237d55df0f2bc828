"""The embedded PostgreSQL with pgvector: the database when DATABASE_URL is not set.

Imports no Django, because the settings call it while they are loaded.
"""

from portal.embedded.errors import EmbeddedError
from portal.embedded.service import EmbeddedDatabase, ensure_running

__all__ = ["EmbeddedDatabase", "EmbeddedError", "ensure_running"]
