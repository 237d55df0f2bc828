"""Pages of quality, hygiene and reviews: what they show, what they refuse, what they ask for."""

import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.actor import command_actor
from accounts.models import Agency, User
from galleries.models import HygieneRun, ReviewItem, ReviewKind, ReviewState
from galleries.services.hygiene import run_hygiene
from galleries.services.moving import merge_subjects
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from searches.models import DuplicateCheck, Enrolment, FaceImage, Gallery, JobState, Subject
from searches.quality_advice import MEASURES
from searches.services.enrolment import run_enrolment
from tests.factories import make_enrolment, make_gallery, person_jpeg
from tests.galleries.helpers import checking, enrolled, held
from tests.galleries.test_reviews import finding

pytestmark = pytest.mark.usefixtures("bells")


@pytest.fixture
def gallery(in_alder: Agency) -> Gallery:
    return checking(make_gallery(in_alder))


@pytest.fixture
def clerk(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def visitor(ana: User) -> Client:
    made = Client()
    made.force_login(ana)
    return made


def settings_form(**changed: object) -> dict[str, object]:
    usual: dict[str, object] = {"duplicate_check": "published", "duplicate_similarity": ""}
    for measure in MEASURES:
        least, most = measure.limit.as_json()
        usual[f"{measure.name}_least"] = "" if least is None else least
        usual[f"{measure.name}_most"] = "" if most is None else most
    return usual | changed


# --- The queue ----------------------------------------------------------------------------------


def test_the_queue_lists_and_filters(gallery: Gallery, clerk: Client) -> None:
    a, b = enrolled(gallery, "A-1", 0), enrolled(gallery, "B-1", 60)
    finding(a, b, ReviewKind.DUPLICATE)
    held(gallery, "H-1", 5)
    page = clerk.get(reverse("gallery_reviews")).content.decode()
    assert page.index("H-1") < page.index("B-1"), "held pictures come first"
    only = clerk.get(reverse("gallery_reviews"), {"kind": "duplicate"}).content.decode()
    assert "H-1" not in only
    assert "A-1" in only
    none = clerk.get(reverse("gallery_reviews"), {"gallery": str(uuid.uuid4())})
    assert "A-1" not in none.content.decode()
    odd = clerk.get(
        reverse("gallery_reviews"), {"kind": "x", "state": "y", "gallery": "z", "page": "-3"}
    )
    assert odd.status_code == 200


def test_a_review_is_shown_side_by_side_and_recorded(gallery: Gallery, clerk: Client) -> None:
    enrolled(gallery, "A-1", 0)
    item = held(gallery, "H-1", 5)
    response = clerk.get(reverse("gallery_review", args=[item.pk]))
    page = response.content.decode()
    assert response.status_code == 200
    assert reverse("gallery_review_picture", args=[item.pk]) in page
    assert reverse("portrait", args=[item.other_image_id]) in page
    assert "0.996" in page
    assert "cosine, made up" in page
    assert "%" not in page.partition("<main")[2].partition("</main>")[0]
    assert AuditEntry.objects.filter(action=Action.GALLERY_REVIEW_VIEWED).count() == 1


def test_deciding_goes_on_to_the_next(gallery: Gallery, clerk: Client) -> None:
    enrolled(gallery, "A-1", 0)
    first, second = held(gallery, "H-1", 5), held(gallery, "H-2", 8)
    address = reverse("gallery_review", args=[first.pk])
    response = clerk.post(address, {"decision": "enrol"})
    assert response["Location"].startswith(reverse("gallery_review", args=[second.pk]))
    last = clerk.post(reverse("gallery_review", args=[second.pk]), {"decision": "discard"})
    assert last["Location"].startswith(reverse("gallery_reviews"))
    states = {job.reference: job.state for job in Enrolment.objects.all()}
    assert states == {"H-1": JobState.QUEUED, "H-2": JobState.FAILED}
    assert clerk.get(address).status_code == 200  # decided: it says so
    assert clerk.get(reverse("gallery_review_picture", args=[second.pk])).status_code == 404


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({}, "required"),
        ({"decision": "identify"}, "invalid_choice"),
        ({"decision": "enrol"}, "review_no_such_decision"),
        ({"decision": "merge"}, "review_reason_missing"),
        ({"decision": "merge", "reason": "x" * 2001}, "max_length"),
    ],
)
def test_what_is_not_a_decision(
    gallery: Gallery, clerk: Client, sent: dict[str, str], code: str
) -> None:
    a, b = enrolled(gallery, "A-1", 0), enrolled(gallery, "B-1", 60)
    item = finding(a, b, ReviewKind.DUPLICATE)
    response = clerk.post(reverse("gallery_review", args=[item.pk]), sent)
    assert response.status_code == 422
    assert code in response.content.decode()
    item.refresh_from_db()
    assert item.is_open


