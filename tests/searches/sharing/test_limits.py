"""What a grant does not allow."""

import json
import uuid
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import TestCase
from django.utils import timezone

from accounts.access import files_of
from accounts.actor import command_actor
from accounts.models import Agency, Role
from accounts.purposes import Purpose
from accounts.services.agency_lifecycle import suspend_agency
from portal.storage import MissingFile
from portal.tenancy import scope
from searches.faults import Fault
from searches.gallery_versions import version_of
from searches.models import (
    ErasureReceipt,
    FaceImage,
    GalleryGrant,
    GrantUse,
    Search,
    SharedFace,
    SourceRegister,
    Stage,
)
from searches.services import authorizing, searching
from searches.services.authorizing import authorize_search, refuse_search
from searches.services.galleries import main_register
from searches.services.grant_answers import decline_grant
from searches.services.metering import terms_for_search
from searches.services.searching import run_search
from searches.services.shared_search import copy_faces
from tests.factories import PDF, make_gallery, make_image, make_member, unit
from tests.searches.procedure import Office
from tests.searches.sharing.cast import Ask, at_once, entries, revoke, uses
from tests.searches.sharing_cast import (
    Owner,
    actor_in,
    again,
    make_face,
    make_grant,
    make_offer,
    today,
)

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]


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
