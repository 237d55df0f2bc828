"""Drafts of searches: kept on every device, one's own alone, and gone with what they became."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.actor import Actor, command_actor
from accounts.models import Agency, Role, User
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.drafts import initial_for
from searches.engines.synthetic import Identity, Scene, draw_group
from searches.images import encode_jpeg
from searches.models import Case, CaseMember, Gallery, Probe, Search, SearchDraft
from searches.services.case_people import end_member
from searches.services.cases import close_case
from searches.services.drafts import discard_old_drafts, entered_in
from searches.services.erasing import erase_probe
from searches.services.probe_expiry import expire_probe
from searches.services.probes import analyse_probe, turn_probe
from tests.conftest import join
from tests.factories import (
    CAPTURE_FIELDS,
    GROUNDS_FIELDS,
    make_case,
    make_draft,
    make_gallery,
    make_image,
    make_probe,
    make_search,
    person_jpeg,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]

WORDS = "Seen on the quay, and not yet sure by whom"
HTMX = {"HX-Request": "true"}
AsActor = Callable[[User, Agency], Actor]


@pytest.fixture
def case(in_alder: Agency, ana: User) -> Case:
    """Ana is a member: she was there first."""
    return make_case(in_alder)


@pytest.fixture
def gallery(in_alder: Agency) -> Gallery:
    gallery = make_gallery(in_alder)
    make_image(gallery, "P-1")
    return gallery


@pytest.fixture
def probe(case: Case, gallery: Gallery) -> Probe:
    """Two people are in the picture."""
    people = [Identity.from_seed(5), Identity.from_seed(6)]
    probe = make_probe(
        case, encode_jpeg(draw_group(people, Scene.from_seed(5, size=640)), quality=92)
    )
    assert len(probe.faces) == 2
    return probe


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def entered(probe: Probe, gallery: Gallery, **changed: Any) -> dict[str, Any]:
    """What the page of the picture sends while it is filled in."""
    usual = {
        "face": 1,
        "seen": probe.shown_as,
        "galleries": [str(gallery.pk)],
        "purpose": "missing_person",
        "basis": "authorized",
        "reason": WORDS,
        "reference": "Court of Harbour, 12/2026",
        "limit": 7,
        "submission_key": uuid.uuid4(),
    }
    return usual | changed


def save(client: Client, probe: Probe, values: dict[str, Any]) -> HttpResponse:
    answer = client.post(reverse("probe_draft", args=[probe.pk]), values, headers=HTMX)
    assert answer.status_code == 200
    return answer  # type: ignore[return-value]


def page_of(client: Client, probe: Probe) -> str:
    answer = client.get(reverse("probe", args=[probe.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def drafts() -> list[dict[str, Any]]:
    return [dict(row) for row in SearchDraft.objects.order_by("pk").values()]


def acts() -> list[str]:
    rows = AuditEntry.objects.filter(action__startswith="draft.").order_by("pk")
    return list(rows.values_list("action", flat=True))


# --- Saving and going on -------------------------------------------------------------------------


def test_what_was_entered_is_there_again_on_another_device(
    ana: User, probe: Probe, gallery: Gallery
) -> None:
    here = browser_of(ana)
    Probe.objects.update(requested_by_id=ana.pk)  # as if she had uploaded it herself
    waits = here.get(reverse("home")).content.decode()
    assert "Pictures that wait for your choice" in waits
    assert "Saved at" in save(here, probe, entered(probe, gallery)).content.decode()

    there = browser_of(ana)
    home = there.get(reverse("home")).content.decode()
    assert "Searches that you began" in home
    assert "Pictures that wait for your choice" not in home
    assert reverse("probe", args=[probe.pk]) in home
    text = page_of(there, probe)
    assert WORDS in text
    assert "Court of Harbour, 12/2026" in text
    assert f'name="galleries" value="{gallery.pk}"' in text
    form = there.get(reverse("probe", args=[probe.pk])).context["form"]
    kept = {name: form[name].value() for name in ("galleries", "basis", "limit", "face")}
    galleries = [str(gallery.pk)]
    assert kept == {"galleries": galleries, "basis": "authorized", "limit": "7", "face": "1"}
    assert "Saved at" in text
    with CaptureQueriesContext(connection) as queries:
        page_of(there, probe)
    assert len(queries) <= 25

    (row,) = drafts()
    assert WORDS.encode() not in bytes(row["entered_sealed"])
    assert row["owner_id"] == ana.pk


def test_the_last_saving_counts_and_the_record_has_the_beginning_alone(
    ana: User, probe: Probe, gallery: Gallery
) -> None:
    here, there = browser_of(ana), browser_of(ana)
    save(here, probe, entered(probe, gallery))
    save(there, probe, entered(probe, gallery, reason="From the other window", face=""))
    save(here, probe, entered(probe, gallery, reason="Written last of all", facts=""))
    draft = SearchDraft.objects.get()
    assert entered_in(draft)["reason"] == "Written last of all"
    assert acts() == ["draft.begun"]
    entry = AuditEntry.objects.get(action="draft.begun")
    assert entry.data == {"case": str(probe.case_id), "probe": str(probe.pk)}
    assert entry.content_digest == ""


def test_without_javascript_a_button_saves_and_leads_home(
    ana: User, case: Case, probe: Probe, gallery: Gallery
) -> None:
    client = browser_of(ana)
    assert "Save and go on later" in page_of(client, probe)
    values = entered(probe, gallery)
    answer = client.post(reverse("probe_draft", args=[probe.pk]), values, follow=True)
    assert answer.redirect_chain == [(reverse("home"), 302)]
    assert "You can go on with it here" in answer.content.decode()
    # Beside the picture that is not uploaded yet it is the same, on both pages with that form.
    half = {"capture_place": "Entrance of the bank", "capture_kind": "cctv", "captured_on": ""}
    client.post(reverse("probe_new_draft", args=[case.pk]), half)
    for name in ("probe_new", "case"):
        text = client.get(reverse(name, args=[case.pk])).content.decode()
        assert "Entrance of the bank" in text
    assert "No picture yet" in client.get(reverse("drafts")).content.decode()
    assert SearchDraft.objects.count() == 2


def test_a_face_of_a_changed_picture_is_not_carried_over(
    ana: User, probe: Probe, gallery: Gallery
) -> None:
    client, before = browser_of(ana), entered(probe, gallery)
    save(client, probe, before)
    turn_probe(actor=command_actor("test", probe.agency_id), probe=probe, quarter_turns=1)
    analyse_probe(probe.pk)
    probe.refresh_from_db()
    answer = client.get(reverse("probe", args=[probe.pk]))
    assert answer.context["chosen"] is None or len(probe.faces) == 1
    text = answer.content.decode()
    assert "Choose the face again" in text
    assert WORDS in text
    # Nor does a window that still shows the old picture bring it back.
    save(client, probe, before)
    values, left_out = initial_for(probe, entered_in(SearchDraft.objects.get()))
    assert (values.get("face"), left_out) == (None, True)


# --- One's own alone -----------------------------------------------------------------------------


def test_nobody_else_sees_or_touches_it(ana: User, bob: User, probe: Probe, alder: Agency) -> None:
    draft = make_draft(probe, ana, reason=WORDS)
    before, discard = drafts(), reverse("draft_discard", args=[draft.pk])
    others = {
        "supervisor": [Role.SUPERVISOR],
        "all": list(Role),
        "examiner": [Role.EXAMINER],
        "colleague": [Role.ANALYST],
    }
    for name, roles in others.items():
        user = join(alder, f"{name}@alder.example", name, *roles)
        if name == "colleague":
            CaseMember.objects.create(case=probe.case, user_id=user.pk, label="x")
        client = browser_of(user)
        assert client.get(discard).status_code == client.post(discard).status_code == 403
        for page in ("home", "work"):
            assert (
                reverse("draft_discard", args=[draft.pk])
                not in client.get(reverse(page)).content.decode()
            ), (name, page)
        if name == "colleague":
            assert WORDS not in page_of(client, probe)
            assert "begun no search" in client.get(reverse("drafts")).content.decode()
    stranger = browser_of(bob)
    assert stranger.get(discard).status_code == stranger.post(discard).status_code == 404
    assert stranger.post(reverse("probe_draft", args=[probe.pk])).status_code == 404
    with scope(alder.pk):
        assert drafts() == before
        assert acts() == ["draft.begun"]


def test_two_analysts_have_two_drafts_of_one_picture(
    ana: User, alder: Agency, probe: Probe, gallery: Gallery
) -> None:
    other = join(alder, "other@alder.example", "Other", Role.ANALYST)
    CaseMember.objects.create(case=probe.case, user_id=other.pk, label="x")
    save(browser_of(ana), probe, entered(probe, gallery))
    save(browser_of(other), probe, entered(probe, gallery, reason="Quite another reason"))
    assert WORDS in page_of(browser_of(ana), probe)
    assert "Quite another reason" in page_of(browser_of(other), probe)
    make_search(probe, [gallery], run=False, actor=None)  # by the operator: nobody's draft
    assert SearchDraft.objects.count() == 2


# --- Its end -------------------------------------------------------------------------------------


def submit(probe: Probe, gallery: Gallery, client: Client, key: uuid.UUID) -> None:
    values = entered(probe, gallery, submission_key=key) | GROUNDS_FIELDS
    answer = client.post(reverse("probe", args=[probe.pk]), values)
    assert answer.status_code == 302
    assert Search.objects.count() == 1


def test_submitted_it_is_gone_and_a_late_saving_brings_nothing_back(
    ana: User, probe: Probe, gallery: Gallery
) -> None:
    client, key = browser_of(ana), uuid.uuid4()
    save(client, probe, entered(probe, gallery, submission_key=key))
    submit(probe, gallery, client, key)
    assert drafts() == []
    late = save(client, probe, entered(probe, gallery, submission_key=key))
    assert "Saved" not in late.content.decode()
    assert drafts() == []
    save(client, probe, entered(probe, gallery))  # another search with the same picture
    assert len(drafts()) == 1


def test_uploaded_the_draft_beside_the_picture_is_gone(ana: User, case: Case) -> None:
    client, key = browser_of(ana), uuid.uuid4()
    address = reverse("probe_new_draft", args=[case.pk])
    client.post(address, {**CAPTURE_FIELDS, "submission_key": key}, headers=HTMX)
    assert len(drafts()) == 1
    from django.core.files.uploadedfile import SimpleUploadedFile

    picture = SimpleUploadedFile("x.jpg", person_jpeg(1))
    values = {**CAPTURE_FIELDS, "submission_key": key, "picture": picture}
    assert client.post(reverse("probe_new", args=[case.pk]), values).status_code == 302
    client.post(address, {**CAPTURE_FIELDS, "submission_key": key}, headers=HTMX)
    assert drafts() == []


def close(probe: Probe, ana: User) -> None:
    actor = command_actor("test", probe.agency_id)
    close_case(actor=actor, case=probe.case, reason="Nothing is left to do")


def leave(probe: Probe, ana: User) -> None:
    member = CaseMember.objects.get(case=probe.case, user_id=ana.pk)
    end_member(actor=command_actor("test", probe.agency_id), member=member)


def erase(probe: Probe, ana: User) -> None:
    with transaction.atomic():
        assert erase_probe(probe.pk)


def expire(probe: Probe, ana: User) -> None:
    later = timezone.localdate() + timedelta(days=100)
    actor = command_actor("test", probe.agency_id)
    assert expire_probe(actor=actor, probe=probe, today=later, time_zone="UTC")


@pytest.mark.parametrize("end", [close, leave, erase, expire])
def test_it_goes_with_its_case_and_its_picture(
    end: Callable[[Probe, User], None], ana: User, probe: Probe, gallery: Gallery
) -> None:
    make_draft(probe, ana)
    end(probe, ana)
    assert drafts() == []
    client = browser_of(ana)
    values = entered(probe, gallery)
    answer = client.post(reverse("probe_draft", args=[probe.pk]), values, headers=HTMX)
    if answer.status_code == 200:  # otherwise the case is out of sight
        assert "Not saved." in answer.content.decode()
    assert drafts() == []
    if end in (close, erase):
        with pytest.raises(DatabaseError, match="draft_"), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO searches_searchdraft (id, agency_id, owner_id, case_id, probe_id,"
                    " entered_sealed) VALUES (gen_random_uuid(), %s, %s, %s, %s, 'x')",
                    [probe.agency_id, ana.pk, probe.case_id, probe.pk],
                )


def test_a_draft_stays_its_owners(ana: User, probe: Probe) -> None:
    make_draft(probe, ana)
    with pytest.raises(DatabaseError, match="draft_fixed"), transaction.atomic():
        SearchDraft.objects.update(owner_id=ana.pk + 1)


def test_thrown_away_only_after_it_was_asked(ana: User, probe: Probe) -> None:
    draft, client = make_draft(probe, ana), browser_of(ana)
    address = reverse("draft_discard", args=[draft.pk])
    assert "is removed for good" in client.get(address).content.decode()
    assert len(drafts()) == 1
    answer = client.post(address, follow=True)
    assert "The draft was discarded" in answer.content.decode()
    assert (drafts(), acts()) == ([], ["draft.begun", "draft.discarded"])
    assert AuditEntry.objects.get(action="draft.discarded").data["cause"] == "by_hand"
    assert Probe.objects.get().file_key  # the picture stays


def test_nobody_went_on_with_it_for_as_long_as_probes_are_kept(
    ana: User, probe: Probe, settings: Any
) -> None:
    make_draft(probe, ana)
    actor = command_actor("test", probe.agency_id)
    assert discard_old_drafts(actor) == 0
    since = timezone.now() - timedelta(days=settings.PROBE_DAYS, minutes=1)
    SearchDraft.objects.update(saved_at=since)
    assert discard_old_drafts(actor) == 1
    assert AuditEntry.objects.get(action="draft.discarded").data["cause"] == "age"
