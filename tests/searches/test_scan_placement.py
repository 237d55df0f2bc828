"""Which hosts hold a gallery: all of it, twice, within their memory, and steadily."""

import uuid
from collections import Counter

import numpy as np
import pytest

from searches.scan.files import Key
from searches.scan.held import ids_of, uuids_of
from searches.scan.hosts import Host
from searches.scan.placement import NOWHERE, Placed, Rules, placed
from searches.shards import WHOLE, Shard, shards_of

GB = 2**30
BYTES = 1173  # of a template of 512 dimensions


def key(number: int = 0) -> Key:
    return Key(1, 1, uuid.UUID(int=number + 2**120))


def many(count: int, memory: int = 16 * GB) -> list[Host]:
    return [Host(f"host-{number:02d}", memory) for number in range(count)]


def place(templates: int, hosts: list[Host], *, number: int = 0, there: Placed = NOWHERE) -> Placed:
    rules = Rules(copies=2, most=20_000_000)
    size_of = lambda each: BYTES * each  # noqa: E731
    return placed(key(number), templates, hosts, size_of=size_of, rules=rules, there=there)


def test_a_gallery_that_fits_is_whole_on_two_hosts() -> None:
    found = place(12_000_000, many(5))
    assert list(found) == [WHOLE]
    assert len(set(found[WHOLE])) == 2


def test_many_galleries_spread_over_the_hosts() -> None:
    lives = Counter(
        name for n in range(400) for names in place(1, many(8), number=n).values() for name in names
    )
    assert sum(lives.values()) == 800
    assert min(lives.values()) > 60
    assert max(lives.values()) < 140


def test_one_that_is_larger_than_a_host_is_divided_within_their_memory() -> None:
    hosts = many(18)
    found = place(100_000_000, hosts)
    assert list(found) == shards_of(8)  # 14.7 GB each: one for a host
    assert all(len(set(names)) == 2 for names in found.values())
    assert max(Counter(name for names in found.values() for name in names).values()) == 1
    few = place(100_000_000, many(8))
    assert [len(names) for names in few.values()] == [1] * 8  # no room for a second copy
    assert place(100_000_000, many(7)) == {}


def test_one_host_more_or_less_moves_little() -> None:
    hosts = many(10, 96 * GB)
    before = place(300_000_000, hosts)
    assert len(before) == 16
    assert place(300_000_000, list(reversed(hosts))) == before
    after = place(300_000_000, hosts[1:], there=before)
    stay = sum(len(set(before[s]) & set(after[s])) for s in before)
    lost = sum("host-00" in names for names in before.values())
    assert lost > 0
    assert stay >= 32 - lost - 2  # some had one more than their part
    assert {len(names) for names in after.values()} == {2}
    # One that comes takes its part, and no more.
    larger = place(300_000_000, [*hosts, Host("new", 96 * GB)], there=before)
    assert sum(len(set(before[s]) & set(larger[s])) for s in before) >= 32 - 8


def test_hosts_of_several_sizes_and_none() -> None:
    found = place(20_000_000, [Host("small", 4 * GB), Host("large", 64 * GB)])
    assert list(found) == [WHOLE]
    assert found[WHOLE] == ["large"]
    assert place(1, []) == {}


@pytest.mark.parametrize("count", [1, 2, 4, 256])
def test_each_picture_is_in_one_shard(count: int) -> None:
    images = [uuid.uuid4() for _ in range(500)]
    images.append(uuid.UUID(bytes=bytes(range(1, 15)) + b"\0\0"))  # numpy drops zeros at the end
    ids = ids_of(images)
    masks = np.array([shard.has(ids) for shard in shards_of(count)])
    assert (masks.sum(axis=0) == 1).all()
    for shard, mask in zip(shards_of(count), masks, strict=True):
        assert uuids_of(ids[mask]) == [image for image in images if shard.has_image(image)]


@pytest.mark.parametrize(("number", "count"), [(1, 1), (-1, 2), (0, 3), (0, 512), (0, 0)])
def test_no_such_shard(number: int, count: int) -> None:
    with pytest.raises(ValueError, match="no shard"):
        Shard(number, count)


def test_a_key_is_told_from_its_name() -> None:
    for shard in (WHOLE, Shard(3, 4)):
        one = key().part(shard)
        assert Key.of_name(one.name) == one
    assert not key().part(Shard(3, 4)).name.startswith(f"{key().name}.")
