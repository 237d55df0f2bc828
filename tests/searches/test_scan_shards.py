"""A gallery in shards on two hosts: the exact list, whoever answers what, or nobody.

Both hosts are this process, each with a folder of its own; tests/searches/test_scan_hosts.py has
real ones.
"""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models.functions import Now
from pytest_django.plugin import DjangoDbBlocker

from portal.tenancy import scope
from searches.models import Contract, Gallery, ScanHolder, ScanHost, ScanQuestion, Search
from searches.scan import asking, calling, files, hosts, keeper
from searches.scan.answers import Answer, answer
from searches.scan.building import build
from searches.scan.current import caught_up
from searches.scan.files import Key
from searches.scan.opened import close_stale
from searches.scan.planning import Compared, compare
from searches.scan.questions import Asked, forget_questions, question, read_question
from searches.services import jobs
from searches.shards import Shard, shards_of
from searches.tasks import answer_scan, hold_scan
from searches.vectors import count_templates, nearest_subjects, remove_templates
from tests.accounts.races import committed_agency
from tests.factories import make_gallery, make_search
from tests.searches.committed import Place, committed_place
from tests.searches.scanned import DIMENSION, bytes_there, faces, folder_in_memory, key_of
from tests.searches.test_vectors import Held as Stored
from tests.searches.test_vectors import grid, random_subjects, store

EACH_TEST_ALONE = True
NAMES = ("a", "b")


