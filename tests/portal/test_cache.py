"""The cache in PostgreSQL: what Django promises of a cache, and that all connections see it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from portal.cache import SharedCache

pytestmark = pytest.mark.django_db
HOURS = 3 * 3600


@pytest.fixture
def cache() -> SharedCache:
    return SharedCache("portal_cache", {"TIMEOUT": 60})


def test_what_is_set_is_got_until_it_expires(cache: SharedCache) -> None:
    cache.set("limits", [1.5, 2.5], HOURS)
    assert cache.get("limits") == [1.5, 2.5]
    assert cache.touch("limits", 0)
    assert cache.get("limits", "gone") == "gone"
    assert not cache.touch("limits", HOURS)


def test_without_a_timeout_it_stays_and_the_default_is_the_settings(cache: SharedCache) -> None:
    cache.set("ever", True, None)
    cache.set("usual", True)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE expires = 'infinity'),"
            " count(*) FILTER (WHERE expires <= clock_timestamp() + interval '60 seconds')"
            " FROM portal_cache"
        )
        assert cursor.fetchone() == (1, 1)


def test_only_what_is_not_there_or_has_expired_is_added(cache: SharedCache) -> None:
    assert cache.add("code", "y", HOURS)
    assert not cache.add("code", "z", HOURS)
    assert cache.get("code") == "y"
    cache.touch("code", 0)
    assert cache.add("code", "z", HOURS)
    assert cache.delete("code")
    assert not cache.delete("code")


def test_each_act_is_one_statement(cache: SharedCache) -> None:
    for act in (
        lambda: cache.add("n", 1, HOURS),
        lambda: cache.get("n"),
        lambda: cache.delete("n"),
    ):
        with CaptureQueriesContext(connection) as seen:
            act()
        assert len(seen) == 1


def test_of_twenty_who_add_at_once_one_wins(cache: SharedCache) -> None:
    """A one-time code that several processes see at the same moment counts once."""
    gate = Barrier(20)

    def add(_: int) -> bool:
        try:
            own = SharedCache("portal_cache", {})
            gate.wait()
            return own.add("test-of-twenty", "y", HOURS)
        finally:
            connections.close_all()

    try:
        with ThreadPoolExecutor(20) as pool:
            assert sum(pool.map(add, range(20))) == 1
    finally:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(_forget).result()


def _forget() -> None:
    try:
        SharedCache("portal_cache", {}).delete("test-of-twenty")
    finally:
        connections.close_all()
