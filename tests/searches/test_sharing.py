"""Search in a gallery that another agency grants: what comes of it, and what does not."""

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client, TestCase
from django.urls import reverse
from django.utils import timezone

from accounts.access import files_of
from accounts.actor import command_actor
from accounts.models import Agency, QuotaReservation, Role
from accounts.purposes import Purpose
from accounts.services.agency_lifecycle import suspend_agency
from portal.audit.models import AuditEntry
from portal.post import wait_until_sent
from portal.storage import MissingFile
from portal.tenancy import scope
from searches.faults import Fault
from searches.gallery_versions import version_of
from searches.models import (
    ErasureReceipt,
    FaceImage,
    Gallery,
    GalleryGrant,
    GrantUse,
    Probe,
    Search,
    SharedFace,
    SourceRegister,
    Stage,
)
from searches.services import authorizing, searching
from searches.services.authorizing import authorize_search, refuse_search
from searches.services.galleries import main_register
from searches.services.grant_answers import accept_grant, decline_grant, look_up_grant
from searches.services.granting import offer_grant, revoke_grant
from searches.services.metering import terms_for_search
from searches.services.origins import code_of, resolve_origin
from searches.services.searching import run_search
from searches.services.shared_search import copy_faces
from searches.services.timers import run_timers
from tests.factories import (
    PDF,
    make_case,
    make_gallery,
    make_image,
    make_member,
    make_probe,
    person_jpeg,
    unit,
)
from tests.searches.documents_cast import text_of, unpacked, verified
from tests.searches.procedure import Office, conclude, filled_gallery
from tests.searches.sharing_cast import (
    AGREEMENT,
    REASON,
    Owner,
    actor_in,
    again,
    granted,
    make_face,
    make_grant,
    make_offer,
    make_owner,
    search_shared,
    today,
)

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]


@pytest.fixture
def owner(birch: Agency) -> Owner:
    """Birch, whose gallery has four people."""
    return make_owner(birch)


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


# --- What a grant does not allow ----------------------------------------------------------------


def counts(owner: Owner) -> list[int]:
    with scope(owner.agency.pk):
        return [GrantUse.objects.count(), *GalleryGrant.objects.values_list("searches_used")[0]]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"purposes": [Purpose.IDENTITY_FRAUD]}, "grant_purpose"),
        ({"starts_on": today() + timedelta(days=2)}, "grant_over"),
    ],
)
def test_another_purpose_or_day_is_refused(
    owner: Owner, alder: Agency, ask: Ask, changed: dict[str, Any], code: str
) -> None:
    grant = make_grant(owner, alder, **changed)
    with pytest.raises(Fault, match=code):
        ask([grant])
    assert not Search.objects.exists()
    assert counts(owner) == [0, 0]


