"""A second installation for the tests: a database, files and a signing key of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import psycopg
from django.conf import settings
from django.db import connections
from django.test import override_settings
from psycopg import sql

from portal import embedded
from portal.datakeys import forget_keys

NAME = "test_candor_second"
SIGNING_KEY = bytes(range(32))


def make() -> None:
    """A copy of the migrated database of the tests; nobody may be connected to that."""
    connections.close_all()
    first = settings.DATABASES["default"]["NAME"]
    urls = embedded.ensure_running(Path(settings.VAR_DIR))
    with psycopg.connect(urls.superuser_url, autocommit=True) as superuser:
        _drop(superuser)
        names = map(sql.Identifier, (NAME, first))
        superuser.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
        superuser.execute(
            sql.SQL("ALTER DATABASE {} SET synchronous_commit TO off").format(sql.Identifier(NAME))
        )


def drop() -> None:
    urls = embedded.ensure_running(Path(settings.VAR_DIR))
    with psycopg.connect(urls.superuser_url, autocommit=True) as superuser:
        _drop(superuser)


def _drop(superuser: "psycopg.Connection[tuple[object, ...]]") -> None:
    superuser.execute(
        sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME))
    )


@contextmanager
def there(folder: Path) -> Iterator[None]:
    """Be the second installation, whose files lie in the folder."""
    changed = {
        alias: {**connections.settings[alias], "NAME": NAME} for alias in ("default", "owner")
    }
    before = connections["default"]
    with (
        mock.patch.dict(connections.settings, changed),
        override_settings(
            FILES_DIR=folder / "files",
            ERASURE_JOURNAL=folder / "journal",
            SIGNING_KEY=SIGNING_KEY,
        ),
    ):
        session = connections.create_connection("default")
        connections["default"] = session
        forget_keys()
        try:
            yield
        finally:
            connections["default"] = before
            session.close()
