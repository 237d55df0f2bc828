"""Whatever happens before, after and in the middle of a search: no candidate that may not be one.

A seeded machine enrols, erases, codes anew, evicts and damages, also between the steps of a search,
for two agencies and two contracts.
"""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Agency
from portal.tenancy import scope
from searches.models import ScanHolder
from searches.scan import files, nearest
from searches.scan.budget import evict
from searches.scan.building import build
from searches.scan.current import caught_up
from searches.scan.files import Key
from searches.scan.holders import forget_changes
from searches.scan.opened import close_stale
from searches.scan.planning import compare
from searches.vectors import (
    NewTemplate,
    add_templates,
    nearest_subjects,
    remove_templates,
)
from tests.accounts.races import committed_agency
from tests.factories import make_gallery
from tests.searches.scanned import faces, folder_in_memory
from tests.searches.test_vectors import contract, store

EACH_TEST_ALONE = True

INTERLEAVINGS = 1000
DIMENSIONS = (16, 32)


@pytest.fixture(scope="module")
def agencies(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[tuple[Agency, Agency]]:
    with django_db_blocker.unblock(), committed_agency() as one, committed_agency() as two:
        yield one, two


class Machine:
    """Two agencies with a gallery each, whose pictures have templates under two contracts."""

    def __init__(self, agencies: tuple[Agency, Agency], seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.live: dict[Key, dict[uuid.UUID, Any]] = {}
        self.scans = self.searches = self.inside = 0
        for agency in agencies:
            with scope(agency.pk):
                gallery = make_gallery(agency, f"Gallery {uuid.uuid4()}")
                for dimension in DIMENSIONS:
                    key = Key(agency.pk, contract(dimension).pk, gallery.pk)
                    self.live[key] = {}
                    self.add(gallery, key, 90)
        self.keys = sorted(self.live)

    def add(self, gallery: Any, key: Key, people: int) -> None:
        dimension = DIMENSIONS[0] if key.contract == contract(DIMENSIONS[0]).pk else DIMENSIONS[1]
        for one in store(gallery, dimension, faces(self.rng, people, dimension)):
            self.live[key][one.image_id] = one

    def step(self) -> None:
        """Something that changes what is held or what may be found."""
        key = self.keys[int(self.rng.integers(len(self.keys)))]
        acts: list[tuple[float, Callable[[Key], object]]] = [
            (0.27, self._erase),
            (0.27, self._enrol),
            (0.18, build),
            (0.06, evict),
            (0.06, self._damage),
            (0.06, lambda key: caught_up(key, beat=True)),
            (0.05, lambda key: forget_changes()),
            (0.05, lambda key: ScanHolder.objects.filter(gallery_id=key.gallery).delete()),
        ]
        act = self.rng.choice(len(acts), p=[weight for weight, _ in acts])
        with scope(key.agency):
            acts[int(act)][1](key)

    def _erase(self, key: Key) -> None:
        there = sorted(self.live[key])
        gone = [there[int(n)] for n in self.rng.integers(len(there), size=2)]
        remove_templates(gone)
        for image in gone:
            self.live[key].pop(image, None)

    def _enrol(self, key: Key) -> None:
        """The vector of somebody who is there, under the id of a picture that may have been."""
        there = list(self.live[key].values())
        like, held = (there[int(n)] for n in self.rng.integers(len(there), size=2))
        remove_templates([held.image_id])
        new = NewTemplate(key.gallery, held.subject_id, held.image_id, like.vector)
        add_templates(key.contract, [new])

    def _damage(self, key: Key) -> None:
        state = files.read_state(key)
        if state is not None:
            names = ("ids", "codes", "vectors", "live")
            name = names[int(self.rng.integers(len(names)))]
            (files.folder_of(key, state.token) / name).unlink(missing_ok=True)
            close_stale(lambda _: None)

    def perhaps(self, act: Callable[..., Any]) -> Callable[..., Any]:
        """A step of a search, with something that happens after it."""

        def interrupted(*args: Any, **more: Any) -> Any:
            found = act(*args, **more)
            if self.rng.random() < 0.2:
                self.inside += 1
                self.step()
            return found

        return interrupted

    def search(self) -> None:
        key = self.keys[int(self.rng.integers(len(self.keys)))]
        there = list(self.live[key].values())
        probe = there[int(self.rng.integers(len(there)))].vector
        before = self.inside
        place: Any = {"contract_pk": key.contract, "galleries": [key.gallery], "limit": 10}
        with scope(key.agency):
            found = compare(probe, **place)
            # What happens within a search happens before its last question to PostgreSQL.
            assert {hit.image_id for hit in found.hits} <= set(self.live[key])
            assert len(found.hits) == 10
            if self.inside == before:
                assert found.hits == nearest_subjects(probe, **place)
        self.searches += 1
        self.scans += bool(found.scanned)


def test_no_interleaving_brings_a_wrong_candidate(
    agencies: tuple[Agency, Agency], django_db_blocker: DjangoDbBlocker
) -> None:
    with folder_in_memory(), django_db_blocker.unblock():
        machine = Machine(agencies, seed=10)
        with pytest.MonkeyPatch.context() as patch:
            # What is asked at the end is asked in one trip: nothing of this process comes between.
            patch.setattr(nearest, "_proposed", machine.perhaps(nearest._proposed))
            patch.setattr(nearest, "caught_up", machine.perhaps(caught_up))
            while machine.searches < INTERLEAVINGS:
                if machine.rng.random() < 0.4:
                    machine.step()
                machine.search()
        assert machine.scans > INTERLEAVINGS / 4
        assert machine.inside > INTERLEAVINGS / 20
        close_stale(lambda _: None)
