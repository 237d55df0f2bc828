"""Which hosts should hold a gallery, and in how many shards. Every host comes to the same answer.

Rendezvous hashing: each host has a number for each shard, and the highest are chosen, so that one
that comes or goes moves little. No host gets more of a gallery than its memory takes, nor much
more than its part. No database in this module.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from math import isqrt
from typing import Protocol

from searches.scan.files import Key
from searches.shards import MOST, Shard, shards_of

UNEVEN = 4
"""By how many times its root a shard may have more templates than the others."""


class HostLike(Protocol):
    """A host that answers."""

    @property
    def name(self) -> str: ...

    @property
    def memory(self) -> int: ...


class SizeOf(Protocol):
    """The bytes that so many templates take."""

    def __call__(self, templates: int, /) -> int: ...


Placed = Mapping[Shard, Sequence[str]]


def placed(
    key: Key,
    templates: int,
    hosts: Sequence[HostLike],
    *,
    size_of: SizeOf,
    most: int,
    copies: int,
    count: int = 1,
) -> Placed:
    """The hosts of each shard; {} where the hosts together have no room for the gallery.

    The gallery is divided as little as it can be: until each shard has at most `most` templates
    and finds a host, and at least by `count`.
    """
    while count <= MOST:
        each = -(-templates // count)
        if each <= most or count == MOST:
            size = size_of(each + UNEVEN * isqrt(each) if count > 1 else each)
            found = assigned(key, count, size, hosts, copies)
            if found:
                return found
        count *= 2
    return {}


def assigned(
    key: Key, count: int, size: int, hosts: Sequence[HostLike], copies: int
) -> dict[Shard, list[str]]:
    """The hosts of each of so many shards of so many bytes; {} where one finds none.

    A second copy is made of a shard when every shard has its first.
    """
    room = {host.name: host.memory for host in hosts}
    load = dict.fromkeys(room, 0)
    # No host gets more than its part of the shards, rounded up.
    most = -(-count * min(copies, len(room)) // max(1, len(room)))
    found: dict[Shard, list[str]] = {shard: [] for shard in shards_of(count)}
    for copy in range(min(copies, len(room))):
        for shard, names in found.items():
            others = [name for name in room if name not in names and room[name] >= size]
            name = _best(key, shard, others, load, most)
            if name is None and copy == 0:
                return {}
            if name is not None:
                names.append(name)
                room[name] -= size
                load[name] += 1
    return found if room else {}


def _best(
    key: Key, shard: Shard, names: Sequence[str], load: Mapping[str, int], most: int
) -> str | None:
    """Of those that have had less than their part, or else of all, who ranks highest."""
    free = [name for name in names if load[name] < most] or names
    return max(free, key=lambda name: _rank(key, shard, name), default=None)


def _rank(key: Key, shard: Shard, name: str) -> bytes:
    place = f"{key.agency}.{key.contract}.{key.gallery}.{shard.number}.{name}"
    return sha256(place.encode()).digest()
