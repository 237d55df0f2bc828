"""A quota is never oversold, and nothing is lost: real processes, real kills, a model.

200 submissions from several processes meet a quota of 50; then some of those processes, and the
worker that runs what was accepted, are killed in the middle. The state machine tries sequences of
reserve, commit, release, expire and amend that nobody thought of, on the real database.
"""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.portal.embedded_clients import wait_until
from tests.searches.installation import Installation
from tests.searches.invariants import assert_sound
from tests.searches.office import Office, open_office
from tests.searches.processes import Hand

pytestmark = pytest.mark.processes

QUOTA = 50
HANDS, EACH, THREADS = 5, 40, 6
ACCEPTED = "SELECT count(*) FROM searches_search"
RESERVED = "SELECT count(*) FROM accounts_quotareservation WHERE kind = 'search'"
COUNTED = (
    "SELECT used + reserved FROM accounts_quotacounter WHERE kind = 'search' AND period LIKE '20%%'"
)


@pytest.fixture
def office(models: Path) -> Iterator[Office]:
    with open_office(models, searches=QUOTA) as made:
        made.place.end_workers()
        yield made


@pytest.fixture
def place(office: Office) -> Installation:
    return office.place


def submitting(office: Office) -> list[Hand]:
    """Processes that have begun to submit; none of them was answered yet."""
    hands = [office.place.hand() for _ in range(HANDS)]
    values = {"slug": office.slug, "probe": office.probe, "gallery": office.gallery}
    for hand in hands:
        hand.ask("submit_many", **values, times=EACH, threads=THREADS)
    return hands


def test_of_200_parallel_submissions_the_quota_is_accepted(
    office: Office, place: Installation
) -> None:
    answers: Counter[str] = Counter()
    for hand in submitting(office):
        answers.update(hand.answer())
    assert answers == {"accepted": QUOTA, "quota_used_up": HANDS * EACH - QUOTA}
    assert place.value(ACCEPTED) == place.value(RESERVED) == place.value(COUNTED) == QUOTA
    worker = office.worker()
    wait_until(lambda: place.value(DONE) >= 10, 60)
    worker.kill_group()
    office.worker()
    wait_until(lambda: place.value(DONE) == QUOTA, 120)
    assert_sound(place)
    assert place.value("SELECT sum(quantity) FROM accounts_usageentry WHERE kind = 'search'") == 50


DONE = "SELECT count(*) FROM searches_search WHERE state = 'done'"


def test_killed_submitters_neither_lose_nor_oversell(office: Office, place: Installation) -> None:
    hands = submitting(office)
    wait_until(lambda: place.value(ACCEPTED) >= 5, 60)
    for hand in hands[:2]:
        hand.process.kill()
    answers: Counter[str] = Counter()
    for hand in hands[2:]:
        answers.update(hand.answer())
    assert set(answers) == {"accepted", "quota_used_up"}
    assert answers.total() == (HANDS - 2) * EACH
    _wait_until_gone(place)
    # Whoever was killed left whole searches or none; the living took what remained.
    assert place.value(ACCEPTED) == place.value(RESERVED) == place.value(COUNTED) == QUOTA
    assert answers["accepted"] <= QUOTA
    orphans = (
        "SELECT count(*) FROM accounts_quotareservation r WHERE kind = 'search' AND NOT EXISTS"
        " (SELECT 1 FROM searches_search s WHERE r.key = 'search:' || s.id)"
    )
    assert place.value(orphans) == 0


def _wait_until_gone(place: Installation) -> None:
    """The server has noticed that the killed processes' sessions are over."""
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND wait_event_type = 'Lock'"
    )
    deadline = time.monotonic() + 20
    while place.value(query) and time.monotonic() < deadline:
        time.sleep(0.05)
