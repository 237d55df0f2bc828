"""What every page asks is written out in SQL: it is held to what the ORM reads."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import Model

from accounts.access import memberships_of, place_of
from accounts.actor import command_actor
from accounts.models import Agency, Membership, Role, User
from accounts.policies import as_values, policy_in, policy_of
from accounts.services.policies import change_policy
from portal.tenancy import scope
from tests.conftest import join

pytestmark = pytest.mark.django_db


def values(row: Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_places_are_whole_and_by_name(birch: Agency, alder: Agency, ana: User) -> None:
    join(birch, ana.email, ana.name, Role.AUDITOR, Role.ADMIN)
    tighter = as_values(policy_of(alder.pk)) | {"idle_minutes": 10}
    with scope(alder.pk):
        operator = command_actor("test", alder.pk)
        change_policy(actor=operator, seen=0, values=tighter, why="As agreed with the union")
    found = memberships_of(ana)
    assert [agency.name for agency, _ in found] == ["Alder Police", "Birch Police"]
    for agency, own in found:
        with scope(agency.pk):
            place = place_of(ana, agency.pk)
            assert place is not None
            assert values(agency) == values(place[0])
            assert values(own) == values(place[1])
            assert agency.stored_policy == place[0].stored_policy
    assert not found[0][0]._state.adding
    assert [policy_in(agency.stored_policy).idle_minutes for agency, _ in found] == [10, 30]


def test_no_column_is_read_otherwise_than_it_lies() -> None:
    """The statement's rows are taken as they come, so that no field may need a converter."""
    for model in (Agency, Membership):
        for field in model._meta.concrete_fields:
            assert field.get_db_converters(connection) == []
            assert field.column == field.attname