class World:
    """Two hosts with what each holds; which of them do not answer, and what is asked of them."""

    def __init__(self, job: Search, memory: Path) -> None:
        self.job, self.memory = job, memory
        self.lost: set[str] = set()
        self.called: list[tuple[str, str]] = []
        self.told: dict[Shard, Answer] = {}
        self.asked: list[str] = []

    @contextmanager
    def at(self, name: str) -> Iterator[None]:
        """This process is that host meanwhile."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(settings, "SCAN_FOLDER", self.memory / name)
            patch.setattr(settings, "SCAN_HOST", name)
            yield

    def hold(self, gallery: Gallery, where: Mapping[Shard, str]) -> None:
        for shard, names in where.items():
            for name in names:
                with self.at(name):
                    assert build(key_of(gallery).part(shard)) is not None

    def send(self, row: ScanQuestion, there: Mapping[Shard, str]) -> dict[Shard, Any]:
        self.asked += there.values()
        return {shard: (row, name) for shard, name in there.items()}

    def collect(self, sent: Mapping[Shard, Any], until: float) -> dict[Shard, Answer]:
        answers = {}
        for shard, (row, name) in sent.items():
            if name not in self.lost:
                with self.at(name):
                    said = answer_scan(row.agency_id, str(row.pk), shard.number, shard.count)
                found = self.told.get(shard) or Answer.from_json(said)
                if found is not None:
                    answers[shard] = found
        return answers

    def both(self, probe: Any, gallery: Gallery, limit: int, **more: Any) -> Compared:
        """How the portal compares, once it was seen to be what SQL alone gives."""
        # Both hosts live, also where a busy machine took long.
        ScanHost.objects.update(beat_at=Now())
        place: Any = {"contract_pk": key_of(gallery).contract, "galleries": [gallery.pk]}
        found = compare(probe, limit=limit, search=self.job, **place, **more)
        assert found.hits == nearest_subjects(probe, limit=limit, **place, **more)
        assert found.templates == count_templates(**place, **more)
        assert not ScanQuestion.objects.exists()
        return found


@pytest.fixture(scope="module")
def place(
    models: Path, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[tuple[Place, Search]]:
    """An agency with a search that runs."""
    with django_db_blocker.unblock(), committed_place(subjects=1) as made:
        with scope(made.agency.pk):
            search = make_search(made.probe, [made.gallery], run=False)
            with jobs.claimed(Search, search.pk) as job:
                assert job is not None
                yield made, job


@pytest.fixture
def world(
    place: tuple[Place, Search], monkeypatch: pytest.MonkeyPatch, django_db_blocker: DjangoDbBlocker
) -> Iterator[World]:
    with folder_in_memory() as folder, django_db_blocker.unblock():
        folder.mkdir()
        made = World(place[1], folder)
        monkeypatch.setattr(settings, "SCAN_FOLDER", folder / "searches")
        monkeypatch.setattr(settings, "BROKER_URL", "redis://127.0.0.1:1/0")
        monkeypatch.setattr(settings, "SCAN_SHARD_TEMPLATES", 300)
        monkeypatch.setattr(asking, "send", made.send)
        monkeypatch.setattr(asking, "collect", made.collect)
        monkeypatch.setattr(
            calling, "ask_to_hold", lambda key, name: made.called.append((key.name, name))
        )
        monkeypatch.setattr(calling, "AGAIN_SECONDS", 0.0)
        monkeypatch.setattr(hosts, "KNOWN_SECONDS", 0.0)
        asking._deaf.clear()
        for name in NAMES:
            with made.at(name):
                hosts.beat(name, files.host(), 2**30)
        with scope(place[0].agency.pk):
            yield made
            ScanHolder.objects.all().delete()
        close_stale(lambda key: None)
        ScanHost.objects.all().delete()


@pytest.fixture
def gallery(place: tuple[Place, Search], world: World) -> Gallery:
    return make_gallery(place[0].agency, f"Gallery {uuid.uuid4()}")


def filled(gallery: Gallery, people: int = 220, seed: int = 1) -> list[Stored]:
    return store(gallery, DIMENSION, faces(np.random.default_rng(seed), people))


def divided(count: int, *turns: str) -> dict[Shard, str]:
    """Which hosts hold each of so many shards: `turns` one after the other."""
    return {shard: turns[shard.number % len(turns)] for shard in shards_of(count)}


@pytest.mark.parametrize("count", [1, 2, 4])
def test_every_list_is_the_exact_one(world: World, gallery: Gallery, count: int) -> None:
    """Ties, shared vectors, limits, excluded pictures, changes, and hosts that do not answer."""
    rng = np.random.default_rng(count)
    stored = filled(gallery, 260, count)
    stored += store(gallery, DIMENSION, random_subjects(rng, grid, DIMENSION))
    world.hold(gallery, divided(count, "a", "b", "ab"))
    ways = set()
    for turn in range(60):
        if turn % 10 == 9:
            remove_templates([stored.pop(int(rng.integers(len(stored)))).image_id])
            stored += store(gallery, DIMENSION, faces(rng, 2))
        world.lost = {"b"} if turn % 5 == 4 else set()
        mixed = stored[int(rng.integers(len(stored)))].vector + 0.05 * rng.normal(size=DIMENSION)
        probe = (mixed / np.linalg.norm(mixed)).astype(np.float32)
        without = [s.image_id for s in stored if rng.random() < 0.1] if turn % 3 == 0 else []
        found = world.both(probe, gallery, int(rng.integers(2, 51)), excluded=without)
        ways |= {measure.shards for measure in found.scanned.values()}
    assert ways == {count}


def test_it_is_asked_of_the_other_host_and_then_of_sql(
    world: World, gallery: Gallery, caplog: pytest.LogCaptureFixture
) -> None:
    stored = filled(gallery)
    world.hold(gallery, {Shard(0, 2): "ab", Shard(1, 2): "b"})
    world.lost = {"b"}
    found = world.both(stored[0].vector, gallery, 10)
    assert found.as_json()[0]["shards"] == 2
    assert "shard 1 of" in caplog.text
    assert "shard 0 of" not in caplog.text
    assert list(asking._deaf) == ["b"]
    world.asked.clear()
    assert world.both(stored[1].vector, gallery, 10).scanned
    assert world.asked == ["a"], "nobody waits a second time for who does not answer"
    world.lost = {"a", "b"}
    assert not world.both(stored[0].vector, gallery, 10).scanned


def test_what_this_host_holds_is_asked_of_nobody(world: World, gallery: Gallery) -> None:
    stored = filled(gallery)
    world.hold(gallery, divided(2, "a"))
    world.lost = {"a", "b"}
    with world.at("a"):
        assert world.both(stored[3].vector, gallery, 10).scanned


def test_an_answer_brings_in_nobody(
    world: World, place: tuple[Place, Search], gallery: Gallery
) -> None:
    """Whatever a host says: of another gallery, of nobody, more similar than it is, of another
    shard, also where that shard's own host says the same or better of it."""
    stored = filled(gallery)
    other = filled(make_gallery(place[0].agency, f"Gallery {uuid.uuid4()}"), 20, 9)
    world.hold(gallery, divided(2, "a", "b"))
    nearest = world.both(stored[0].vector, gallery, 40).hits
    there = [hit for hit in nearest if Shard(1, 2).has_image(hit.image_id)]
    here = next(one for one in stored if Shard(0, 2).has_image(one.image_id))
    for image, near in [
        (other[0].image_id, 0.99),
        (uuid.uuid4(), 0.99),
        (here.image_id, 0.99),
        (there[-1].image_id, 0.99),
        (there[-1].image_id, there[-1].similarity),
    ]:
        world.told = {
            Shard(0, 2): Answer({image: near}, 5, 1.0, 5, "2026-11-29T12:00:00+00:00", 10)
        }
        assert not world.both(stored[0].vector, gallery, 10).scanned
    assert Answer.from_json({"images": {"x": 1}, "values": [1, 1, 1, 1]}) is None
    assert Answer.from_json(RuntimeError("x")) is None


