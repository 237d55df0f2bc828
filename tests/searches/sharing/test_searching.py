"""Search in a gallery that another agency grants, and what follows from it."""

import json
from pathlib import Path

import pytest
from django.db import connection

from accounts.models import Agency, QuotaReservation, Role
from portal.tenancy import scope
from searches.faults import Fault
from searches.models import FaceImage, GalleryGrant, GrantUse, SharedFace, Stage
from searches.services.origins import code_of, resolve_origin
from searches.services.searching import run_search
from tests.factories import make_member
from tests.searches.documents_cast import text_of, unpacked, verified
from tests.searches.procedure import Office, conclude, filled_gallery
from tests.searches.sharing.cast import Ask, at_once, entries, revoke, uses
from tests.searches.sharing_cast import Owner, actor_in, again

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]


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


def test_only_the_owner_can_tell_who_a_candidate_is(
    alder: Agency, owner: Owner, grant: GalleryGrant, ask: Ask
) -> None:
    search = ask([grant])
    face = search.shared_faces.earliest("reference")
    code = code_of(face)
    admin = actor_in(alder, make_member(alder, "other@alder.example", Role.ADMIN))
    with pytest.raises(Fault, match="origin_unknown"):
        resolve_origin(actor=admin, code=code)
    with scope(owner.agency.pk):
        subject = resolve_origin(actor=owner.actor, code=f" {code[:20]}\n{code[20:]} ")
        assert subject.reference.startswith("SECRET-")
        for wrong in ("", "x", "é", code[:-8], code[8:]):
            with pytest.raises(Fault, match="origin_unknown"):
                resolve_origin(actor=owner.actor, code=wrong)
    (entry,) = entries(owner.agency, "origin.resolved")
    assert entry.data["search"] == str(search.pk)


def test_report_and_bundle_tell_of_shared_candidates(
    alder: Agency, office: Office, grant: GalleryGrant, ask: Ask, tmp_path: Path
) -> None:
    search = ask([grant], filled_gallery(alder, 6), limit=6)
    lead = next(row for row in search.candidates.order_by("rank") if row.shared_id)
    conclude(office, search, {lead.rank})
    bundle = unpacked(office, search, tmp_path / "bundle")
    code, output = verified(bundle)
    assert code == 0, output
    told = json.loads((bundle / "candidates.json").read_text())
    row = told[lead.rank - 1]
    assert row["subject"] == {"id": None, "reference": lead.reference}
    assert row["origin"] == code_of(lead.shared)
    assert all(one.get("origin") is None for one in told if one["rank"] != lead.rank)
    assert (bundle / row["image"]["path"]).read_bytes()[:2] == b"\xff\xd8"
    (shared,) = json.loads((bundle / "search.json").read_text())["shared_galleries"]
    assert (shared["name"], shared["grant"]) == ("Missing people", str(grant.pk))
    assert len(shared["version"]) == 64
    text = text_of((bundle / "report-en.pdf").read_bytes())
    assert "Missing people (Birch Police)" in text
    assert lead.reference in text
    for path in bundle.rglob("*.json*"):
        assert "SECRET" not in path.read_text()
