"""kill -9 of web, worker and database at random moments of an import: nothing is lost or doubled.

TEST_IMPORT_IMAGES says how many pictures are imported, TEST_IMPORT_SEED which moments are chosen;
both are printed.
"""

import os
import random
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.searches.import_office import PATIENCE, ImportOffice
from tests.searches.import_pictures import archive_of, people
from tests.searches.installation import installation
from tests.searches.invariants import assert_sound, stray_files

pytestmark = pytest.mark.processes

PICTURES = int(os.environ.get("TEST_IMPORT_IMAGES", "240"))
SEED = int(os.environ.get("TEST_IMPORT_SEED", "0")) or secrets.randbelow(10**6) + 1
PEOPLE = 200
KILLS = 10
# So much of each stage the kills have to themselves.
STAGES = {"uploading": (2, 0.95), "checking": (2, 0.9), "running": (6, 0.95)}
# A killed process leaves what it was writing: at most a few pictures with their portraits.
STRAY_PER_KILL = 20


@dataclass(frozen=True, slots=True)
class Kill:
    """At which share of which stage what is killed, and how long after that was seen."""

    stage: str
    share: float
    after: float
    what: str

    @property
    def due(self) -> tuple[int, float]:
        return list(STAGES).index(self.stage), self.share


def plan(seed: int) -> list[Kill]:
    """Ten kills in their order: each kind at least three times, spread over the whole import."""
    dice = random.Random(seed)
    kinds = ["web", "worker", "database"] * (KILLS // 3) + ["worker"]
    dice.shuffle(kinds)
    places = [
        (stage, dice.random() * most) for stage, (count, most) in STAGES.items()
        for _ in range(count)
    ]  # fmt: skip
    kills = [
        Kill(stage, share, dice.random() * 0.5, kind)
        for (stage, share), kind in zip(places, kinds, strict=True)
    ]
    return sorted(kills, key=lambda kill: kill.due)


class Reaper(threading.Thread):
    """Carries the plan out beside the clerk's work."""

    def __init__(self, office: ImportOffice, kills: list[Kill]) -> None:
        super().__init__(daemon=True)
        self.office, self.kills = office, kills
        self.done: list[Kill] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            for kill in self.kills:
                self._wait_for(kill)
                time.sleep(kill.after)
                print(f"kill -9 {kill.what} at {self.office.progress()}", flush=True)
                getattr(self.office, f"kill_{kill.what}")()
                self.done.append(kill)
        except BaseException as error:  # told by the test, in whose thread it fails
            self.error = error

    def _wait_for(self, kill: Kill) -> None:
        until = time.monotonic() + PATIENCE
        order = [*STAGES, "done"]
        while time.monotonic() < until:
            stage, share = self.office.progress()
            place = order.index(stage) if stage in order else -1
            if (place, share) >= kill.due:
                return
            time.sleep(0.02)
        raise AssertionError(f"{kill} never came")


@pytest.fixture(scope="module")
def office(models: Path) -> Iterator[ImportOffice]:
    with installation(models) as place:
        made = ImportOffice(place)
        yield made
        made.close()


def test_ten_kills_leave_the_gallery_of_an_undisturbed_import(office: ImportOffice) -> None:
    kills = plan(SEED)
    print(f"TEST_IMPORT_IMAGES={PICTURES} TEST_IMPORT_SEED={SEED}", flush=True)
    data, expected = archive_of(people(PEOPLE), PICTURES)
    began = time.monotonic()
    reaper = Reaper(office, kills)
    reaper.start()
    page = office.upload(data)
    office.wait_for("ready")
    assert office.gallery_rows() == []
    office.start(page)
    office.wait_for("done")
    reaper.join(60)
    print(f"{PICTURES} pictures in {time.monotonic() - began:.0f} s", flush=True)
    assert reaper.error is None, reaper.error
    assert len(reaper.done) == KILLS
    assert office.gallery_rows() == expected
    assert_sound(office.place)
    states = office.place.rows("SELECT state, count(*) FROM galleries_importfile GROUP BY state")
    assert states == [("enrolled", PICTURES)]
    ended = "SELECT count(*) FROM audit_auditentry WHERE action = %s"
    for action in ("import.opened", "import.started", "import.finished"):
        assert office.place.value(ended, action) == 1
    assert len(stray_files(office.place)) <= STRAY_PER_KILL * KILLS
