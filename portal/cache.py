"""The cache that all processes share, in PostgreSQL: one statement an act.

Django's own table cache needs five or six, which is most of a log-in's work. Its rate limits and
used one-time codes are kept here, and when an agency was last looked at for misuse. Values are
plain JSON, for a pickle in a table would let whoever can write it run code.
"""

import json
import random
from collections.abc import Sequence
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection

# From seconds, or from NULL.
EXPIRES = "coalesce(clock_timestamp() + make_interval(secs => %s::float8), 'infinity'::timestamptz)"
# Of so many writes one removes what has expired.
SWEEP_EVERY = 200


class SharedCache(BaseCache):
    """LOCATION is a table (cache_key, value, expires); see portal/migrations/0001_cache.py."""

    def __init__(self, table: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._table = connection.ops.quote_name(table)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        rows = self._run(
            "SELECT value FROM {table} WHERE cache_key = %s AND expires > clock_timestamp()",
            [self._key(key, version)],
        )
        return json.loads(rows[0][0]) if rows else default

    def set(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        self._run(
            "INSERT INTO {table} (cache_key, value, expires) VALUES (%s, %s, {expires})"
            " ON CONFLICT (cache_key) DO UPDATE"
            " SET value = excluded.value, expires = excluded.expires",
            [self._key(key, version), json.dumps(value), self._seconds(timeout)],
        )
        if random.randrange(SWEEP_EVERY) == 0:  # noqa: S311 - no secret
            self._run("DELETE FROM {table} WHERE expires <= clock_timestamp()", [])

    def add(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """Set unless there is a live value; of several at once one wins."""
        rows = self._run(
            "INSERT INTO {table} AS t (cache_key, value, expires) VALUES (%s, %s, {expires})"
            " ON CONFLICT (cache_key) DO UPDATE"
            " SET value = excluded.value, expires = excluded.expires"
            " WHERE t.expires <= clock_timestamp() RETURNING 1",
            [self._key(key, version), json.dumps(value), self._seconds(timeout)],
        )
        return bool(rows)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Of many at once each gets a number of its own. Raises ValueError without a live value."""
        rows = self._run(
            "UPDATE {table} SET value = (value::bigint + %s)::text"
            " WHERE cache_key = %s AND expires > clock_timestamp() RETURNING value",
            [delta, self._key(key, version)],
        )
        if not rows:
            raise ValueError(key)
        return int(rows[0][0])

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        rows = self._run(
            "UPDATE {table} SET expires = {expires}"
            " WHERE cache_key = %s AND expires > clock_timestamp() RETURNING 1",
            [self._seconds(timeout), self._key(key, version)],
        )
        return bool(rows)

    def delete(self, key: Any, version: int | None = None) -> bool:
        rows = self._run(
            "DELETE FROM {table} WHERE cache_key = %s RETURNING 1", [self._key(key, version)]
        )
        return bool(rows)

    def clear(self) -> None:
        self._run("DELETE FROM {table}", [])

    def _key(self, key: Any, version: int | None) -> str:
        return str(self.make_and_validate_key(key, version=version))

    def _seconds(self, timeout: Any) -> float | None:
        """How long from now, in seconds; None for ever."""
        if timeout is DEFAULT_TIMEOUT:
            timeout = self.default_timeout
        return None if timeout is None else float(timeout)

    def _run(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql.format(table=self._table, expires=EXPIRES), values)
            return list(cursor.fetchall()) if cursor.description else []