def test_hosts_are_called_and_hold_what_they_should(world: World, gallery: Gallery) -> None:
    stored = filled(gallery)
    key = key_of(gallery)
    assert not world.both(stored[0].vector, gallery, 10).scanned
    assert files.wanted() == []
    wanted = {name for name, _ in world.called}
    assert wanted == {key.part(shard).name for shard in shards_of(2)}
    assert len(set(world.called)) == 4  # two copies of two shards
    for name, host in set(world.called):
        with world.at(host):
            hold_scan(gallery.agency_id, name)
            assert Key.of_name(name) in files.wanted()
            assert build(Key.of_name(name)) is not None
            files.forget_wish(Key.of_name(name))
            hold_scan(gallery.agency_id, name)
            assert files.wanted() == []
    world.called.clear()
    assert world.both(stored[0].vector, gallery, 10).scanned
    assert world.called == []
    # A third copy, of a time when one of the two was thought to be lost.
    with world.at("searches"):
        assert build(key.part(Shard(0, 2))) is not None
        assert calling.is_surplus(key.part(Shard(0, 2)))
        kept = keeper.Keeper()
        kept._rounds = keeper.SURPLUS_ROUNDS - 1
        kept.round()
        assert files.held() == []
    with world.at("a"):
        assert not calling.is_surplus(key.part(Shard(0, 2)))


def test_without_room_on_the_hosts_it_is_sql(
    world: World, gallery: Gallery, caplog: pytest.LogCaptureFixture
) -> None:
    stored = filled(gallery, 30)
    ScanHost.objects.update(memory=2**20)
    assert not world.both(stored[0].vector, gallery, 10).scanned
    assert world.called == []
    assert "no room" in caplog.text


def test_one_name_is_one_host_until_it_is_silent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = ScanHost.objects.get(pk="a").host, uuid.uuid4()
    hosts.beat("a", second, 1)
    assert ScanHost.objects.get(pk="a").host == first
    monkeypatch.setattr(hosts, "_SILENT", "0 s")
    hosts.beat("a", second, 1)
    assert ScanHost.objects.get(pk="a").host == second


def test_a_change_reaches_the_shard_it_belongs_to(world: World, gallery: Gallery) -> None:
    stored = filled(gallery, 60)
    world.hold(gallery, divided(2, "a", "b"))
    gone = stored[0]
    needle = gone.vector.astype("<f2").tobytes()
    homes = [name for name in NAMES if needle in bytes_there(world.memory / name)]
    assert len(homes) == 1
    remove_templates([gone.image_id])
    store(gallery, DIMENSION, faces(np.random.default_rng(5), 9))
    templates = 0
    for shard, name in divided(2, "a", "b").items():
        with world.at(name):
            found = caught_up(key_of(gallery).part(shard), beat=True)
            assert found is not None
            templates += found[1].templates
        assert needle not in bytes_there(world.memory / name)
    assert templates == count_templates(
        contract_pk=key_of(gallery).contract, galleries=[gallery.pk]
    )


def test_a_question_is_sealed_and_its_agency_s_alone(world: World, gallery: Gallery) -> None:
    stored = filled(gallery, 60)
    world.hold(gallery, divided(1, "a"))
    without = [one.image_id for one in stored[:5]]
    asked = Asked(key_of(gallery), stored[9].vector, without, 7)
    with question(world.job, asked) as row:
        sealed = bytes(ScanQuestion.objects.get(pk=row.pk).sealed)
        assert stored[9].vector.astype("<f4").tobytes()[:16] not in sealed
        assert without[0].bytes not in sealed
        read = read_question(row.pk)
        assert read is not None
        assert (read.key, read.excluded, read.limit) == (asked.key, without, 7)
        assert np.array_equal(read.probe, asked.probe)
        with world.at("a"):
            assert answer(row.pk, Shard(0, 1)) is not None
            with committed_agency() as other:
                assert answer_scan(other.pk, str(row.pk), 0, 1) is None
        with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
            ScanQuestion.objects.update(gallery_id=uuid.uuid4())
        forget_questions()
        assert ScanQuestion.objects.exists()
    with world.at("a"):
        assert answer(row.pk, Shard(0, 1)) is None
    row.save(force_insert=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "JOB_SECONDS", 0)
        forget_questions()
    assert not ScanQuestion.objects.exists()


def test_a_question_comes_from_a_running_search(
    world: World, place: tuple[Place, Search], gallery: Gallery
) -> None:
    waiting = make_search(place[0].probe, [place[0].gallery], run=False)
    asked = Asked(key_of(gallery), np.eye(1, DIMENSION, dtype=np.float32)[0], [], 5)
    with pytest.raises(DatabaseError, match="from a running search"):
        with question(waiting, asked):
            pass
    assert not ScanQuestion.objects.exists()
    assert Contract.objects.filter(pk=asked.key.contract).exists()