def test_keeping_many_asks_first(gallery: Gallery, clerk: Client) -> None:
    a, b, c = (enrolled(gallery, f"{n}-1", turn) for n, turn in (("A", 0), ("B", 60), ("C", 120)))
    items = [finding(a, b, ReviewKind.DUPLICATE), finding(c, None, ReviewKind.OUTLIER)]
    waiting = held(gallery, "H-1", 5)
    keys = [str(item.pk) for item in [*items, waiting]]
    asked = clerk.post(reverse("gallery_reviews_keep"), {"item": [*keys, "x"]})
    assert asked.status_code == 200
    assert "H-1" not in asked.content.decode(), "a held picture is not kept in passing"
    assert not ReviewItem.objects.filter(state=ReviewState.DECIDED).exists()
    clerk.post(reverse("gallery_reviews_keep"), {"item": keys, "confirmed": "yes"})
    decided = ReviewItem.objects.filter(state=ReviewState.DECIDED)
    assert {item.decision for item in decided} == {"keep"}
    assert decided.count() == 2
    nothing = clerk.post(reverse("gallery_reviews_keep"), {"item": keys})
    assert "You ticked no open finding" in nothing.content.decode()


def test_who_sees_and_decides(gallery: Gallery, ana: User, eli: User, bob: User) -> None:
    a, b = enrolled(gallery, "A-1", 0), enrolled(gallery, "B-1", 60)
    item = finding(a, b, ReviewKind.DUPLICATE)
    address = reverse("gallery_review", args=[item.pk])
    expected = {ana: (200, 403), eli: (403, 403), bob: (404, 404)}
    for person, (seen, decided) in expected.items():
        client = Client()
        client.force_login(person)
        assert client.get(address).status_code == seen, person
        sent = {"decision": "merge", "reason": "Same person"}
        assert client.post(address, sent).status_code == decided, person
        keep = client.post(reverse("gallery_reviews_keep"), {"item": [item.pk], "confirmed": "yes"})
        assert keep.status_code in (403, 302), person
    item.refresh_from_db()
    assert item.is_open


# --- Hygiene ------------------------------------------------------------------------------------


def test_a_run_is_started_and_reported(gallery: Gallery, clerk: Client, models: object) -> None:
    enrolled(gallery, "A-1", 0)
    Gallery.objects.update(duplicate_check=DuplicateCheck.OFF)
    gallery.refresh_from_db()
    enrolled(gallery, "B-1", 5)
    checking(gallery)
    address = reverse("gallery_hygiene", args=[gallery.pk])
    before = clerk.get(address).content.decode()
    assert "No run was made" in before
    assert "1 picture was enrolled without being compared" in before
    key = str(uuid.uuid4())
    assert clerk.post(address, {"submission_key": key}).status_code == 302
    assert clerk.post(address, {"submission_key": key}).status_code == 302
    run = HygieneRun.objects.get()
    assert 'hx-trigger="every' in clerk.get(address).content.decode()
    refused = clerk.post(address, {"submission_key": str(uuid.uuid4())})
    assert refused.status_code == 422
    assert "hygiene_running" in refused.content.decode()
    run_hygiene(run.pk)
    after = clerk.get(address).content.decode()
    assert "from 0.900 on" in after
    assert f"gallery={gallery.pk}&amp;kind=duplicate" in after
    part = clerk.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part


def test_only_who_manages_galleries_starts_a_run(gallery: Gallery, visitor: Client) -> None:
    enrolled(gallery, "A-1", 0)
    address = reverse("gallery_hygiene", args=[gallery.pk])
    assert visitor.get(address).status_code == 200
    assert visitor.post(address).status_code == 403
    assert not HygieneRun.objects.exists()


# --- Settings -----------------------------------------------------------------------------------


def test_settings_are_changed_on_record(gallery: Gallery, clerk: Client) -> None:
    enrolled(gallery, "A-1", 0)
    gallery.refresh_from_db()
    address = reverse("gallery_quality", args=[gallery.pk])
    form = settings_form(
        duplicate_check="own", duplicate_similarity="0.97", eye_distance_least="40", yaw_most=""
    )
    assert clerk.post(address, form).status_code == 302
    row = Gallery.objects.get()
    assert (row.duplicate_check, row.duplicate_similarity) == ("own", 0.97)
    assert row.duplicate_contract_id == gallery.contract_id
    assert row.quality_limits == {"eye_distance": [40.0, None], "yaw": [None, None]}
    entry = AuditEntry.objects.get(action=Action.GALLERY_QUALITY_CHANGED)
    assert entry.data["after"]["similarity"] == "0.9700"
    assert entry.data["before"]["limits"]["eye_distance"] == "90.0.."
    clerk.post(address, form)
    assert AuditEntry.objects.filter(action=Action.GALLERY_QUALITY_CHANGED).count() == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"duplicate_check": "own"},
        {"duplicate_check": "own", "duplicate_similarity": "2"},
        {"duplicate_check": "everything"},
        {"head_size_least": "0.9", "head_size_most": "0.1"},
        {"sharpness_least": "much"},
    ],
)
def test_settings_that_are_none(
    gallery: Gallery, clerk: Client, changed: dict[str, object]
) -> None:
    response = clerk.post(reverse("gallery_quality", args=[gallery.pk]), settings_form(**changed))
    assert response.status_code == 422
    assert not AuditEntry.objects.filter(action=Action.GALLERY_QUALITY_CHANGED).exists()