def test_an_expired_grant_is_over(
    owner: Owner, alder: Agency, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = make_grant(owner, alder)
    waiting = ask([grant], run=False)
    clock = SimpleNamespace(now=lambda: timezone.now() + timedelta(days=40))
    monkeypatch.setattr("searches.services.grant_uses.timezone", clock)
    with pytest.raises(Fault, match="grant_over"):
        ask([grant])
    run_search(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.stage, waiting.failure_code) == (Stage.FAILED, "grant_over")
    assert counts(owner) == [1, 0]


def test_an_offer_that_nobody_accepted_is_no_grant(owner: Owner, alder: Agency, ask: Ask) -> None:
    offer = make_offer(owner, alder)
    with pytest.raises(Fault, match="grant_over"):
        ask([offer])
    assert counts(owner) == [0, 0]


def test_a_given_up_grant_is_over(owner: Owner, alder: Agency, grant: Any, ask: Ask) -> None:
    admin = make_member(alder, "other@alder.example", Role.ADMIN)
    decline_grant(actor=actor_in(alder, admin), pk=grant.pk)
    with pytest.raises(Fault, match="grant_over"):
        ask([grant])
    assert [one.action for one in entries(owner.agency, "grant.accepted", "grant.declined")] == [
        "grant.accepted",
        "grant.declined",
    ]


def test_a_used_up_grant_is_refused_and_a_failed_search_frees_one(
    owner: Owner, alder: Agency, ask: Ask
) -> None:
    grant = make_grant(owner, alder, searches=1)
    ask([grant])
    with pytest.raises(Fault, match="grant_used_up"):
        ask([grant])
    assert Search.objects.count() == 1
    assert again(grant).searches_used == 1


def test_what_a_register_of_the_owner_does_not_permit_is_refused(
    owner: Owner, grant: GalleryGrant, ask: Ask
) -> None:
    with scope(owner.agency.pk):
        register = main_register(owner.gallery)
        SourceRegister.objects.filter(pk=register.pk).update(purposes=[Purpose.IDENTITY_FRAUD])
    with pytest.raises(Fault, match="source_purpose_not_permitted"):
        ask([grant])
    assert counts(owner) == [0, 0]


def test_a_kind_that_ones_own_license_does_not_grant_is_refused(
    owner: Owner, grant: GalleryGrant, ask: Ask, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = ask([grant], run=False, basis="authorized", reference="12/2026", document=PDF)

    def narrowed(*args: Any) -> Any:
        return replace(terms_for_search(*args), source_kinds=frozenset({"arrest_photographs"}))

    for module in (searching, authorizing):
        monkeypatch.setattr(module, "terms_for_search", narrowed)
    with pytest.raises(Fault, match="source_kind_not_licensed"):
        ask([grant])
    with pytest.raises(Fault, match="source_kind_not_licensed"):
        authorize_search(
            actor=office.actor("supervisor"), search=waiting, reason="The warrant holds"
        )
    assert counts(owner) == [1, 1]
    assert not waiting.tokens.exists()


def test_a_suspended_owner_lends_nothing(owner: Owner, grant: GalleryGrant, ask: Ask) -> None:
    waiting = ask([grant], run=False)
    with scope(owner.agency.pk):
        suspend_agency(
            actor=command_actor("test", None), agency=owner.agency, reason="Unpaid since May"
        )
    run_search(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.stage, waiting.failure_code) == (Stage.FAILED, "grant_over")
    with pytest.raises(Fault, match="grant_over"):
        ask([grant])
    assert again(grant).searches_used == 0


def test_a_grant_revoked_while_the_search_runs_gives_nothing(
    owner: Owner, grant: GalleryGrant, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = ask([grant], run=False)

    def then_revoked(*args: Any) -> Any:
        found = copy_faces(*args)
        revoke(owner, grant)
        return found

    monkeypatch.setattr(searching, "copy_faces", then_revoked)
    run_search(search.pk)
    search.refresh_from_db()
    assert (search.stage, search.failure_code) == (Stage.FAILED, "grant_over")
    assert not SharedFace.objects.exists()
    assert again(grant).searches_used == 0


def test_what_was_given_before_stays_and_goes_with_the_search(
    alder: Agency, owner: Owner, office: Office, grant: GalleryGrant, ask: Ask
) -> None:
    search = ask([grant], basis="urgent")
    revoke(owner, grant)
    face = search.shared_faces.earliest("reference")
    store = files_of(alder.pk)
    assert store.get(face.picture_key)
    with TestCase.captureOnCommitCallbacks(execute=True):
        refuse_search(actor=office.actor("supervisor"), search=search, reason="It is not urgent")
    assert not SharedFace.objects.exists()
    for key in face.file_keys:
        with pytest.raises(MissingFile):
            store.get(key)
    receipt = ErasureReceipt.objects.get(search=search)
    assert receipt.document["erased"]["shared_faces"] == 4
    assert again(grant).searches_used == 1  # it was searched
    at_once()


def test_a_gallery_under_another_engine_is_not_searched(
    owner: Owner, alder: Agency, ask: Ask
) -> None:
    with scope(owner.agency.pk):
        gallery = make_gallery(owner.agency, "Another engine")
        make_image(gallery, "X-1", unit(1, 2, 3, 4), contract="candor-ec1-sha256:" + "1" * 64)
    grant = make_grant(replace(owner, gallery=gallery), alder)
    search = ask([grant])
    assert (search.stage, search.failure_code) == (Stage.FAILED, "grant_other_contract")
    assert uses(grant) == [("given_back", None)]


def test_the_token_is_over_the_grants_and_their_versions(
    owner: Owner, grant: GalleryGrant, ask: Ask
) -> None:
    search = ask([grant], run=False)
    token = json.loads(search.tokens.get().document)
    (sealed,) = token["grants"]
    assert (sealed["agency"], sealed["grant"]) == (owner.agency.pk, str(grant.pk))
    with scope(owner.agency.pk):
        assert sealed["gallery"]["version"] == version_of(owner.gallery.pk).digest
        make_face(owner.gallery, "LATER", 77)
    run_search(search.pk)
    search.refresh_from_db()
    assert search.templates_searched == 4  # what came later is left out


def test_a_gallery_that_lost_a_picture_is_another_one(
    owner: Owner, grant: GalleryGrant, ask: Ask
) -> None:
    search = ask([grant], run=False)
    with scope(owner.agency.pk):
        FaceImage.objects.filter(subject__reference="SECRET-000").delete()
    run_search(search.pk)
    search.refresh_from_db()
    assert (search.stage, search.failure_code) == (Stage.FAILED, "galleries_changed")
    assert again(grant).searches_used == 0


def test_a_double_click_takes_one_search(grant: GalleryGrant, ask: Ask) -> None:
    key = uuid.uuid4()
    first, second = (ask([grant], run=False, key=key) for _ in range(2))
    assert first == second
    assert again(grant).searches_used == 1


def test_a_search_that_was_never_authorized_gives_back(
    office: Office, grant: GalleryGrant, ask: Ask
) -> None:
    search = ask([grant], run=False, basis="authorized", reference="12/2026", document=PDF)
    assert again(grant).searches_used == 1
    refuse_search(actor=office.actor("supervisor"), search=search, reason="Not our case at all")
    assert uses(grant) == [("given_back", None)]
    assert again(grant).searches_used == 0


# --- Granting and answering ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"agency": " "}, "grant_agency_missing"),
        ({"agency": "BIRCH"}, "grant_to_own_agency"),
        ({"agency": "birch  police"}, "grant_to_own_agency"),
        ({"purposes": []}, "grant_purposes_missing"),
        ({"purposes": ["immigration"]}, "grant_purposes_missing"),
        ({"ends_on": today() - timedelta(days=1)}, "grant_period_out_of_range"),
        ({"ends_on": today() + timedelta(days=731)}, "grant_period_out_of_range"),
        ({"searches": 0}, "grant_searches_out_of_range"),
        ({"searches": 10001}, "grant_searches_out_of_range"),
        ({"agreement": " "}, "grant_agreement_missing"),
        ({"reason": "short"}, "reason_too_short"),
        ({"reason": "x" * 4001}, "text_too_long"),
    ],
)
def test_what_is_granted_has_limits(owner: Owner, changed: dict[str, Any], code: str) -> None:
    terms = granted("alder", **changed) if "agency" not in changed else granted(**changed)
    with scope(owner.agency.pk), pytest.raises(Fault, match=code):
        offer_grant(actor=owner.actor, gallery=owner.gallery, granted=terms)
    with scope(owner.agency.pk):
        assert not GalleryGrant.objects.exists()


def test_only_who_manages_galleries_grants_and_answers(
    owner: Owner, alder: Agency, office: Office
) -> None:
    offer = make_offer(owner, alder)
    for name in ("analyst", "supervisor", "auditor", "first"):
        for act in (accept_grant, decline_grant):
            with pytest.raises(PermissionDenied):
                act(actor=office.actor(name), pk=offer.pk)
    assert again(offer).accepted_at is None
    supervisor = make_member(owner.agency, "sam@birch.example", Role.SUPERVISOR)
    actor = actor_in(owner.agency, supervisor)
    with scope(owner.agency.pk):
        with pytest.raises(PermissionDenied):
            offer_grant(actor=actor, gallery=owner.gallery, granted=granted("alder"))
        with pytest.raises(PermissionDenied):
            revoke_grant(actor=actor, grant=offer, reason="The agreement was ended")


@pytest.mark.parametrize("name", ["alder", "Alder", "alder police", " Alder   Police "])
def test_an_agency_is_named_by_its_short_or_its_full_name(
    owner: Owner, alder: Agency, name: str
) -> None:
    with scope(owner.agency.pk):
        grant = offer_grant(actor=owner.actor, gallery=owner.gallery, granted=granted(name))
        assert look_up_grant(grant.pk)
    assert again(grant).borrower_id == alder.pk


@pytest.mark.parametrize("name", ["nobody", "ald", "alder police force", "%"])
def test_a_name_of_nobody_looks_the_same_to_the_owner(
    client: Client, owner: Owner, alder: Agency, name: str
) -> None:
    client.force_login(owner.admin)
    with scope(owner.agency.pk):
        found = offer_grant(actor=owner.actor, gallery=owner.gallery, granted=granted("alder"))
        lost = offer_grant(actor=owner.actor, gallery=owner.gallery, granted=granted(name))
        assert (look_up_grant(found.pk), look_up_grant(lost.pk)) == (True, False)
        assert not look_up_grant(found.pk)  # once
    pages = [
        client.get(reverse("gallery_grant", args=[one.pk])).content.decode()
        for one in (found, lost)
    ]
    texts = [
        re.sub(
            r"<time.*?</time>", "", page.replace(str(one.pk), "GRANT").replace(one.named, "NAME")
        )
        for page, one in zip(pages, (found, lost), strict=True)
    ]
    pair = [re.sub(r"(csrf\w+|nonce)[^>]*>", "", text) for text in texts]
    assert pair[0] == pair[1]
    assert "Alder Police" not in pages[0]


def test_a_suspended_agency_is_offered_nothing(owner: Owner, alder: Agency) -> None:
    suspend_agency(actor=command_actor("test", None), agency=alder, reason="Unpaid since May")
    assert make_offer(owner, alder).borrower_id is None


def test_a_lost_bell_is_rung_again_by_the_clock(owner: Owner, alder: Agency) -> None:
    with scope(owner.agency.pk):
        grant = offer_grant(actor=owner.actor, gallery=owner.gallery, granted=granted("alder"))
    run_timers()
    assert again(grant).borrower_id == alder.pk


def test_mails_say_that_there_is_something_and_nothing_of_it(
    owner: Owner, alder: Agency, django_capture_on_commit_callbacks: Any
) -> None:
    make_member(alder, "taker@alder.example", Role.ADMIN)
    with django_capture_on_commit_callbacks(execute=True):
        grant = make_grant(owner, alder)
        revoke(owner, grant)
    wait_until_sent()
    to = [message.to[0] for message in mail.outbox]
    assert to == ["taker@alder.example", owner.admin.email, "taker@alder.example"]
    for message in mail.outbox:
        for secret in ("Birch", "Alder Police", "Missing people", REASON, AGREEMENT):
            assert secret not in message.subject + str(message.body)


def test_an_answer_is_given_once(owner: Owner, alder: Agency, grant: GalleryGrant) -> None:
    admin = actor_in(alder, make_member(alder, "other@alder.example", Role.ADMIN))
    with pytest.raises(Fault, match="grant_answered"):
        accept_grant(actor=admin, pk=grant.pk)
    revoke(owner, grant)
    for act in (accept_grant, decline_grant):
        with pytest.raises(Fault, match="grant_answered"):
            act(actor=admin, pk=grant.pk)
    with scope(owner.agency.pk), pytest.raises(Fault, match="grant_answered"):
        revoke_grant(actor=owner.actor, grant=grant, reason="The agreement was ended")


# --- Following up a lead ------------------------------------------------------------------------


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


# --- Documents ----------------------------------------------------------------------------------


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
