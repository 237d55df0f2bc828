"""The platform's own data key: secrets of second factors and of single sign-on, its own notes.

It is a ring as an agency has one (portal.datakeys), in a table with one row, made at its first
use. Before there was this key, a local master key sealed these things itself; such keys join the
ring when another provider takes over (`keep_local_keys`), for what can never be written anew.
"""

from dataclasses import replace

from django.db import connection, transaction

from portal import keys, masterkeys
from portal.datakeys import (
    FIRST,
    DataKeys,
    Ring,
    bound_to,
    load,
    new_ring,
    open_ring,
    version_of,
)
from portal.masterkeys.registry import current_label, local_keys

IDENTITY = "platform-data-key"
_MARK = b"cndrplt1"


def seal(plain: bytes, identity: str) -> bytes:
    """Bytes bound to the place they are for. Raises KeyServiceAway."""
    return _MARK + _keys().seal(plain, identity)


def unseal(sealed: bytes, identity: str) -> bytes:
    """The inverse. Raises KeyProblem, KeyServiceAway."""
    if not sealed.startswith(_MARK):
        return _unseal_before(sealed, identity)
    return _keys().unseal(sealed.removeprefix(_MARK), identity)


def is_current(sealed: bytes) -> bool:
    """Whether it was sealed by the current version, and not by a master key itself."""
    if not sealed.startswith(_MARK):
        return False
    return version_of(sealed.removeprefix(_MARK)) == stored_ring().current


def stored_ring() -> Ring:
    """The ring as it lies in the database; made when there is none yet."""
    return load(_stored())


def change_ring(ring: Ring) -> None:
    """Put a changed ring in its place; part of the open transaction."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE portal_platform_key SET ring = %s", [ring.dump()])


def lock_ring() -> Ring:
    """The ring, which nobody else changes until the open transaction ends."""
    _stored()
    with connection.cursor() as cursor:
        cursor.execute("SELECT ring FROM portal_platform_key FOR UPDATE")
        [stored] = cursor.fetchone() or [b""]
    return load(bytes(stored))


def keep_local_keys(ring: Ring) -> Ring:
    """The ring with every local master key in it that is not the provider any more.

    They stand under numbers below the first version, which seal nothing.
    """
    known = [masterkeys.unwrap(one, bound_to(IDENTITY, n)) for n, one in _before(ring)]
    lowest, added = min(ring.wrapped), dict(ring.wrapped)
    for local in local_keys():
        if local.label != current_label() and local.key not in known:
            lowest -= 1
            added[lowest] = masterkeys.wrap(local.key, bound_to(IDENTITY, lowest))
    return replace(ring, wrapped=added)


def _before(ring: Ring) -> list[tuple[int, bytes]]:
    return [(n, one) for n, one in ring.wrapped.items() if n < FIRST]


def _unseal_before(sealed: bytes, identity: str) -> bytes:
    opened = _keys().keys
    kept = [opened[n] for n in sorted(opened) if n < FIRST]
    for key in (*(local.key for local in local_keys()), *kept):
        try:
            return keys.unseal(key, sealed, identity)
        except keys.KeyProblem:
            continue
    raise keys.KeyProblem(f"{identity} cannot be decrypted: wrong key or damaged")


def _keys() -> DataKeys:
    return open_ring(_stored(), IDENTITY)


def _stored() -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT ring FROM portal_platform_key")
        row = cursor.fetchone()
    return bytes(row[0]) if row else _make()


def _make() -> bytes:
    """Two may begin at once; whoever comes second takes what the first one made."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO portal_platform_key (ring) VALUES (%s) ON CONFLICT DO NOTHING",
            [new_ring(IDENTITY)],
        )
        cursor.execute("SELECT ring FROM portal_platform_key")
        [stored] = cursor.fetchone() or [b""]
    return bytes(stored)
