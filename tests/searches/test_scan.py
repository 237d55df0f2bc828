"""The scan of a held gallery gives the list of the exact search, whatever happens to it."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.db import connection, transaction
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Agency
from portal.tenancy import scope
from searches.models import FaceImage, Gallery, ScanHolder, Subject, TemplateChange
from searches.scan import files, halves, held, keeper, planning
from searches.scan.budget import make_room
from searches.scan.building import build
from searches.scan.current import caught_up
from searches.scan.files import NoPlace, State, read_state
from searches.scan.holders import forget_changes
from searches.scan.opened import close_stale, opened
from searches.scan.planning import Way, way_of
from searches.template_rows import move_templates
from searches.vectors import NewTemplate, add_templates, remove_templates
from tests.accounts.races import committed_agency
from tests.factories import make_gallery
from tests.searches.committed import app_role
from tests.searches.scanned import (
    DIMENSION,
    both,
    bytes_there,
    faces,
    folder_in_memory,
    hold,
    key_of,
)
from tests.searches.test_vectors import Held as Stored
from tests.searches.test_vectors import any_direction, contract, grid, random_subjects, store

EACH_TEST_ALONE = True
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def agency(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Agency]:
    with django_db_blocker.unblock(), committed_agency() as agency:
        yield agency


@pytest.fixture
def folder(agency: Agency, django_db_blocker: DjangoDbBlocker) -> Iterator[Path]:
    with folder_in_memory() as path, django_db_blocker.unblock(), scope(agency.pk):
        yield path
        close_stale(lambda key: None)
        ScanHolder.objects.all().delete()


@pytest.fixture
def gallery(agency: Agency, folder: Path) -> Gallery:
    return make_gallery(agency, f"Gallery {uuid.uuid4()}")


def filled(gallery: Gallery, people: int = 300, seed: int = 1) -> list[Stored]:
    return store(gallery, DIMENSION, faces(np.random.default_rng(seed), people))


def near(stored: Stored, rng: np.random.Generator) -> Any:
    mixed = stored.vector + 0.08 * rng.normal(size=len(stored.vector))
    return (mixed / np.linalg.norm(mixed)).astype(np.float32)


@pytest.mark.parametrize("seed", range(12))
def test_every_list_is_the_exact_one(agency: Agency, folder: Path, seed: int) -> None:
    """Ties, shared vectors, dimensions, limits, excluded pictures, several galleries, changes."""
    rng = np.random.default_rng(seed)
    dimension = int(rng.choice([4, 5, 16, 64, 64, 128, 512]))
    galleries = [make_gallery(agency, f"Gallery {uuid.uuid4()}") for _ in range(3)]
    stored: list[Stored] = []
    for number, gallery in enumerate(galleries):
        subjects = (
            faces(rng, 120, dimension)
            if rng.random() < 0.6
            else random_subjects(
                rng, grid if dimension in (4, 16, 64) else any_direction, dimension
            )
        )
        stored += store(gallery, dimension, subjects)
        if number != seed % 4:  # one in four is left to SQL
            hold(gallery, dimension)
    for turn in range(90):
        if turn % 15 == 14:
            remove_templates([s.image_id for s in rng.choice(np.array(stored, object), 5)])
            stored += store(galleries[turn % 3], dimension, faces(rng, 3, dimension))
        one = stored[int(rng.integers(len(stored)))]
        probe = near(one, rng) if turn % 2 else one.vector
        chosen = galleries[: int(rng.integers(1, 4))]
        without = [s.image_id for s in stored if rng.random() < 0.1] if turn % 3 == 0 else []
        both(probe, chosen, int(rng.integers(2, 51)), excluded=without)


def test_a_part_is_compared_and_the_list_is_whole(gallery: Gallery, folder: Path) -> None:
    stored = filled(gallery, 900)
    state = hold(gallery)
    assert state.reranked is not None
    assert state.reranked < state.rows == len(stored)
    assert state.recall >= 0.999
    rng = np.random.default_rng(3)
    for one in stored[::40]:
        assert both(near(one, rng), [gallery], 5).scanned


def test_what_was_committed_is_in_the_next_list(gallery: Gallery, folder: Path) -> None:
    stored = filled(gallery)
    before = hold(gallery)
    rng = np.random.default_rng(5)
    new = store(gallery, DIMENSION, [[near(stored[0], rng)], [near(stored[1], rng)]])
    found = both(stored[0].vector, [gallery], 10)
    assert {gallery.pk} == set(found.scanned)
    assert new[0].subject_id in [hit.subject_id for hit in found.hits]
    remove_templates([stored[0].image_id, new[1].image_id])
    found = both(stored[0].vector, [gallery], 10)
    assert stored[0].image_id not in [hit.image_id for hit in found.hits]
    after = read_state(key_of(gallery))
    assert after is not None
    assert (after.token, after.dead, after.tail, after.tail_dead) == (before.token, 1, 2, 1)
    # Another vector under the same id, and another subject of the same picture.
    remove_templates([stored[5].image_id])
    other = near(stored[9], rng)
    place = (gallery.pk, stored[5].subject_id, stored[5].image_id)
    add_templates(contract(DIMENSION).pk, [NewTemplate(*place, other)])
    assert both(other, [gallery], 5).hits[0].image_id == stored[5].image_id
    with transaction.atomic():
        FaceImage.objects.filter(pk=stored[20].image_id).update(subject_id=stored[30].subject_id)
        move_templates([stored[20].image_id], stored[30].subject_id)
    assert both(stored[20].vector, [gallery], 3).hits[0].subject_id == stored[30].subject_id


def test_a_transaction_counts_when_it_is_committed(gallery: Gallery, folder: Path) -> None:
    stored = filled(gallery)
    hold(gallery)
    gone = stored[0]
    with app_role(gallery.agency_id) as other:
        other.execute("DELETE FROM searches_template WHERE image_id = %s", [gone.image_id])
        assert both(gone.vector, [gallery], 3).hits[0].image_id == gone.image_id
        caught_up(key_of(gallery), beat=True)  # a snapshot that the deletion is not in
        assert both(gone.vector, [gallery], 3).hits[0].image_id == gone.image_id
    assert both(gone.vector, [gallery], 3).hits[0].image_id != gone.image_id
    with app_role(gallery.agency_id) as other:
        other.execute("DELETE FROM searches_template WHERE image_id = %s", [stored[8].image_id])
        other.rollback()
    assert both(stored[8].vector, [gallery], 3).hits[0].image_id == stored[8].image_id


def test_nothing_is_left_of_what_was_erased(gallery: Gallery, folder: Path) -> None:
    stored = filled(gallery)
    state = hold(gallery)
    new = store(gallery, DIMENSION, faces(np.random.default_rng(9), 4))
    both(stored[0].vector, [gallery], 5)
    second = held.Held(key_of(gallery), state)  # as another process maps it
    gone = [stored[0], stored[33], new[1]]
    needles = [one.vector.astype("<f2").tobytes() for one in gone]
    assert all(needle in bytes_there(folder) for needle in needles)
    remove_templates([one.image_id for one in gone])
    assert caught_up(key_of(gallery), beat=True) is not None
    there = bytes_there(folder)
    assert not any(needle[at : at + 32] in there for needle in needles for at in (0, 64))
    row = int(np.flatnonzero(second._ids == gone[0].image_id.bytes)[0])
    assert not second._vectors[row].any()
    packer = second._codes._packer
    codes = second._codes._bytes.reshape(-1, packer.block_size)
    assert not packer.unpack_1(codes[row // 32 : row // 32 + 1], row % 32).any()
    kept = int(np.flatnonzero(second._ids == stored[1].image_id.bytes)[0])
    assert packer.unpack_1(codes[kept // 32 : kept // 32 + 1], kept % 32).any()


_OTHER = """
import django, sys, uuid
django.setup()
from portal.tenancy import scope
from searches.scan.current import caught_up
from searches.scan.files import Key
with scope(int(sys.argv[1])):
    found = caught_up(Key(int(sys.argv[1]), int(sys.argv[2]), uuid.UUID(sys.argv[3])))
