"""Working as the owner role for as long as a block: for what the app role must not be able to do.

Migrations have a connection of their own. This is for the one command that brings rows in that
triggers would refuse (accounts/moving): everything in the block, services included, runs in one
session of the owner, so that one transaction holds it all. Row-level security is forced on the
owner, too: the block sees what its scope shows, as everybody does.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connections

OWNER, DEFAULT = "owner", "default"


class NoOwner(RuntimeError):
    """This installation was not told how to connect as the owner role."""


@contextmanager
def as_owner() -> Iterator[None]:
    """Let Django's connection be the owner's until the block ends. Raises NoOwner.

    Not inside a transaction: what that wrote would not be seen.
    """
    if OWNER not in settings.DATABASES:
        raise NoOwner("Set DATABASE_OWNER_URL, as for `migrate`")
    before = connections[DEFAULT]
    session = connections.create_connection(OWNER)
    session.alias = DEFAULT  # it is told its scope, and held up by a restore, as any other
    connections[DEFAULT] = session
    try:
        yield
    finally:
        connections[DEFAULT] = before
        session.close()
