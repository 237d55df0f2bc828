"""What a search and an enrolled picture cost: one for a result, nothing for anything else."""

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.access import files_of
from accounts.actor import command_actor
from accounts.licensing import local_day
from accounts.models import (
    Agency,
    AgencyState,
    Kind,
    QuotaCounter,
    QuotaReservation,
    ReservationState,
    UsageEntry,
    User,
)
from accounts.purposes import Purpose, SourceKind
from accounts.services import quota
from accounts.services.agencies import create_agency
from accounts.services.licenses.drafting import amend
from accounts.services.licenses.signing import sign_version
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.engines.synthetic import draw_empty
from searches.faults import Fault
from searches.images import encode_jpeg
from searches.models import (
    Basis,
    Case,
    Enrolment,
    FaceImage,
    Gallery,
    JobState,
    Probe,
    Search,
    SearchedGallery,
    Stage,
    Subject,
)
from searches.services import sweeping
from searches.services.enrolment import run_enrolment
from searches.services.metering import terms_for_enrolment
from searches.services.searching import run_search, submit_search
from tests.factories import (
    GROUNDS_FIELDS,
    PDF,
    make_case,
    make_enrolment,
    make_gallery,
    make_grounds,
    make_image,
    make_license,
    make_probe,
    make_search,
    person_jpeg,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]


@pytest.fixture
def case(in_alder: Agency) -> Case:
    return make_case(in_alder)


@pytest.fixture
def gallery(in_alder: Agency) -> Gallery:
    return make_gallery(in_alder)


@pytest.fixture
def probe(case: Case) -> Probe:
    return make_probe(case, person_jpeg(1))


def counted(kind: Kind = Kind.SEARCH) -> tuple[int, int]:
    """Reserved and used, of the term or of what is held at present."""
    period = "term" if kind == Kind.SEARCH else "standing"
    row = QuotaCounter.objects.filter(kind=kind, period=period).order_by("-id").first()
    return (row.reserved, row.used) if row else (0, 0)


def states() -> list[str]:
    return list(QuotaReservation.objects.order_by("made_at").values_list("state", flat=True))


def test_a_search_is_reserved_when_submitted_and_used_with_its_result(
    probe: Probe, gallery: Gallery
) -> None:
    search = make_search(probe, [gallery], run=False, purpose=Purpose.IDENTITY_FRAUD)
    assert counted() == (1, 0)
    run_search(search.pk)
    assert counted() == (0, 1)
    entry = UsageEntry.objects.get(kind=Kind.SEARCH)
    assert (entry.quantity, entry.purpose) == (1, Purpose.IDENTITY_FRAUD)
    assert str(search.pk) not in str(entry.__dict__)


def test_a_search_that_fails_costs_nothing(probe: Probe, gallery: Gallery) -> None:
    search = make_search(probe, [gallery], run=False)
    files_of(probe.agency_id).delete(probe.file_key)
    run_search(search.pk)
    search.refresh_from_db()
    assert search.state == JobState.FAILED
    assert (counted(), states()) == ((0, 0), [ReservationState.RELEASED])
    assert not UsageEntry.objects.exists()


def test_a_search_that_is_given_up_costs_nothing(probe: Probe, gallery: Gallery) -> None:
    search = make_search(probe, [gallery], run=False)
    Search.objects.filter(pk=search.pk).update(attempts=settings.JOB_MAX_ATTEMPTS)
    run_search(search.pk)
    search.refresh_from_db()
    assert search.failure_code == "gave_up"
    assert (counted(), states()) == ((0, 0), [ReservationState.RELEASED])


