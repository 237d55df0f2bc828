"""A search brought along the procedure through its services, and the people who do it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from accounts.access import actor_of
from accounts.actor import Actor
from accounts.models import Agency, Membership, Role, User
from portal.tenancy import scope
from searches.models import Candidate, Disposition, Examination, Gallery, Probe, Search
from searches.recognition import engine
from searches.services.examining import decide, start_examination, submit_examination
from tests.conftest import join
from tests.factories import make_case, make_gallery, make_image, make_probe, make_search, unit

SIMILAR = {"eyes": "similar", "nose": "similar", "mouth": "similar"}
DISSIMILAR = {"nose": "dissimilar"}
UNSEEN = {"ears": "not_visible"}
CHECKLISTS = {
    Disposition.RETAINED: SIMILAR,
    Disposition.EXCLUDED: DISSIMILAR,
    Disposition.INCONCLUSIVE: UNSEEN,
}


@dataclass(frozen=True)
class Office:
    """Who works on a search at one agency: an analyst, three examiners, a supervisor or two."""

    agency: Agency
    people: dict[str, User]

    def actor(self, name: str) -> Actor:
        user = self.people[name]
        with scope(self.agency.pk):
            member = Membership.objects.get(user=user)
            agency = Agency.objects.get(pk=self.agency.pk)
            return actor_of(user, agency, member, "127.0.0.1")


def make_office(agency: Agency, domain: str = "", **more: list[Role]) -> Office:
    """The people of the office, and `more` by their roles, with addresses at `domain`."""
    roles = {
        "analyst": [Role.ANALYST],
        "first": [Role.EXAMINER],
        "second": [Role.EXAMINER],
        "third": [Role.EXAMINER],
        "supervisor": [Role.SUPERVISOR],
        "deputy": [Role.SUPERVISOR, Role.ANALYST],
        "auditor": [Role.AUDITOR],
        **more,
    }
    domain = domain or f"{agency.slug}.example"
    people = {n: join(agency, f"{n}@{domain}", n.title(), *r) for n, r in roles.items()}
    return Office(agency, people)


def filled_gallery(agency: Agency, subjects: int, name: str = "Register") -> Gallery:
    """Subjects with templates drawn at random under the loaded engine's contract."""
    gallery, contract = make_gallery(agency, name), engine().contract
    for number in range(subjects):
        vector = unit(*np.random.default_rng(number).normal(size=contract.dimension))
        make_image(gallery, f"S-{number:03d}", vector, contract.id)
    return gallery


def candidates_of(search: Search) -> list[Candidate]:
    return list(search.candidates.order_by("rank"))


def examine(
    actor: Actor,
    search: Search,
    retained: Collection[int] = (),
    unsure: Collection[int] = (),
) -> Examination:
    """A whole round: the candidates with these ranks are retained or left undecided."""
    examination = start_examination(actor=actor, search=search)
    for item in examination.items.select_related("candidate"):
        rank = item.candidate.rank if item.candidate else 0
        chosen = Disposition.EXCLUDED
        if rank in retained:
            chosen = Disposition.RETAINED
        elif rank in unsure:
            chosen = Disposition.INCONCLUSIVE
        decide(
            actor=actor,
            examination=examination,
            position=item.position,
            disposition=chosen,
            features=CHECKLISTS[chosen],
            comment="",
        )
    submit_examination(actor=actor, examination=examination)
    search.refresh_from_db()
    return examination


def conclude(office: Office, search: Search, retained: Collection[int] = ()) -> Search:
    """Two examinations that agree."""
    examine(office.actor("first"), search, retained)
    examine(office.actor("second"), search, retained)
    return search


def searched(
    office: Office, data: bytes, gallery: Gallery, *, run: bool = True, **grounds: Any
) -> Search:
    """A search by the analyst, done unless it waits for somebody."""
    case = make_case(office.agency)
    probe: Probe = make_probe(case, data)
    return make_search(probe, [gallery], run=run, actor=office.actor("analyst"), **grounds)
