"""Opening cases, and their categories."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts.actor import Actor
from accounts.models import Agency
from accounts.purposes import Purpose
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.models import Case
from searches.services.cases import open_case
from searches.services.categories import rename_category, restore_category, retire_category
from tests.factories import make_case, make_category
from tests.searches.cases.cast import code_of, number_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]


def test_who_opens_a_case_owns_it_and_is_its_member(case: Case, people: dict[str, Actor]) -> None:
    owner = people["owner"]
    assert (case.owner_id, case.owner_label) == (owner.user_id, owner.label)
    assert case.members.filter(user_id=number_of(owner), ended_at=None).count() == 1
    assert (case.status, case.search_cap, case.purpose) == ("open", 20, "missing_person")
    entry = AuditEntry.objects.get(action=Action.CASE_OPENED)
    assert entry.data == {"purpose": "missing_person", "category": ""}


def test_the_installation_says_how_many_searches_a_new_case_may_have(
    in_alder: Agency, settings: "pytest.FixtureRequest"
) -> None:
    settings.CASE_SEARCH_CAP = 3  # type: ignore[attr-defined]
    assert make_case(in_alder).search_cap == 3


def test_a_number_is_there_once_in_an_agency(
    case: Case, people: dict[str, Actor], birch: Agency
) -> None:
    values: dict[str, Any] = {"title": "x", "purpose": Purpose.MISSING_PERSON}
    for number in (case.number, f" {case.number} ", "", "   "):
        with pytest.raises(ValidationError):
            open_case(actor=people["owner"], number=number, **values)
    assert Case.objects.count() == 1
    with scope(birch.pk):
        assert make_case(birch, case.number).number == case.number


@pytest.mark.parametrize("purpose", ["", "curiosity", "immigration_status"])
def test_a_case_has_a_purpose_of_the_closed_list(
    in_alder: Agency, people: dict[str, Actor], purpose: str
) -> None:
    values: dict[str, Any] = {"number": "1", "title": "x", "purpose": purpose}
    assert code_of(open_case, actor=people["owner"], **values) == "purpose_unknown"


def test_only_analysts_open_cases(in_alder: Agency, people: dict[str, Actor]) -> None:
    for name in ("examiner", "supervisor", "auditor", "admin"):
        values: dict[str, Any] = {"number": name, "title": "x", "purpose": Purpose.MISSING_PERSON}
        assert code_of(open_case, actor=people[name], **values) == "403"


def test_an_agency_with_a_list_opens_cases_by_it(
    in_alder: Agency, people: dict[str, Actor]
) -> None:
    category = make_category(in_alder, "Abduction", Purpose.VICTIM_IDENTIFICATION)
    owner = people["owner"]
    free: dict[str, Any] = {"number": "1", "title": "x", "purpose": Purpose.MISSING_PERSON}
    assert code_of(open_case, actor=owner, **free) == "category_missing"
    case = open_case(actor=owner, number="1", title="x", category=category)
    assert (case.category, case.purpose) == (category, "victim_identification")
    retired = retire_category(actor=people["admin"], category=category)
    by_it: dict[str, Any] = {"number": "2", "title": "x", "category": retired}
    assert code_of(open_case, actor=owner, **by_it) == "category_retired"
    assert open_case(actor=owner, **free | {"number": "3"}).category is None
    restore_category(actor=people["admin"], category=category)
    assert code_of(open_case, actor=owner, **free | {"number": "4"}) == "category_missing"


def test_a_category_retired_meanwhile_opens_nothing(
    in_alder: Agency, people: dict[str, Actor]
) -> None:
    """The row in hand says that it is in use; the database knows better."""
    stale = make_category(in_alder)
    make_category(in_alder, "Fraud", Purpose.IDENTITY_FRAUD)
    retire_category(actor=people["admin"], category=stale)
    values: dict[str, Any] = {"number": "1", "title": "x", "category": stale}
    assert code_of(open_case, actor=people["owner"], **values) == "category_retired"


def test_only_the_admin_keeps_the_list(in_alder: Agency, people: dict[str, Actor]) -> None:
    category = make_category(in_alder)
    for name, actor in people.items():
        wanted = "ok" if name == "admin" else "403"
        act: dict[str, Any] = {"actor": actor, "category": category}
        assert code_of(retire_category, **act) == wanted, name
        assert code_of(restore_category, **act) == wanted, name
        assert code_of(rename_category, **act, name="Taken away") == wanted, name
    category.refresh_from_db()
    assert (category.name, category.retired_at) == ("Taken away", None)


def test_names_of_categories_are_there_once_whatever_their_case(
    in_alder: Agency, people: dict[str, Actor]
) -> None:
    first, second = make_category(in_alder, "Abduction"), make_category(in_alder, "Robbery")
    for name in ("ABDUCTION", " abduction ", "", "  "):
        with pytest.raises(ValidationError):
            make_category(in_alder, name)
        with pytest.raises(ValidationError):
            rename_category(actor=people["admin"], category=second, name=name)
    renamed = rename_category(actor=people["admin"], category=first, name="abduction")
    assert renamed.name == "abduction"
