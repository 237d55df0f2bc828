"""When the rules are asked: at once after the first search, and about the next ones together."""

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts.models import Agency
from oversight.misuse.facts import When
from oversight.misuse.unrelated_faces import RULE
from oversight.services import watching
from oversight.services.watching import watch_finished, watch_later
from portal.tenancy import scope
from searches.models import Search
from tests.factories import make_case, make_gallery, make_probe, make_search, person_jpeg

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "in_alder")]

LATER = "oversight.tasks.watch_later"


class Watch:
    """Which searches the rules were asked about each time, the newest ones; and a clock."""

    def __init__(self) -> None:
        self.asked: list[set[object]] = []
        self.fails = False

    def find(self, world: Any) -> list[Any]:
        self.asked.append({one.id for one in world.searches})
        return []

    def pause_ends(self, agency: Agency) -> None:
        """So that no test waits for the seconds to pass."""
        assert cache.delete(f"misuse.{agency.pk}.asked")


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch, alder: Agency) -> Watch:
    cache.clear()
    made = Watch()
    rules = {
        "one": replace(RULE, when=When.FINISHED, find=made.find),
        "two": replace(RULE, when=When.NIGHTLY, find=made.find),
    }
    monkeypatch.setattr(watching, "RULES", rules)
    return made


def finished(alder: Agency, ago: timedelta = timedelta()) -> Search:
    """A search of a case of its own, by nobody, so that it concerns no other."""
    number = f"2026-{uuid.uuid4().hex[:8]}"
    probe = make_probe(make_case(alder, number), person_jpeg(1))
    search = make_search(probe, [make_gallery(alder, number)])
    search.requested_by_id = None
    search.finished_at = timezone.now() - ago
    search.save(update_fields=["requested_by_id", "finished_at"])
    return search


def test_the_first_is_looked_at_at_once_and_the_next_ones_together(
    alder: Agency, watch: Watch, bells: list[tuple[str, tuple[object, ...]]]
) -> None:
    first = finished(alder)
    bells.clear()
    watch_finished(alder.pk)
    assert [first.pk in asked for asked in watch.asked] == [True]
    assert bells == []
    others = [finished(alder) for _ in range(3)]
    bells.clear()
    for _ in others:
        watch_finished(alder.pk)
    assert len(watch.asked) == 1
    assert bells == [(LATER, (alder.pk,))], "one bell for all of them"
    watch.pause_ends(alder)
    watch_later(alder.pk)
    assert len(watch.asked) == 2
    assert {one.pk for one in others} <= watch.asked[1]


def test_who_finishes_while_it_looks_is_looked_at_after_it(
    alder: Agency,
    watch: Watch,
    bells: list[tuple[str, tuple[object, ...]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    finished(alder)
    bells.clear()
    watch_finished(alder.pk)
    watch_finished(alder.pk)
    watch.pause_ends(alder)
    late: list[Search] = []

    def find(world: Any) -> list[Any]:
        if not late:
            late.append(finished(alder))
            watch_finished(alder.pk)
        return watch.find(world)

    rules = {"one": replace(RULE, when=When.FINISHED, find=find)}
    monkeypatch.setattr(watching, "RULES", rules)
    watch_later(alder.pk)
    assert late[0].pk not in watch.asked[-1]
    assert [task for task, _ in bells if task == LATER] == [LATER, LATER]
    watch.pause_ends(alder)
    watch_later(alder.pk)
    assert late[0].pk in watch.asked[-1]


def test_what_could_not_be_looked_at_is_looked_at_the_next_time(
    alder: Agency, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch_finished(alder.pk)
    missed = finished(alder, timedelta(hours=5))
    watch.pause_ends(alder)
    cache.set(f"misuse.{alder.pk}.last", (timezone.now() - timedelta(hours=6)).isoformat())
    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr(watching, "around", _break_down)
        watch_finished(alder.pk)
    watch.pause_ends(alder)
    watch_finished(alder.pk)
    assert [missed.pk in asked for asked in watch.asked] == [True]
    # Once it was: not again, but for those of a minute before.
    watch.pause_ends(alder)
    watch_finished(alder.pk)
    assert len(watch.asked) == 1


def _break_down(*_: object) -> None:
    raise RuntimeError("the database went away")


def test_each_agency_waits_for_itself(alder: Agency, birch: Agency, watch: Watch) -> None:
    search = finished(alder)
    with scope(birch.pk):
        watch_finished(birch.pk)
    assert cache.get(f"misuse.{birch.pk}.asked")
    watch_finished(alder.pk)
    assert [search.pk in asked for asked in watch.asked] == [True]
