"""A change of engine as it is meant to run: real workers, one killed, searches throughout."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from searches.engines.synthetic.folder import write_folder
from tests.galleries.second_engine import second_contract, second_package
from tests.portal.embedded_clients import wait_until
from tests.searches.installation import installation
from tests.searches.office import WANTED, Office

pytestmark = pytest.mark.processes

PEOPLE, PICTURES = 8, 2
SECONDS = 90.0


@pytest.fixture
def office(models: Path) -> Iterator[Office]:
    with installation(models) as place:
        place.environment |= {
            "CANDOR_ENGINE_NEXT": "open",
            "CANDOR_ENGINE_NEXT_PACKAGE": str(second_package()),
        }
        office = Office(place).with_probe()
        folder = place.var.parent / "pairs"
        write_folder(folder, people=PEOPLE, pictures=PICTURES, size=320)
        office.enroll("Pairs", folder)
        office.gallery = str(place.value("SELECT id FROM searches_gallery WHERE name = 'Pairs'"))
        yield office


class Changing:
    """The one change of the office's gallery."""

    def __init__(self, office: Office) -> None:
        self.office, self.place = office, office.place
        self.pk: str = office.hand.do(
            "start_change",
            slug=office.slug,
            gallery=office.gallery,
            contract=second_contract(),
            throttle=200,
        )

    def act(self, act: str, **values: Any) -> str:
        done: str = self.office.hand.do(
            "act_on_change", slug=self.office.slug, change=self.pk, act=act, **values
        )
        return done

    def wait(self, stage: str) -> None:
        query = "SELECT stage FROM galleries_enginechange WHERE id = %s AND asked = ''"
        wait_until(lambda: self.place.rows(query, self.pk) == [(stage,)], SECONDS)

    def templates(self) -> dict[str, int]:
        return dict(
            self.place.rows(
                "SELECT c.contract, count(*) FROM searches_template t"
                " JOIN searches_contract c ON c.id = t.contract_id WHERE t.gallery_id = %s"
                " GROUP BY 1",
                self.office.gallery,
            )
        )

    def searched(self) -> tuple[str, int, str]:
        """A search by a worker: its contract, what it compared, and its first candidate."""
        search = self.office.submit()
        self.place.wait_closed("search", search)
        contract, compared, subject = self.place.rows(
            "SELECT s.contract_id, s.templates_searched, c.subject_id::text FROM searches_search s"
            " JOIN searches_candidate c ON c.search_id = s.id AND c.rank = 1 WHERE s.id = %s",
            search,
        )[0]
        return contract, compared, self.office.references()[subject]


def test_a_change_survives_its_workers_and_searches_go_on(office: Office) -> None:
    everything, wanted, second = PEOPLE * PICTURES, f"P-{WANTED:04d}", second_contract()
    place, changing = office.place, Changing(office)
    (first,) = changing.templates()
    worker = office.worker()
    wait_until(lambda: changing.templates().get(second, 0) >= 4, SECONDS)
    worker.kill_group()
    some = changing.templates()
    assert some[first] == everything
    assert 4 <= some[second] < everything
    office.worker()
    assert changing.searched() == (first, everything, wanted)
    changing.act("pace", paused=False, throttle=None)
    changing.wait("ready")
    assert changing.templates() == {first: everything, second: everything}
    assert changing.searched() == (first, everything, wanted)

    shadow = changing.act("compare", searches=PEOPLE, submission_key=str(uuid.uuid4()))
    report = "SELECT report FROM galleries_shadowsearch WHERE id = %s"
    wait_until(lambda: place.value(report, shadow) is not None, SECONDS)
    found = place.value(report, shadow)
    assert (found["searches"], found["eligible_subjects"]) == (PEOPLE, PEOPLE)
    for side in ("from", "to"):
        assert found["hits"][side]["rank_1"]["hits"] >= PEOPLE - 1
        assert found["hits"][side]["rank_20"]["hits"] == PEOPLE

    changing.act("switch", to="cut_over", accepted_losses=0)
    changing.wait("cut_over")
    assert changing.searched() == (second, everything, wanted)
    changing.act("switch", to="roll_back", accepted_losses=0)
    changing.wait("ready")
    assert changing.searched() == (first, everything, wanted)
    changing.act("switch", to="cut_over", accepted_losses=0)
    changing.wait("cut_over")
    changing.act("end")
    changing.wait("removed")
    assert changing.templates() == {second: everything}
    assert changing.searched() == (second, everything, wanted)
