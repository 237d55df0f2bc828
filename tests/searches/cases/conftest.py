"""A case of Ana, and people with each role."""

import pytest

from accounts.actor import Actor
from accounts.models import Agency, Role
from accounts.purposes import Purpose
from searches.models import Case
from searches.services.case_people import add_member
from searches.services.cases import open_case
from tests.conftest import join
from tests.searches.cases.cast import AsActor, number_of


@pytest.fixture
def people(alder: Agency, as_actor: AsActor) -> dict[str, Actor]:
    """One of each kind at Alder: the member and the owner are analysts, as the outsider is."""
    roles = {
        "owner": Role.ANALYST,
        "member": Role.ANALYST,
        "outsider": Role.ANALYST,
        "examiner": Role.EXAMINER,
        "supervisor": Role.SUPERVISOR,
        "auditor": Role.AUDITOR,
        "admin": Role.ADMIN,
    }
    return {
        name: as_actor(join(alder, f"{name}@alder.example", name, role), alder)
        for name, role in roles.items()
    }


@pytest.fixture
def case(in_alder: Agency, people: dict[str, Actor]) -> Case:
    """A case that its owner opened, with one more member."""
    case = open_case(
        actor=people["owner"], number="2026-7", title="Harbour", purpose=Purpose.MISSING_PERSON
    )
    add_member(actor=people["owner"], case=case, user_id=number_of(people["member"]))
    return case