# --- Subjects -----------------------------------------------------------------------------------


def test_the_best_picture_represents_its_subject(
    in_alder: Agency, clerk: Client, models: object
) -> None:
    gallery = make_gallery(in_alder)
    for picture, size in ((0, 200), (1, 400), (2, 200)):
        run_enrolment(make_enrolment(gallery, "P-1", person_jpeg(4, picture, size)).pk)
    subject = Subject.objects.get()
    best = FaceImage.objects.order_by("-rank").first()
    worst = FaceImage.objects.order_by("rank").first()
    assert best is not None
    assert worst is not None
    assert subject.best_image_id == best.pk
    tile = clerk.get(reverse("gallery", args=[gallery.pk])).content.decode()
    assert reverse("portrait", args=[best.pk]) in tile
    page = clerk.get(reverse("subject", args=[subject.pk])).content.decode()
    assert "Represents the subject" in page
    assert "The face is small" in page
    address = reverse("subject_best", args=[subject.pk])
    clerk.post(address, {"image": str(worst.pk)})
    subject.refresh_from_db()
    assert (subject.best_image_id, subject.best_is_pinned) == (worst.pk, True)
    run_enrolment(make_enrolment(gallery, "P-1", person_jpeg(4, 5, 480)).pk)
    subject.refresh_from_db()
    assert subject.best_image_id == worst.pk, "a pinned picture stays"
    clerk.post(address)
    subject.refresh_from_db()
    assert not subject.best_is_pinned
    assert subject.best_image_id == FaceImage.objects.order_by("-rank").first().pk  # type: ignore[union-attr]
    assert AuditEntry.objects.filter(action=Action.SUBJECT_BEST_SET).count() == 2


def test_another_subjects_picture_cannot_represent(gallery: Gallery, clerk: Client) -> None:
    a, b = enrolled(gallery, "A-1", 0), enrolled(gallery, "B-1", 60)
    clerk.post(reverse("subject_best", args=[a.subject_id]), {"image": str(b.pk)})
    a.subject.refresh_from_db()
    assert a.subject.best_image_id == a.pk
    assert not AuditEntry.objects.filter(action=Action.SUBJECT_BEST_SET).exists()


def test_pictures_of_before_there_were_measures(gallery: Gallery, clerk: Client) -> None:
    image = enrolled(gallery, "A-1", 0)
    assert image.measures == {}
    page = clerk.get(reverse("subject", args=[image.subject_id]))
    assert page.status_code == 200
    assert "Between the eyes" in page.content.decode()


def test_the_page_of_a_merged_subject_is_the_others(gallery: Gallery, clerk: Client) -> None:
    a, b = enrolled(gallery, "A-1", 0), enrolled(gallery, "B-1", 60)
    actor = command_actor("test", gallery.agency_id)
    merge_subjects(actor=actor, subject=a.subject, into=b.subject)
    page = clerk.get(reverse("subject", args=[a.subject_id])).content.decode()
    assert "B-1" in page
    listed = clerk.get(reverse("gallery", args=[gallery.pk])).content.decode()
    assert "A-1" not in listed
    assert "2 images" in listed


def test_an_enrolment_that_is_held_says_so(in_alder: Agency, clerk: Client, models: object) -> None:
    gallery = checking(make_gallery(in_alder), 0.975)
    jobs = [
        make_enrolment(gallery, name, person_jpeg(1, picture))
        for name, picture in (("A-1", 0), ("B-1", 1))
    ]
    for job in jobs:
        run_enrolment(job.pk)
    first = clerk.get(reverse("enrolment", args=[jobs[0].pk])).content.decode()
    assert "The face is small" in first
    second = clerk.get(reverse("enrolment", args=[jobs[1].pk])).content.decode()
    assert "held for review" in second
    assert "hx-trigger" not in second


def test_lists_ask_a_fixed_number_of_questions(gallery: Gallery, clerk: Client) -> None:
    counts = []
    Gallery.objects.update(duplicate_check=DuplicateCheck.OFF)
    gallery.refresh_from_db()
    for round_ in range(2):
        for number in range(4):
            a = enrolled(gallery, f"A-{round_}-{number}", 10 * number)
            b = enrolled(gallery, f"B-{round_}-{number}", 60)
            finding(a, b, ReviewKind.DUPLICATE)
        with CaptureQueriesContext(connection) as asked:
            clerk.get(reverse("gallery_reviews"))
        counts.append(len(asked))
    assert counts[0] == counts[1]
