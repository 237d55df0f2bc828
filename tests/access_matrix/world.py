"""All areas as one table, and the agency in which its addresses are asked for."""

from dataclasses import dataclass

import pytest

from accounts.models import Agency, User
from portal.tenancy import scope
from tests.access_matrix import (
    cases,
    engines,
    everyday,
    galleries,
    log_in,
    office,
    oversight,
    people,
    public,
    searches,
    sharing,
    training,
    upkeep,
)
from tests.access_matrix.area import PEOPLE, Area, Arguments, Posts, Table
from tests.access_matrix.ground import People, lay_ground, people_of

# In the order in which what they show is made.
AREAS: list[Area] = [
    *(cases.AREA, searches.AREA, galleries.AREA, sharing.AREA, upkeep.AREA, engines.AREA),
    *(oversight.AREA, public.AREA, people.AREA, office.AREA, log_in.AREA, training.AREA),
    everyday.AREA,
]
TABLE: Table = {name: row for area in AREAS for name, row in area.table.items()}
POST_ONLY = {name for area in AREAS for name in area.post_only}

# untrained: an analyst whose certificate expired; an analyst in everything but searching.
NEEDS_TRAINING = {"probe_new", "probe", "probe_turn", "probe_progress"}
NEEDS_TRAINING |= {"probe_edit", "probe_undo", "search_new", "drafts"}
NEEDS_TRAINING |= {"probe_draft", "probe_new_draft", "draft_discard"}
# Without a membership that counts: for them the agency's pages are what they are for nobody.
OUTSIDE = ("deactivated", "staff")
EVERYBODY = [*PEOPLE, "untrained", *OUTSIDE]


def expected(person: str) -> dict[str, int]:
    if person in OUTSIDE:
        return expected("nobody")
    if person == "untrained":
        trained = expected("analyst")
        return trained | dict.fromkeys(NEEDS_TRAINING, 403) | {"notification_open": 404}
    return {name: row[PEOPLE.index(person)] for name, row in TABLE.items()}


@dataclass
class World:
    """Alder with one of everything; the people of PEOPLE; arguments for every address."""

    agency: Agency
    people: People
    arguments: Arguments
    posts: Posts


@pytest.fixture
def world(alder: Agency, birch: Agency, nil: User) -> World:
    everybody = people_of(alder, birch, nil)
    made = World(alder, everybody, {}, {})
    with scope(alder.pk):
        ground = lay_ground(alder, birch, everybody)
        for area in AREAS:
            made.arguments |= area.arguments(ground)
            made.posts |= area.posts(ground)
    return made