assert found is not None
print(found[1].dead, found[1].token)
"""


def test_one_process_wipes_for_all(gallery: Gallery, folder: Path) -> None:
    """Another process meets what was erased first; this one has it mapped already."""
    stored = filled(gallery, 60)
    state = hold(gallery)
    assert both(stored[0].vector, [gallery], 5).scanned
    mapped = opened(key_of(gallery), state)
    row = int(np.flatnonzero(mapped._ids == stored[0].image_id.bytes)[0])
    assert mapped._vectors[row].any()
    remove_templates([stored[0].image_id])
    key = key_of(gallery)
    command = [sys.executable, "-c", _OTHER, *map(str, (key.agency, key.contract, key.gallery))]
    more = {"DJANGO_SETTINGS_MODULE": "tests.settings", "CANDOR_SCAN_FOLDER": str(folder)}
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | more, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1", state.token]
    assert not mapped._vectors[row].any()
    assert both(stored[0].vector, [gallery], 5).scanned
    assert opened(key, state) is mapped


@pytest.mark.parametrize(
    ("templates", "found", "memory", "way"),
    [
        (99, None, 1, Way.SQL),
        (99, 50, 1, Way.SQL),
        (100, None, 1, Way.SQL_MEANWHILE),
        (100, None, 0, Way.SQL),
        (100, 50, 1, Way.SCAN),
        (100, 50, 0, Way.SQL),
        (100, False, 1, Way.SQL),
        (10**9, 50, 1, Way.SCAN),
    ],
)
def test_the_planner(
    templates: int, found: int | None, memory: int, way: Way, settings: Any
) -> None:
    settings.SCAN_FROM, settings.SCAN_MEMORY_BYTES = 100, memory
    state = None
    if found is not None:
        state = State("t", "1:1:", 4, templates, 0, 0, 0, found or None, 1.0, 20, "")
    assert way_of(templates, state) == way


def test_a_gallery_is_asked_for_and_kept(gallery: Gallery, folder: Path) -> None:
    stored = filled(gallery)
    key = key_of(gallery)
    assert not both(stored[0].vector, [gallery], 5).scanned
    assert files.wanted() == [key]
    kept = keeper.Keeper()
    kept._building = key
    kept._build(key)
    assert files.wanted() == []
    assert both(stored[0].vector, [gallery], 5).scanned
    holder = ScanHolder.objects.get()
    assert holder.built_at is not None
    assert holder.measured["recall"] >= 0.999
    first = holder.seen
    remove_templates([stored[0].image_id])
    kept.round()
    holder.refresh_from_db()
    assert holder.seen != first
    forget_changes()
    assert not TemplateChange.objects.exists()
    state = read_state(key)
    assert state is not None
    files.write_state(key, replace(state, tail=held.TAIL // 2 + 1))
    assert keeper._is_worn(replace(state, tail=held.TAIL // 2 + 1))


def test_memory_goes_to_what_was_searched_last(agency: Agency, folder: Path) -> None:
    galleries = [make_gallery(agency, f"Gallery {uuid.uuid4()}") for _ in range(3)]
    probes = [filled(gallery, 100, seed)[0].vector for seed, gallery in enumerate(galleries)]
    for gallery in galleries[:2]:
        hold(gallery)
    assert files.bytes_in_use() > 0
    both(probes[0], galleries[:1], 5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "SCAN_MEMORY_BYTES", 3 * 2**20)
        mapped = held.Held(key_of(galleries[1]), read_state(key_of(galleries[1])))  # type: ignore[arg-type]
        assert make_room(key_of(galleries[2]), 3 * 2**20 - files.bytes_in_use() + 1)
        assert files.held() == [key_of(galleries[0])]
        assert not mapped._vectors.any()  # also for who has it mapped still
        assert not make_room(key_of(galleries[2]), 4 * 2**20)
    assert set(both(probes[1], galleries[:2], 5).scanned) == {galleries[0].pk}
    assert ScanHolder.objects.count() == 1


@pytest.mark.parametrize(
    "damage", ["vectors", "codes", "ids", "order", "live", "centroids", "tail_ids", "state", "all"]
)
def test_what_is_damaged_or_missing_is_not_used(
    gallery: Gallery, folder: Path, damage: str
) -> None:
    stored = filled(gallery, 60)
    state = hold(gallery)
    close_stale(lambda key: None)
    key = key_of(gallery)
    if damage == "state":
        (folder / f"{key.name}.json").write_text('{"token": 1')
    elif damage == "all":
        files.wipe(key)
    else:
        path = files.folder_of(key, state.token) / damage
        path.write_bytes(path.read_bytes()[:-1])
    assert not both(stored[0].vector, [gallery], 5).scanned
    assert files.held() == [] or damage == "state"
    hold(gallery)
    assert both(stored[0].vector, [gallery], 5).scanned


def test_another_database_is_not_believed(gallery: Gallery, folder: Path) -> None:
    """A database that was restored has other transactions under the same numbers."""
    stored = filled(gallery, 60)
    for change in ("seen", "row"):
        hold(gallery)
        if change == "seen":
            ScanHolder.objects.update(seen="3:3:")
        else:
            ScanHolder.objects.all().delete()
        assert not both(stored[0].vector, [gallery], 5).scanned
        assert files.held() == []
        assert not ScanHolder.objects.exists()


def test_more_than_the_tail_takes_is_coded_anew(
    gallery: Gallery, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = filled(gallery, 60)
    for module in ("held", "current", "building", "budget", "keeper"):
        monkeypatch.setattr(f"searches.scan.{module}.TAIL", 10)
    hold(gallery)
    store(gallery, DIMENSION, faces(np.random.default_rng(2), 12))
    assert not both(stored[0].vector, [gallery], 5).scanned
    assert files.wanted() == [key_of(gallery)]
    hold(gallery)
    assert both(stored[0].vector, [gallery], 5).scanned


def test_a_scan_that_finds_too_little_is_not_used(
    gallery: Gallery, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = store(gallery, DIMENSION, faces(np.random.default_rng(2), 300))
    monkeypatch.setattr("searches.scan.measuring.RERANKED", (11, 12))
    state = hold(gallery)
    assert state.reranked is None
    assert 0 < state.recall < 0.999
    assert not both(stored[0].vector, [gallery], 5).scanned
    assert files.wanted() == []
    monkeypatch.setattr("searches.scan.measuring.RERANKED", (11, 400))
    assert hold(gallery).reranked == 400


def test_only_memory_that_is_ours_is_used(gallery: Gallery, folder: Path, tmp_path: Path) -> None:
    stored = filled(gallery, 60)
    folder.mkdir(mode=0o755)
    with pytest.raises(NoPlace, match="this user alone"):
        files.root()
    folder.chmod(0o700)
    hold(gallery)
    modes = {path.stat().st_mode & 0o777 for path in folder.rglob("*")}
    assert modes == {0o700, 0o600}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "SCAN_FOLDER", Path("/sys/candor"))
        with pytest.raises(NoPlace, match="memory"):
            build(key_of(gallery))
        assert not both(stored[0].vector, [gallery], 5).scanned


def test_halves_are_read_to_the_bit() -> None:
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    finite = every[np.isfinite(every)].reshape(-1, 1)
    room = np.empty(finite.shape, np.float32)
    halves.widen(finite, room)
    room *= halves.TOO_LITTLE
    assert (room.view(np.uint32) == finite.astype(np.float32).view(np.uint32)).all()


@pytest.mark.parametrize("dimension", [4, 5, 128, 512])
def test_products_are_those_of_single_precision(dimension: int) -> None:
    """Of more vectors than are looked at together, with parts too small for a half's exponent."""
    rng = np.random.default_rng(dimension)
    vectors = rng.normal(size=(3 * halves.AT_ONCE, dimension)).astype(np.float16)
    vectors[:, 0] *= np.float16(1e-4)
    vectors[::7, 1] = np.float16(6e-8)  # the least there is
    probe = rng.normal(size=dimension).astype(np.float32)
    rows = rng.permutation(len(vectors))[: 2 * halves.AT_ONCE + 3]
    expected = vectors[rows].astype(np.float32) @ probe
    assert np.allclose(halves.products(probe, vectors, rows), expected, rtol=1e-5, atol=1e-6)
    assert not len(halves.products(probe, vectors, rows[:0]))


def test_a_key_of_another_agency_is_refused(agency: Agency, gallery: Gallery, folder: Path) -> None:
    stored = filled(gallery, 60)
    hold(gallery)
    foreign = key_of(gallery)
    with scope(agency.pk + 1):
        assert (
            planning.compare(
                stored[0].vector, contract_pk=foreign.contract, galleries=[gallery.pk], limit=5
            ).hits
            == []
        )


def test_the_app_leaves_no_change_unnoted(gallery: Gallery, folder: Path) -> None:
    """Whatever deletes a template, as the cascade of its picture does."""
    stored = filled(gallery, 30)
    hold(gallery)
    forget_changes()
    assert not TemplateChange.objects.exists()
    with transaction.atomic(), connection.cursor() as cursor:
        FaceImage.objects.filter(pk=stored[0].image_id).delete()
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert TemplateChange.objects.get().images == [stored[0].image_id]
    assert Subject.objects.filter(pk=stored[0].subject_id).exists()
    both(stored[0].vector, [gallery], 5)