def test_a_search_that_is_tried_again_costs_one(
    probe: Probe, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = make_search(probe, [gallery], run=False)
    with monkeypatch.context() as broken:
        broken.setattr("searches.services.contracts.embed_face", _engine_away)
        with pytest.raises(ConnectionError):
            run_search(search.pk)
    assert counted() == (1, 0)
    run_search(search.pk)
    run_search(search.pk)  # the bell rang once more
    search.refresh_from_db()
    assert (search.state, search.attempts) == (JobState.DONE, 2)
    assert counted() == (0, 1)


def _engine_away(*args: object, **by: object) -> None:
    raise ConnectionError


def test_a_form_sent_twice_costs_one(probe: Probe, gallery: Gallery) -> None:
    key = uuid.uuid4()
    for _ in range(2):
        submit_search(
            actor=command_actor("test", probe.agency_id),
            probe=probe,
            face_index=0,
            galleries=[gallery],
            grounds=make_grounds(purpose=Purpose.MISSING_PERSON),
            submission_key=key,
        )
    assert counted() == (1, 0)


def test_a_refused_submission_leaves_nothing(probe: Probe, gallery: Gallery) -> None:
    make_license(Agency.objects.get(pk=probe.agency_id), searches_per_month=1)
    make_search(probe, [gallery], run=False)
    before = (Search.objects.count(), AuditEntry.objects.count(), counted(), states())
    with pytest.raises(Fault) as refused:
        make_search(probe, [gallery], run=False)
    assert refused.value.code == "quota_used_up"
    assert (Search.objects.count(), AuditEntry.objects.count(), counted(), states()) == before


def test_without_its_reservation_a_search_gives_no_result(probe: Probe, gallery: Gallery) -> None:
    search = make_search(probe, [gallery], run=False)
    quota.expire(key=f"search:{search.pk}")
    run_search(search.pk)
    search.refresh_from_db()
    assert (search.state, search.failure_code) == (JobState.FAILED, "reservation_ended")
    assert search.candidates.count() == 0
    assert not UsageEntry.objects.exists()


# --- Purposes and galleries -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("purpose", "code"),
    [
        ("immigration_status", "purpose_unknown"),
        ("", "purpose_unknown"),
        (Purpose.MISSING_PERSON, "purpose_not_licensed"),
    ],
)
def test_other_purposes_are_refused(
    in_alder: Agency, probe: Probe, gallery: Gallery, purpose: str, code: str
) -> None:
    make_license(in_alder, purposes=[Purpose.IDENTITY_FRAUD])
    with pytest.raises(Fault) as refused:
        make_search(probe, [gallery], purpose=purpose)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert not Search.objects.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE searches_search SET purpose = 'identity_fraud'",
        "UPDATE searches_search SET purpose = ''",
        "UPDATE searches_search SET purpose = 'protest'",
    ],
)
def test_the_purpose_of_a_search_never_changes(
    probe: Probe, gallery: Gallery, statement: str
) -> None:
    make_search(probe, [gallery], run=False)
    with pytest.raises(DatabaseError, match="purpose"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.parametrize("purpose", ["", "protest"])
def test_the_database_takes_no_search_without_a_purpose(
    probe: Probe, gallery: Gallery, purpose: str
) -> None:
    with pytest.raises(DatabaseError, match="purpose"), transaction.atomic():
        search = Search(
            case_id=probe.case_id,
            probe=probe,
            face_index=0,
            purpose=purpose,
            basis=Basis.INITIAL_IDENTIFICATION,
            requested_by_label="nobody",
        )
        search.reason, search.facts = "It was asked for", "There are some"
        search.save(force_insert=True)


def test_only_the_galleries_of_the_license_are_searched(
    in_alder: Agency, probe: Probe, gallery: Gallery
) -> None:
    other = make_gallery(in_alder, "Other")
    make_license(in_alder, galleries=[gallery.pk])
    with pytest.raises(Fault) as refused:
        make_search(probe, [gallery, other])
    assert refused.value.code == "gallery_not_licensed"
    assert make_search(probe, [gallery]).state == JobState.DONE


# --- Kinds of source ------------------------------------------------------------------------------


@pytest.fixture
def documents(in_alder: Agency) -> Gallery:
    return make_gallery(in_alder, "Documents", SourceKind.IDENTITY_DOCUMENTS)


def test_only_galleries_of_a_licensed_kind_are_searched_and_enrolled_into(
    in_alder: Agency, probe: Probe, gallery: Gallery, documents: Gallery
) -> None:
    make_license(in_alder, source_kinds=[SourceKind.ARREST_PHOTOGRAPHS])
    for refused_act in (
        lambda: make_search(probe, [gallery, documents], run=False),
        lambda: make_enrolment(documents, "P-1", person_jpeg(1)),
        lambda: make_image(documents, "P-1"),  # as `manage.py enroll` does
    ):
        with pytest.raises(Fault) as refused:
            refused_act()
        assert refused.value.code == "source_kind_not_licensed"
    assert [model.objects.count() for model in (Search, Enrolment, Subject)] == [0, 0, 0]
    assert (counted(), counted(Kind.FACE)) == ((0, 0), (0, 0))
    assert make_search(probe, [gallery]).state == JobState.DONE


@pytest.fixture
def narrowed(db: None) -> Iterator[Callable[[], None]]:
    """Opens the scope of an agency with one license; called, it grants arrest photographs only."""
    actor = command_actor("test", None)
    elm = create_agency(actor=actor, name="Elm Police", slug="elm", state=AgencyState.ACTIVE)
    license = make_license(elm).license

    def narrow() -> None:
        draft = amend(
            actor=actor,
            license=license,
            change_note="Fewer kinds of source",
            effective_on=local_day(timezone.now(), elm.time_zone),
            source_kinds=[SourceKind.ARREST_PHOTOGRAPHS],
        )
        sign_version(actor=actor, version=draft)

    with scope(elm.pk):
        yield narrow


def test_the_database_refuses_a_kind_that_no_license_grants(
    narrowed: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    elm = Agency.objects.get(slug="elm")
    custody = make_gallery(elm)
    documents = make_gallery(elm, "Documents", SourceKind.IDENTITY_DOCUMENTS)
    # Not sealed yet: the galleries of a sealed search do not change, licensed or not.
    warrant: dict[str, Any] = {"basis": "authorized", "reference": "12/2026", "document": PDF}
    probe = make_probe(make_case(elm), person_jpeg(1))
    search = make_search(probe, [custody], run=False, **warrant)
    terms = terms_for_enrolment(documents)
    narrowed()
    monkeypatch.setattr("searches.services.enrolment.terms_for_enrolment", lambda _: terms)
    for past_the_service in (
        lambda: SearchedGallery.objects.create(search=search, gallery=documents),
        lambda: make_enrolment(documents, "P-1", person_jpeg(1)),
        lambda: make_image(documents, "P-1"),
    ):
        with (
            pytest.raises((IntegrityError, Fault), match="source_kind_not_licensed"),
            transaction.atomic(),
        ):
            past_the_service()
    SearchedGallery.objects.create(search=search, gallery=make_gallery(elm, "More"))


def test_what_an_enrolment_began_is_finished(narrowed: Callable[[], None]) -> None:
    elm = Agency.objects.get(slug="elm")
    documents = make_gallery(elm, "Documents", SourceKind.IDENTITY_DOCUMENTS)
    enrolment = make_enrolment(documents, "P-1", person_jpeg(1))
    narrowed()
    run_enrolment(enrolment.pk)
    enrolment.refresh_from_db()
    assert (enrolment.state, counted(Kind.FACE)) == (JobState.DONE, (0, 1))


@pytest.mark.parametrize("kind", ["identity_documents", "social_media", ""])
def test_the_kind_of_a_gallery_never_changes(gallery: Gallery, kind: str) -> None:
    with pytest.raises(IntegrityError, match="source"), transaction.atomic():
        Gallery.objects.filter(pk=gallery.pk).update(source_kind=kind)


@pytest.mark.parametrize("kind", ["social_media", ""])
def test_there_is_no_gallery_of_another_kind(in_alder: Agency, kind: str) -> None:
    with pytest.raises(ValidationError):
        make_gallery(in_alder, kind=kind)  # type: ignore[arg-type]
    with pytest.raises(IntegrityError, match="gallery_source_kind"), transaction.atomic():
        Gallery.objects.create(name="X", source="s", legal_basis="b", source_kind=kind)


def test_the_pages_ask_for_the_kind_show_it_and_offer_what_is_licensed(
    client: Client, in_alder: Agency, ada: User, ana: User, probe: Probe, documents: Gallery
) -> None:
    client.force_login(ada)
    form = {"name": "Custody", "source": "S", "legal_basis": "L", "retention_days": 9}
    form["purposes"] = ["missing_person"]
    asked = client.post(reverse("gallery_new"), form)
    assert (asked.status_code, "source_kind" in asked.context["form"].errors) == (422, True)
    made = client.post(reverse("gallery_new"), form | {"source_kind": "arrest_photographs"})
    assert "Arrest photographs" in client.get(made.url).content.decode()  # type: ignore[attr-defined]
    make_license(in_alder, source_kinds=[SourceKind.ARREST_PHOTOGRAPHS])
    client.force_login(ana)
    page = client.get(reverse("probe", args=[probe.pk])).content.decode()
    assert str(Gallery.objects.get(name="Custody").pk) in page
    assert str(documents.pk) not in page


# --- Enrolled faces -------------------------------------------------------------------------------


def test_an_enrolment_is_used_with_its_picture_or_given_back(gallery: Gallery) -> None:
    good = make_enrolment(gallery, "P-1", person_jpeg(1))
    bad = make_enrolment(gallery, "P-2", encode_jpeg(draw_empty(3, size=320)))
    assert counted(Kind.FACE) == (2, 0)
    run_enrolment(good.pk)
    run_enrolment(bad.pk)
    assert FaceImage.objects.count() == 1
    assert counted(Kind.FACE) == (0, 1)


def test_faces_beyond_the_license_are_not_enrolled(in_alder: Agency, gallery: Gallery) -> None:
    make_license(in_alder, faces=1)
    make_image(gallery, "P-1")  # as `manage.py enroll` does
    for enrol in (
        lambda: make_image(gallery, "P-2"),
        lambda: make_enrolment(gallery, "P-2", person_jpeg(2)),
    ):
        with pytest.raises(Fault) as refused:
            enrol()
        assert refused.value.code == "quota_used_up"
    assert (FaceImage.objects.count(), Enrolment.objects.count()) == (1, 0)
    assert counted(Kind.FACE) == (0, 1)


# --- The sweeper ----------------------------------------------------------------------------------


def late(monkeypatch: pytest.MonkeyPatch) -> int:
    """Sweep as if the reservations had been made two days ago."""
    after = timezone.now() + timedelta(days=2)
    monkeypatch.setattr("searches.services.sweeping.timezone.now", lambda: after)
    return sweeping.settle_reservations()


def test_the_sweeper_ends_what_nobody_finished(
    probe: Probe, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed, waiting = (make_search(probe, [gallery], run=False) for _ in range(2))
    assert sweeping.settle_reservations() == 0  # none of them is late yet
    closed = {"state": JobState.FAILED, "stage": Stage.FAILED, "failure_code": "gave_up"}
    Search.objects.filter(pk=failed.pk).update(**closed)
    assert late(monkeypatch) == 1
    assert counted() == (1, 0)
    monkeypatch.undo()
    run_search(waiting.pk)  # late, and still good
    assert counted() == (0, 1)


# --- The page -------------------------------------------------------------------------------------


def test_the_page_offers_the_licensed_purposes_and_says_what_is_left(
    client: Client, in_alder: Agency, ana: User, probe: Probe, gallery: Gallery
) -> None:
    make_license(
        in_alder,
        searches_per_month=2,
        purposes=[Purpose.MISSING_PERSON, Purpose.VICTIM_IDENTIFICATION],
    )
    client.force_login(ana)
    page = client.get(reverse("probe", args=[probe.pk])).content.decode()
    assert "2 of 2 searches are left this month." in page
    assert 'value="missing_person"' in page
    assert 'value="identity_fraud"' not in page
    assert "2 of 2 searches are left this month." in client.get(reverse("home")).content.decode()


def test_at_the_limit_the_page_says_what_happened_and_who_can_act(
    client: Client, in_alder: Agency, ana: User, probe: Probe, gallery: Gallery
) -> None:
    make_license(in_alder, searches_per_month=1)
    client.force_login(ana)
    address = reverse("probe", args=[probe.pk])
    form = {"face": 0, "galleries": [gallery.pk], "purpose": "missing_person", "limit": 20}
    form |= GROUNDS_FIELDS
    first = client.post(address, form | {"submission_key": uuid.uuid4()})
    assert first.status_code == 302
    second = client.post(address, form | {"submission_key": uuid.uuid4()})
    assert second.status_code == 422
    text = second.content.decode()
    assert "quota_used_up" in text
    assert "The count begins anew on" in text
    assert "admins of your agency" in text
    assert "Search this face" not in text
    assert Search.objects.count() == 1


def test_a_missing_purpose_is_asked_for(
    client: Client, ana: User, probe: Probe, gallery: Gallery
) -> None:
    client.force_login(ana)
    form = {"face": 0, "galleries": [gallery.pk], "limit": 20, "submission_key": uuid.uuid4()}
    answer = client.post(reverse("probe", args=[probe.pk]), form)
    assert answer.status_code == 422
    assert b"Say what the search is for." in answer.content
    assert not Search.objects.exists()
