"""The ORM's lock on the tenant door, and the session setting behind it."""

import threading

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import Agency
from portal.scoping import current_agency_id
from portal.tenancy import ScopeError, scope
from searches.models import Case, Gallery
from tests.factories import make_case, make_gallery

EACH_TEST_ALONE = True

pytestmark = pytest.mark.django_db


def session_agency() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('candor.agency_id', true)")
        return str(cursor.fetchone()[0])


def test_a_query_outside_a_scope_raises() -> None:
    with pytest.raises(ScopeError):
        Gallery.objects.all()
    with pytest.raises(ScopeError):
        current_agency_id()


def test_a_queryset_carried_out_of_its_scope_raises(alder: Agency) -> None:
    with scope(alder.pk):
        kept = Gallery.objects.all()
    with pytest.raises(ScopeError):
        list(kept)


def test_scopes_nest_and_give_the_outer_one_back(alder: Agency, birch: Agency) -> None:
    with scope(alder.pk):
        with scope(birch.pk):
            assert session_agency() == str(birch.pk)
        assert session_agency() == str(alder.pk)
    assert session_agency() == ""


def test_an_error_inside_a_scope_gives_the_outer_one_back(alder: Agency, birch: Agency) -> None:
    with scope(alder.pk):
        with pytest.raises(DatabaseError), transaction.atomic(), scope(birch.pk):
            connection.cursor().execute("SELECT 1 / 0")
        assert session_agency() == str(alder.pk)


def test_a_rolled_back_savepoint_does_not_change_the_scope(alder: Agency, birch: Agency) -> None:
    with scope(alder.pk):
        with pytest.raises(RuntimeError), transaction.atomic():
            with scope(birch.pk):
                pass
            raise RuntimeError
        assert session_agency() == str(alder.pk)


def test_a_new_connection_is_told_the_scope_before_its_first_query(alder: Agency) -> None:
    seen: list[str] = []

    def elsewhere() -> None:
        # A thread starts without a scope, as a worker does.
        with scope(alder.pk):
            seen.append(session_agency())
        seen.append(session_agency())
        connection.close()

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == [str(alder.pk), ""]


def test_a_row_of_another_agency_cannot_be_saved(alder: Agency, birch: Agency) -> None:
    with scope(alder.pk):
        case = make_case(alder)
    with scope(birch.pk):
        with pytest.raises(ScopeError):
            case.save()
        with pytest.raises(ScopeError):
            Case.objects.bulk_create([Case(number="x", agency_id=alder.pk)])


def test_the_orm_shows_the_own_agency_only(alder: Agency, birch: Agency) -> None:
    for agency in (alder, birch):
        with scope(agency.pk):
            make_gallery(agency, f"Gallery of {agency.slug}")
    with scope(alder.pk):
        assert [gallery.name for gallery in Gallery.objects.all()] == ["Gallery of alder"]
        # Related and base managers do not filter by themselves; the database does.
        assert Gallery._base_manager.count() == 1
