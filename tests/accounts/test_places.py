"""What every page and every search asks is written out in SQL: it is held to what the ORM reads."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from accounts.access import memberships_of, place_of
from accounts.actor import command_actor
from accounts.licensing import current_terms
from accounts.models import (
    Agency,
    ApiToken,
    LicenseAct,
    LicenseVersion,
    Membership,
    Role,
    User,
    UserSession,
)
from accounts.policies import as_values, policy_in, policy_of
from accounts.services.policies import change_policy
from portal.rows import fetch
from portal.tenancy import ScopeError, scope, user_scope
from tests.conftest import join
from tests.factories import make_token

pytestmark = pytest.mark.django_db


def values(row: Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def fetched(model: type[Model]) -> list[dict[str, Any]]:
    return [values(row) for (row,) in fetch(f"{model._meta.db_table} ORDER BY id", [], model)]


def by_orm(model: type[Model]) -> list[dict[str, Any]]:
    return [values(row) for row in model._base_manager.order_by("id")]


def test_places_are_whole_and_by_name(birch: Agency, alder: Agency, ana: User) -> None:
    join(birch, ana.email, ana.name, Role.AUDITOR, Role.ADMIN)
    tighter = as_values(policy_of(alder.pk)) | {"idle_minutes": 10}
    with scope(alder.pk):
        operator = command_actor("test", alder.pk)
        change_policy(actor=operator, seen=0, values=tighter, why="As agreed with the union")
    found = memberships_of(ana)
    assert [agency.name for agency, _ in found] == ["Alder Police", "Birch Police"]
    assert [policy_in(agency.stored_policy).idle_minutes for agency, _ in found] == [10, 30]
    for agency, own in found:
        with scope(agency.pk):
            assert values(agency) == values(Agency.objects.get(pk=agency.pk))
            assert values(own) == values(Membership.objects.get(user=ana))
            assert place_of(ana, agency.pk) == (agency, own)
        assert not agency._state.adding


def test_rows_are_what_the_orm_reads(alder: Agency, ana: User, client: Client) -> None:
    """Of each model that is asked for so, with its JSON, amounts, lists and times."""
    client.force_login(ana)
    make_token(alder, ana)
    with scope(alder.pk):
        for model in (Membership, ApiToken, LicenseVersion, LicenseAct):
            assert fetched(model) == by_orm(model)
        assert isinstance(fetched(LicenseVersion)[0]["document"], dict)
        assert len(fetched(ApiToken)) == 1
        assert fetched(User) == by_orm(User) != []
    with user_scope(ana.pk):
        assert fetched(UserSession) == by_orm(UserSession) != []


def test_nothing_of_another_agency_comes(
    alder: Agency, birch: Agency, ana: User, bob: User
) -> None:
    make_token(birch, bob)
    with scope(alder.pk):
        for model in (Membership, ApiToken, LicenseVersion):
            assert birch.pk not in {row["agency_id"] for row in fetched(model)}
        assert place_of(bob, birch.pk) is None
        assert place_of(bob, alder.pk) is None
        assert current_terms(birch.pk, timezone.now()) is None


def test_outside_every_scope_it_is_an_error(alder: Agency, ana: User) -> None:
    """As with the managers, and not an agency without a license."""
    with pytest.raises(ScopeError):
        place_of(ana, alder.pk)
    with pytest.raises(ScopeError):
        current_terms(alder.pk, datetime.now(UTC))
