"""Search in a gallery that another agency grants: what comes of it, and what does not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction

from accounts.actor import Actor, command_actor
from accounts.models import Agency, QuotaReservation, Role
from accounts.purposes import Purpose
from accounts.services.agency_lifecycle import suspend_agency
from portal.audit.models import AuditEntry
from portal.tenancy import platform_scope, scope
from searches.faults import Fault
from searches.models import (
    Candidate,
    FaceImage,
    Gallery,
    GalleryGrant,
    GrantUse,
    Probe,
    Search,
    SearchedGrant,
    SharedFace,
    Stage,
)
from searches.services.grant_answers import accept_grant, decline_grant
from searches.services.granting import revoke_grant
from searches.services.searching import run_search
from tests.factories import make_case, make_member, make_probe, person_jpeg
from tests.searches.procedure import Office, conclude, filled_gallery, make_office
from tests.searches.sharing_cast import (
    REASON,
    Owner,
    actor_in,
    again,
    make_grant,
    make_offer,
    make_owner,
    search_shared,
    today,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]


@pytest.fixture
def owner(birch: Agency) -> Owner:
    """Birch, whose gallery has four people."""
    return make_owner(birch)


@pytest.fixture
def office(alder: Agency) -> Office:
    return make_office(alder)


@pytest.fixture
def probe(alder: Agency, office: Office) -> Probe:
    return make_probe(make_case(alder), person_jpeg(1))


@pytest.fixture
def grant(owner: Owner, alder: Agency) -> GalleryGrant:
    return make_grant(owner, alder)


Ask = Callable[..., Search]


@pytest.fixture
def ask(office: Office, probe: Probe) -> Ask:
    """Alder's analyst searches by grants."""

    def do(grants: list[GalleryGrant], *galleries: Gallery, **options: Any) -> Search:
        return search_shared(office.actor("analyst"), probe, grants, list(galleries), **options)

    return do


def uses(grant: GalleryGrant) -> list[tuple[str, int | None]]:
    with scope(grant.agency_id):
        rows = GrantUse.objects.filter(grant=grant).order_by("taken_at")
        return [(row.state, row.candidates) for row in rows]


def entries(agency: Agency, *actions: str) -> list[AuditEntry]:
    with scope(agency.pk):
        rows = AuditEntry.objects.filter(agency_id=agency.pk, action__in=actions)
        return list(rows.order_by("pk"))


def at_once() -> None:
    """What is asked at the end of a transaction, now."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


# --- A search -----------------------------------------------------------------------------------


def test_candidates_of_both_galleries_are_one_list(
    alder: Agency, owner: Owner, grant: GalleryGrant, ask: Ask
) -> None:
    own = filled_gallery(alder, 4)
    search = ask([grant], own, limit=6)
    assert search.stage == Stage.EXAMINATION, search.failure_code
    assert search.templates_searched == 8
    rows = list(search.candidates.order_by("rank"))
    assert [row.rank for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row.similarity for row in rows] == sorted((r.similarity for r in rows), reverse=True)
    shared = [row for row in rows if row.shared_id]
    assert 2 <= len(shared) <= 4
    assert {row.gallery_name for row in shared} == {"Missing people (Birch Police)"}
    assert [row.reference for row in shared] == [f"birch-{n + 1}" for n in range(len(shared))]
    at_once()


def test_a_search_may_be_in_a_granted_gallery_alone(grant: GalleryGrant, ask: Ask) -> None:
    search = ask([grant])
    assert search.candidates.count() == 4
    assert not search.searched_galleries.exists()
    assert again(grant).searches_used == 1
    assert uses(grant) == [("done", 4)]


def test_copies_lie_in_the_store_of_the_agency_that_searched_and_name_nobody(
    alder: Agency, owner: Owner, grant: GalleryGrant, ask: Ask
) -> None:
    search = ask([grant])
    face = SharedFace.objects.filter(search=search).first()
    assert face is not None
    assert all(key.startswith(f"{alder.pk}/") for key in face.file_keys)
    with scope(owner.agency.pk):
        subjects = [str(pk) for pk in FaceImage.objects.values_list("subject_id", flat=True)]
        digests = list(FaceImage.objects.values_list("sha256", flat=True))
    with connection.cursor() as cursor:
        for table in ("searches_candidate", "searches_sharedface", "searches_searchedgrant"):
            cursor.execute(f"SELECT to_jsonb(t)::text FROM {table} t")
            text = " ".join(row[0] for row in cursor.fetchall())
            assert text
            for secret in ("SECRET", *subjects, *digests):
                assert secret not in text


def test_each_use_is_in_both_records_without_the_case(
    alder: Agency, owner: Owner, grant: GalleryGrant, ask: Ask, office: Office
) -> None:
    search = ask([grant])
    (theirs,) = entries(owner.agency, "gallery.searched_by_other")
    assert theirs.subject_id == str(owner.gallery.pk)
    assert theirs.data["agency"] == alder.pk
    assert (theirs.data["search"], theirs.data["candidates"]) == (str(search.pk), 4)
    assert theirs.case_id == ""
    (ours,) = entries(alder, "search.finished")
    assert ours.data["grants"][0]["id"] == str(grant.pk)
    assert ours.data["grants"][0]["version"] == theirs.data["version"]
    with scope(owner.agency.pk):
        use = GrantUse.objects.get()
        assert (use.purpose, use.basis) == ("missing_person", "initial_identification")
        assert use.searched_by_label == office.people["analyst"].email


def test_the_whole_procedure_goes_through_with_shared_candidates(
    alder: Agency, office: Office, grant: GalleryGrant, ask: Ask
) -> None:
    own = filled_gallery(alder, 6)
    search = ask([grant], own, limit=4)
    conclude(office, search, {1})
    assert search.stage == Stage.CONCLUDED
    at_once()


def test_nobody_of_the_granted_gallery_is_mixed_in(
    office: Office, grant: GalleryGrant, ask: Ask
) -> None:
    search = ask([grant], limit=2)
    conclude(office, search)
    second = search.examinations.get(round=2)
    assert not second.items.filter(candidate=None).exists()


def test_a_failed_search_gives_back(grant: GalleryGrant, owner: Owner, ask: Ask) -> None:
    search = ask([grant], run=False)
    assert again(grant).searches_used == 1
    assert uses(grant) == [("taken", None)]
    revoke(owner, grant)
    run_search(search.pk)
    search.refresh_from_db()
    assert (search.stage, search.failure_code) == (Stage.FAILED, "grant_over")
    assert not search.candidates.exists()
    assert uses(grant) == [("given_back", None)]
    assert again(grant).searches_used == 0
    key = f"search:{search.pk}"
    assert QuotaReservation.objects.get(key=key).state == "released"
    assert not entries(owner.agency, "gallery.searched_by_other")
    at_once()


def revoke(owner: Owner, grant: GalleryGrant) -> None:
    with scope(owner.agency.pk):
        revoke_grant(actor=owner.actor, grant=grant, reason="The agreement was ended")
