"""Which hosts should hold a gallery, and in how many shards. Every host comes to the same answer.

Rendezvous hashing: each host has a number for each shard, and the highest are chosen. No host gets
more of a gallery than its memory takes, nor more than its part. Who holds a shard keeps it, so that
a host that comes or goes moves no more than its part. No database in this module.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import isqrt
from typing import Protocol

from searches.scan.files import Key
from searches.shards import MOST, Shard, shards_of

CRUMBS, LEAST_CRUMBS = 2, 4
"""A gallery is divided by no more than so many for each host, or so many in all."""
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
NOWHERE: Placed = {}


@dataclass(frozen=True, slots=True)
class Rules:
    """How many copies there are to be, and the most templates of a shard that is whole."""

    copies: int
    most: int


def placed(
    key: Key,
    templates: int,
    hosts: Sequence[HostLike],
    *,
    size_of: SizeOf,
    rules: Rules,
    there: Placed = NOWHERE,
) -> Placed:
    """The hosts of each shard; {} where the hosts together have no room for the gallery.

    The gallery is divided as little as it can be: until each shard has few enough templates and
    finds a host; but not into crumbs, each of which is a message. Where it is `there` already it
    stays divided as it is, and with who has it, as long as that is within their part.
    """
    end = min(MOST, max(LEAST_CRUMBS, CRUMBS * len(hosts)))
    count = len(there) or 1
    while count <= end:
        each = -(-templates // count)
        if each <= rules.most or 2 * count > end:
            size = size_of(each + UNEVEN * isqrt(each) if count > 1 else each)
            for held in (there, NOWHERE):  # what is held may stand in the way of the rest
                table = _Table(key, count, size, hosts, rules.copies)
                if table.fill(held):
                    return table.found
        count *= 2
    return NOWHERE


class _Table:
    """So many shards of so many bytes, and the hosts that get them."""

    def __init__(
        self, key: Key, count: int, size: int, hosts: Sequence[HostLike], copies: int
    ) -> None:
        self.found: dict[Shard, list[str]] = {shard: [] for shard in shards_of(count)}
        self._key, self._size = key, size
        self._room = {host.name: host.memory for host in hosts}
        self._load = dict.fromkeys(self._room, 0)
        self._copies = min(copies, len(self._room))
        self._part = -(-count * self._copies // max(1, len(self._room)))

    def fill(self, there: Placed) -> bool:
        """Leave what is `there` as far as it is within bounds; then give every shard its first
        host before any gets its second. False where one finds none.
        """
        for shard in self.found:
            while (name := self._best(shard, there.get(shard, []), bound=True)) is not None:
                self._give(shard, name)
        for copy in range(self._copies):
            for shard, names in self.found.items():
                if len(names) > copy:
                    continue
                every = list(self._room)
                name = self._best(shard, every, bound=True) or self._best(shard, every, bound=False)
                if name is not None:
                    self._give(shard, name)
        return all(self.found.values())

    def _best(self, shard: Shard, names: Sequence[str], *, bound: bool) -> str | None:
        """The highest of those that have room, and (`bound`) had less than their part."""
        if len(self.found[shard]) >= self._copies:
            return None
        able = [
            name
            for name in names
            if name not in self.found[shard]
            and self._room.get(name, 0) >= self._size
            and (self._load[name] < self._part or not bound)
        ]
        return max(able, key=lambda name: self._rank(shard, name), default=None)

    def _rank(self, shard: Shard, name: str) -> bytes:
        key = self._key
        place = f"{key.agency}.{key.contract}.{key.gallery}.{shard.number}.{name}"
        return sha256(place.encode()).digest()

    def _give(self, shard: Shard, name: str) -> None:
        self.found[shard].append(name)
        self._room[name] -= self._size
        self._load[name] += 1
