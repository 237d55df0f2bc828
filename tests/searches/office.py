"""An agency at work in an installation: its gallery, a case, a probe, and who submits."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from searches.engines.synthetic.folder import write_folder
from tests.searches.installation import Installation, installation
from tests.searches.processes import Hand, Worker

PEOPLE = 12
WANTED = 3
PASSWORD = "correct horse battery staple"


class Office:
    """Alder Police, with twelve people in a gallery and a probe of one of them."""

    def __init__(
        self, place: Installation, slug: str = "alder", searches: int | None = None
    ) -> None:
        self.place, self.slug = place, slug
        self.email = f"ana@{slug}.example"
        self.hand = place.hand()
        founded = {"email": self.email, "password": PASSWORD, "searches": searches}
        self.hand.do("found", slug=slug, **founded)
        self.case: str = self.hand.do("case", slug=slug, number="2026-001")
        self.people = place.var.parent / "people"
        write_folder(self.people, people=PEOPLE, pictures=1, size=320)
        self.enroll("Custody", self.people)
        self.gallery = str(place.value("SELECT id FROM searches_gallery WHERE name = 'Custody'"))
        self.picture = place.var.parent / "probe" / f"P-{WANTED:04d}" / "02.jpg"
        write_folder(self.picture.parents[1], people=1, pictures=2, first_seed=WANTED, size=320)
        self.probe = ""

    def with_probe(self) -> "Office":
        """A worker has found the face of the probe."""
        self.worker()
        self.probe = self.upload()
        self.place.wait_closed("probe", self.probe)
        return self

    def enroll_command(self, gallery: str, folder: Path) -> list[str]:
        options = ["--agency", self.slug, "--gallery", gallery, "--source", "Custody register"]
        options += ["--basis", "Police Act s. 1", "--processes", "1", "--json"]
        return ["enroll", *options, str(folder)]

    def enroll(self, gallery: str, folder: Path) -> dict[str, object]:
        """`manage.py enroll` to its end; its summary."""
        summary: dict[str, object] = json.loads(
            self.place.manage(*self.enroll_command(gallery, folder))
        )
        return summary

    def worker(self, broker: str = "") -> Worker:
        """The one worker that runs, with that broker (the embedded one by default)."""
        alive = [worker for worker in self.place.workers if worker.alive]
        if len(alive) == 1 and alive[0].broker == broker:
            return alive[0]
        self.place.end_workers()
        return self.place.worker(broker=broker)

    def upload(self, hand: Hand | None = None) -> str:
        key = str(uuid.uuid4())
        values = {"slug": self.slug, "case": self.case, "path": str(self.picture), "key": key}
        probe: str = (hand or self.hand).do("upload", **values)
        return probe

    def search_values(self, key: str | None = None) -> dict[str, str]:
        key = key or str(uuid.uuid4())
        return {"slug": self.slug, "probe": self.probe, "gallery": self.gallery, "key": key}

    def submit(self, hand: Hand | None = None) -> str:
        search: str = (hand or self.hand).do("submit", **self.search_values())
        return search

    def assert_searched(self, search: str, *, attempts: int | None = None) -> None:
        """Wait for the search; it is done once and its candidates are the whole gallery."""
        self.place.wait_closed("search", search)
        state, tried, code = self.place.job("search", search)
        assert (state, code) == ("done", "")
        assert attempts in (None, tried), f"{tried} attempts"
        _, candidates, audit = self.place.result(search)
        assert [row["rank"] for (row,) in candidates] == [*range(1, PEOPLE + 1)]
        actions = [row["action"] for (row,) in audit]
        assert actions == ["search.submitted", "search.finished"]
        best = self.references()[str(candidates[0][0]["subject_id"])]
        assert best == f"P-{WANTED:04d}"

    def references(self) -> dict[str, str]:
        """The references of the subjects by their ids."""
        found: dict[str, str] = self.hand.do("references", slug=self.slug)
        return found


@contextmanager
def open_office(models: Path, searches: int | None = None) -> Iterator[Office]:
    with installation(models) as place:
        yield Office(place, searches=searches).with_probe()
