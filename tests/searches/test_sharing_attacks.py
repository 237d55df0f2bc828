"""Grants of galleries attacked with raw SQL under the app role, from both sides, and by threads."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Agency
from portal.tenancy import scope
from searches.faults import Fault
from searches.models import (
    Candidate,
    GalleryGrant,
    GrantUse,
    Probe,
    Search,
    SearchedGrant,
    SharedFace,
)
from searches.services.granting import revoke_grant
from searches.services.searching import run_search
from tests.accounts.races import at_once, committed_agency
from tests.factories import make_case, make_probe, person_jpeg
from tests.searches.committed import Place, app_role, committed_place
from tests.searches.procedure import Office
from tests.searches.sharing_cast import (
    Owner,
    again,
    make_grant,
    make_offer,
    make_owner,
    search_shared,
)

EACH_TEST_ALONE = True

TABLES = (
    *("searches_gallery", "searches_subject", "searches_faceimage", "searches_template"),
    *("searches_gallerysource", "searches_sourceregister", "searches_grantuse"),
)


@pytest.fixture
def owner(birch: Agency) -> Owner:
    return make_owner(birch)


@pytest.fixture
def probe(office: Office, in_alder: Agency) -> Probe:
    return make_probe(make_case(office.agency), person_jpeg(1))


def number_of(sql: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.fetchone()[0])


def refused(match: str, sql: str, *values: Any) -> None:
    """The database refuses a statement, at once or at the end of the transaction."""
    with pytest.raises(DatabaseError, match=match), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


usual = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]


class TestBySql:
    pytestmark = usual

    def test_a_grant_opens_no_row_of_the_gallery(
        self, owner: Owner, alder: Agency, office: Office, probe: Probe
    ) -> None:
        grant = make_grant(owner, alder)
        search_shared(office.actor("analyst"), probe, [grant])
        for table in TABLES:
            sql = f"SELECT count(*) FROM {table} WHERE agency_id = %s"
            with scope(owner.agency.pk):
                assert number_of(sql, owner.agency.pk) > 0, table
            assert number_of(sql, owner.agency.pk) == 0, table
        assert number_of("SELECT count(*) FROM searches_gallerygrant") == 1

    def test_the_owner_reads_nothing_of_the_search(
        self, owner: Owner, alder: Agency, office: Office, probe: Probe
    ) -> None:
        search_shared(office.actor("analyst"), probe, [make_grant(owner, alder)])
        mine = ("search", "searchedgrant", "sharedface", "candidate", "searchtoken", "case")
        for name in mine:
            sql = f"SELECT count(*) FROM searches_{name} WHERE agency_id = %s"
            assert number_of(sql, alder.pk) > 0, name
            with scope(owner.agency.pk):
                assert number_of(sql, alder.pk) == 0, name

    def test_a_third_agency_reads_neither(
        self, owner: Owner, alder: Agency, office: Office, probe: Probe
    ) -> None:
        search_shared(office.actor("analyst"), probe, [make_grant(owner, alder)])
        with scope(alder.pk + owner.agency.pk + 1000):
            for name in ("gallerygrant", "grantuse", "searchedgrant", "sharedface"):
                assert number_of(f"SELECT count(*) FROM searches_{name}") == 0

    def test_the_borrower_changes_no_grant(self, owner: Owner, alder: Agency) -> None:
        offer = make_offer(owner, alder)
        for change in ("searches_allowed = 9999", "accepted_at = now()", "ends_on = '2099-01-01'"):
            with connection.cursor() as cursor:
                cursor.execute(f"UPDATE searches_gallerygrant SET {change}")
                assert cursor.rowcount == 0
                cursor.execute("DELETE FROM searches_gallerygrant")
                assert cursor.rowcount == 0
        assert again(offer).accepted_at is None

    def test_nobody_writes_a_grant_or_a_use_for_another_agency(
        self, owner: Owner, alder: Agency
    ) -> None:
        grant = make_grant(owner, alder)
        refused(
            "row-level security|grant_over",
            "INSERT INTO searches_grantuse (id, agency_id, grant_id, search_id, purpose, basis,"
            " searched_by_label, state, taken_at)"
            " VALUES (%s, %s, %s, %s, 'missing_person', 'urgent', 'x', 'taken', now())",
            *(uuid.uuid4(), owner.agency.pk, grant.pk, uuid.uuid4()),
        )
        refused(
            "row-level security|grant_begins",
            "INSERT INTO searches_gallerygrant (id, agency_id, gallery_id, named, purposes,"
            " starts_on, ends_on, searches_allowed, searches_used, agreement, reason_sealed,"
            " granted_by_label, granted_at, revoked_by_label) VALUES (%s, %s, %s, 'alder',"
            " '{missing_person}', current_date, current_date, 1, 0, 'x', 'x', 'x', now(), '')",
            *(uuid.uuid4(), owner.agency.pk, owner.gallery.pk),
        )

    def test_the_owner_accepts_for_nobody(self, owner: Owner, alder: Agency) -> None:
        offer = make_offer(owner, alder)
        with scope(owner.agency.pk):
            refused(
                "grant_answer",
                "UPDATE searches_gallerygrant SET accepted_at = now(), answered_by_id = %s",
                owner.admin.pk,
            )
            for change in ("searches_allowed = 9999", "purposes = '{identity_fraud}'"):
                refused("grant_fixed", f"UPDATE searches_gallerygrant SET {change}")
            refused("not deleted", "DELETE FROM searches_gallerygrant")
        assert again(offer).accepted_at is None

    def test_what_ended_does_not_begin_again(self, owner: Owner, alder: Agency) -> None:
        grant = make_grant(owner, alder)
        with scope(owner.agency.pk):
            revoke_grant(actor=owner.actor, grant=grant, reason="The agreement was ended")
            refused("grant_fixed", "UPDATE searches_gallerygrant SET revoked_at = NULL")
            refused("grant_over", "UPDATE searches_gallerygrant SET searches_used = 1")

    def test_the_number_of_searches_is_that_of_the_uses(
        self, owner: Owner, alder: Agency, office: Office, probe: Probe
    ) -> None:
        grant = make_grant(owner, alder)
        search_shared(office.actor("analyst"), probe, [grant])
        with scope(owner.agency.pk):
            for value in (0, 2):
                sql = f"UPDATE searches_gallerygrant SET searches_used = {value}"
                refused("grant_uses", sql)
            for state in ("taken", "given_back"):
                sql = f"UPDATE searches_grantuse SET state = '{state}'"
                refused("grant_use_fixed", sql)
            refused("not deleted", "DELETE FROM searches_grantuse")

    @pytest.mark.parametrize(
        "forged", ["", "use", "grant", "gallery", "owner", "search", "purpose", "kind"]
    )
    def test_a_search_names_no_grant_that_the_owner_does_not_know(
        self, owner: Owner, alder: Agency, office: Office, probe: Probe, forged: str
    ) -> None:
        grant = make_grant(owner, alder)
        true = search_shared(office.actor("analyst"), probe, [grant], run=False)
        with transaction.atomic():
            search, row = self._another(true, "identity_fraud" if forged == "purpose" else "")
            self._known_to(owner, grant, uuid.uuid4() if forged == "search" else search.pk, row)
            if forged in ("use", "grant", "gallery"):
                setattr(row, f"{forged}_id", uuid.uuid4())
            elif forged == "owner":
                row.owner_id = alder.pk + 1000
            elif forged == "kind":
                row.source_kind = "arrest_photographs"
            if forged:
                with pytest.raises(DatabaseError, match="not_granted"), transaction.atomic():
                    row.save(force_insert=True)
            else:
                row.save(force_insert=True)
            assert SearchedGrant.objects.count() == (1 if forged else 2)
            transaction.set_rollback(True)

    def _another(self, true: Search, purpose: str) -> tuple[Search, SearchedGrant]:
        """A search like that one, and the row by which it would use the grant."""
        row, other = true.searched_grants.get(), Search.objects.get(pk=true.pk)
        other.pk, other.submission_key = uuid.uuid4(), uuid.uuid4()
        other.purpose = purpose or other.purpose
        other._state.adding = True
        other.save(force_insert=True)
        row.pk, row.search, row.use_id = uuid.uuid4(), other, uuid.uuid4()
        row._state.adding = True
        return other, row

    def _known_to(
        self, owner: Owner, grant: GalleryGrant, search_id: uuid.UUID, row: SearchedGrant
    ) -> None:
        """The owner knows of a use by that search."""
        with scope(owner.agency.pk):
            GalleryGrant.objects.update(searches_used=2)
            GrantUse.objects.create(
                id=row.use_id,
                grant=grant,
                search_id=search_id,
                purpose="missing_person",
                basis="urgent",
                searched_by_label="x",
            )

    def test_a_grant_is_named_when_the_search_is_made_and_never_later(
        self, owner: Owner, alder: Agency, office: Office, probe: Probe
    ) -> None:
        grant = make_grant(owner, alder)
        search_shared(office.actor("analyst"), probe, [grant], run=False)
        refused("append-only", "DELETE FROM searches_searchedgrant")
        refused("append-only", "UPDATE searches_searchedgrant SET owner_name = 'x'")
        refused(
            "do not change",
            "INSERT INTO searches_searchedgrant (id, agency_id, search_id, owner_id, owner_name,"
            " grant_id, use_id, gallery_id, gallery_name, source_kind, legal_basis)"
            " SELECT gen_random_uuid(), agency_id, search_id, owner_id, owner_name, grant_id,"
            " use_id, gen_random_uuid(), gallery_name, source_kind, legal_basis"
            " FROM searches_searchedgrant",
        )

    def test_a_result_that_the_owner_does_not_see_is_none(
        self,
        owner: Owner,
        alder: Agency,
        office: Office,
        probe: Probe,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("searches.services.searching.finish_grants", lambda *args: None)
        search = search_shared(office.actor("analyst"), probe, [make_grant(owner, alder)])
        assert search.candidates.exists()
        with pytest.raises(DatabaseError, match="not_granted"), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        transaction.set_rollback(True)

    def test_copies_and_candidates_come_from_the_running_search(
        self, owner: Owner, alder: Agency, office: Office, probe: Probe
    ) -> None:
        grant = make_grant(owner, alder)
        search = search_shared(office.actor("analyst"), probe, [grant])
        face = SharedFace.objects.first()
        assert face is not None
        refused(
            "shared faces come from a running search",
            "INSERT INTO searches_sharedface (id, agency_id, search_id, searched_grant_id,"
            " reference, origin, collected_on, portrait_key, close_up_key, picture_key,"
            " picture_sha256) SELECT gen_random_uuid(), agency_id, search_id, searched_grant_id,"
            " 'x', origin, collected_on, '', '', '', '' FROM searches_sharedface LIMIT 1",
        )
        refused("append-only", "UPDATE searches_sharedface SET reference = 'x'")
        refused("append-only", "DELETE FROM searches_candidate")
        refused(
            "candidates come from a running search",
            "INSERT INTO searches_candidate (agency_id, search_id, rank, shared_id, similarity)"
            " VALUES (%s, %s, 5, %s, 0.5)",
            *(alder.pk, search.pk, face.pk),
        )
        assert Candidate.objects.count() == 4


# --- Several at once ----------------------------------------------------------------------------


class Two:
    """A committed place that searches, and the committed agency whose gallery it may search."""

    def __init__(self, place: Place, owner: Owner) -> None:
        self.place, self.owner = place, owner
        self.analyst = place.office.actor("analyst")

    def submit(self, grant: GalleryGrant) -> str:
        with scope(self.place.agency.pk):
            try:
                search_shared(self.analyst, self.place.probe, [grant], run=False)
            except Fault as fault:
                return fault.code
        return "accepted"


@pytest.fixture
def two(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    models: object,
    tmp_path: Path,
    settings: Any,
) -> Iterator[Two]:
    settings.FILES_DIR = tmp_path / "files"
    with django_db_blocker.unblock(), committed_place(subjects=2) as place:
        with committed_agency() as other:
            from tests.factories import make_license

            make_license(other)
            yield Two(place, make_owner(other, subjects=2))


def test_twenty_at_once_take_no_more_than_was_granted(two: Two) -> None:
    grant = make_grant(two.owner, two.place.agency, searches=5)
    answers = at_once(*(lambda: two.submit(grant) for _ in range(20)))
    assert sorted(map(str, answers)) == ["accepted"] * 5 + ["grant_used_up"] * 15
    assert again(grant).searches_used == 5
    with scope(two.owner.agency.pk):
        assert GrantUse.objects.filter(state="taken").count() == 5


def test_a_revocation_waits_for_a_result_or_there_is_none(two: Two) -> None:
    """Whichever comes first: a search is done and seen, or failed and given back."""
    place, owner = two.place, two.owner
    for number in range(3):
        grant = make_grant(owner, place.agency)
        with scope(place.agency.pk):
            search = search_shared(two.analyst, place.probe, [grant], run=False)

        def run(pk: uuid.UUID = search.pk) -> None:
            with scope(place.agency.pk):
                run_search(pk)

        def revoke(grant: GalleryGrant = grant) -> None:
            with scope(owner.agency.pk):
                revoke_grant(actor=owner.actor, grant=grant, reason="The agreement was ended")

        assert at_once(run, revoke) == [None, None], number
        with scope(owner.agency.pk):
            use = GrantUse.objects.get(search_id=search.pk)
        with scope(place.agency.pk):
            search.refresh_from_db()
            candidates = search.shared_faces.count()
        assert (use.state, search.stage, candidates) in [
            ("done", "examination", 2),
            ("given_back", "failed", 0),
        ]
        assert again(grant).searches_used == (1 if use.state == "done" else 0)


def test_by_hand_nothing_is_taken_of_a_revoked_grant_that_is_held_open(two: Two) -> None:
    """A transaction that began before the revocation sees it all the same."""
    grant = make_grant(two.owner, two.place.agency)
    with app_role(two.owner.agency.pk) as hand:
        hand.execute("SELECT 1 FROM searches_gallerygrant WHERE id = %s", [grant.pk])
        with scope(two.owner.agency.pk):
            revoke_grant(actor=two.owner.actor, grant=grant, reason="The agreement was ended")
        with pytest.raises(psycopg.errors.CheckViolation, match="grant_over"):
            hand.execute(
                "INSERT INTO searches_grantuse (id, agency_id, grant_id, search_id, purpose,"
                " basis, searched_by_label, state, taken_at)"
                " VALUES (%s, %s, %s, %s, 'missing_person', 'urgent', 'x', 'taken', %s)",
                [
                    uuid.uuid4(),
                    two.owner.agency.pk,
                    grant.pk,
                    uuid.uuid4(),
                    timezone.now() - timedelta(days=1),
                ],
            )
