"""Galleries, registers, subjects, pictures and reviews by a program."""

import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actor import command_actor
from accounts.models import Agency, Role
from accounts.permissions import Permission
from galleries.models import ReviewItem
from galleries.services.moving import merge_subjects
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.gallery_versions import version_of
from searches.models import Enrolment, FaceImage, Gallery, SourceRegister, Subject
from searches.services.enrolment import run_enrolment
from tests.api.caller import Caller, caller, code
from tests.factories import make_gallery, make_image, person_jpeg
from tests.galleries.cast_retention import clock_at
from tests.galleries.cast_reviews import full_reviews

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]
REGISTER = {"name": "Border register", "kind": "arrest_photographs", "legal_basis": "Act s. 2"}


@pytest.fixture
def gallery(alder: Agency) -> Gallery:
    with scope(alder.pk):
        return make_gallery(alder)


@pytest.fixture
def clerk(alder: Agency) -> Caller:
    return caller(alder, Role.ADMIN)


@pytest.fixture
def looking(alder: Agency) -> Caller:
    return caller(alder, Role.ANALYST, name="ana")


@pytest.fixture
def stranger(birch: Agency) -> Caller:
    return caller(birch, *Role, name="all")


def queries(calling: Caller, name: str, *args: Any) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert calling.get(name, *args).status_code == 200
    return len(asked)


def entries(agency: Agency, *actions: Action) -> int:
    with scope(agency.pk):
        return AuditEntry.objects.filter(action__in=actions).count()


# --- Galleries and registers ----------------------------------------------------------------------


def test_a_gallery_is_opened_with_its_register(alder: Agency, clerk: Caller) -> None:
    made = clerk.post("api_galleries", data={"name": "Arrests", "new_register": REGISTER})
    assert made.status_code == 201
    told = clerk.get("api_gallery", made.json()["id"])
    assert made["Location"] == told.request["PATH_INFO"]
    source = told.json()["holdings"]["sources"][0]
    assert (source["name"], source["images"]) == ("Border register", 0)
    other = clerk.post("api_galleries", data={"name": "More", "register": source["register"]})
    assert other.json()["legal_basis"] == "Act s. 2"
    for body, field, kind in (
        ({"name": "X"}, "register", "required"),
        ({"name": "X", "register": "Nowhere"}, "register", "does_not_exist"),
        ({"name": "X", "new_register": REGISTER | {"kind": "web"}}, "new_register.kind", None),
        ({"name": "Arrests", "register": "Border register"}, None, None),
        ({"name": "X", "register": "Border register", "retention_days": 0}, None, None),
    ):
        refused = clerk.post("api_galleries", data=body)
        assert code(refused) == (422, "input_invalid")
        error = refused.json()["errors"][0]
        assert field in (None, error["field"])
        assert kind in (None, error["code"])
    with scope(alder.pk):
        assert Gallery.objects.count() == 2
        assert SourceRegister.objects.count() == 1


def test_a_gallery_says_what_its_page_says(
    alder: Agency, gallery: Gallery, looking: Caller
) -> None:
    assert looking.get("api_gallery", gallery.pk).json()["engine"] is None
    with scope(alder.pk):
        make_image(gallery, "P-1")
        make_image(gallery, "P-1")
        digest = version_of(gallery.pk).digest
    told = looking.get("api_gallery", gallery.pk).json()
    assert (told["subjects"], told["images"], told["version"]) == (1, 2, digest)
    assert told["changed_at"]
    assert [one["images"] for one in told["holdings"]["expiries"]] == [0, 0, 0, 2]
    assert told["holdings"]["years"] == [{"year": 2026, "images": 2, "share": 100}]
    found = looking.get("api_galleries", query={"q": "custody reg"}).json()["results"]
    assert [one["images"] for one in found] == [2]
    assert looking.get("api_galleries", query={"q": "nothing"}).json()["results"] == []


def test_registers_are_added_changed_and_retired(
    alder: Agency, gallery: Gallery, clerk: Caller
) -> None:
    made = clerk.post("api_registers", data=REGISTER)
    assert made.status_code == 201
    pk = made.json()["id"]
    changed = clerk.call("patch", "api_register", pk, data={"agreement": "MoU 4"})
    assert changed.json() == made.json() | {"agreement": "MoU 4"}
    assert code(clerk.post("api_registers", data=REGISTER)) == (422, "input_invalid")
    added = clerk.post("api_gallery_sources", gallery.pk, data={"register": "Border register"})
    assert len(added.json()["holdings"]["sources"]) == 2
    removed = clerk.call("delete", "api_gallery_source", gallery.pk, pk)
    assert len(removed.json()["holdings"]["sources"]) == 1
    assert clerk.post("api_register_retire", pk).json()["retired_at"]
    refused = clerk.post("api_gallery_sources", gallery.pk, data={"register": pk})
    assert code(refused) == (422, "register_retired")
    names = [
        [
            one["name"]
            for one in clerk.get("api_registers", query={"retired": over}).json()["results"]
        ]
        for over in ("true", "false")
    ]
    assert names == [["Border register"], ["Custody register"]]


def test_a_shorter_retention_is_confirmed(alder: Agency, gallery: Gallery, clerk: Caller) -> None:
    with scope(alder.pk):
        make_image(gallery, "P-1")
        register = SourceRegister.objects.get()
    body = {"retention_days": 5}
    with clock_at(timezone.now() + timedelta(days=20)):
        refused = clerk.call("patch", "api_register", register.pk, data=body)
        assert code(refused) == (422, "input_invalid")
        assert refused.json()["errors"][0]["code"] == "not_confirmed"
        with scope(alder.pk):
            assert SourceRegister.objects.get().retention_days == register.retention_days
        done = clerk.call("patch", "api_register", register.pk, data=body | {"confirmed": True})
    assert done.json()["retention_days"] == 5


def test_only_managers_change_and_strangers_see_nothing(
    alder: Agency, gallery: Gallery, looking: Caller, stranger: Caller
) -> None:
    with scope(alder.pk):
        register = SourceRegister.objects.get()
    acts: list[tuple[str, str, tuple[Any, ...], Any]] = [
        ("post", "api_gallery_sources", (gallery.pk,), {"register": register.pk}),
        ("delete", "api_gallery_source", (gallery.pk, register.pk), None),
        ("patch", "api_register", (register.pk,), {"name": "Mine"}),
        ("post", "api_register_retire", (register.pk,), None),
    ]
    for method, name, args, data in acts:
        assert code(looking.call(method, name, *args, data=data))[0] == 403
        assert code(stranger.call(method, name, *args, data=data))[0] == 404
    assert code(looking.post("api_galleries", data={"name": "X"}))[0] == 403
    assert code(looking.post("api_registers", data=REGISTER))[0] == 403
    for name, pk in (("api_gallery", gallery.pk), ("api_register", register.pk)):
        assert code(stranger.get(name, pk)) == (404, "not_found")
    assert stranger.get("api_galleries").json()["results"] == []
    assert stranger.get("api_registers").json()["results"] == []
    theirs = {"name": "X", "register": register.pk}
    assert code(stranger.post("api_galleries", data=theirs)) == (422, "input_invalid")
    nobody = caller(alder, Role.EXAMINER, name="ex")
    assert code(nobody.get("api_galleries"))[0] == 403
    with scope(alder.pk):
        assert SourceRegister.objects.get().name == register.name
        assert Gallery.objects.count() == 1


# --- Subjects and pictures ------------------------------------------------------------------------


def references(calling: Caller, gallery: Gallery, **query: str) -> list[str]:
    answer = calling.get("api_subjects", gallery.pk, query=query)
    assert answer.status_code == 200, answer.json()
    return [one["reference"] for one in answer.json()["results"]]


def test_subjects_are_found_as_on_the_page(
    alder: Agency, gallery: Gallery, looking: Caller
) -> None:
    with scope(alder.pk):
        for reference in ("P-2", "P-1", "P-10", "P-1"):
            make_image(gallery, reference)
        register = SourceRegister.objects.get()
        one, ten = Subject.objects.get(reference="P-1"), Subject.objects.get(reference="P-10")
        FaceImage.objects.filter(subject=ten).update(expires_on="2026-06-01")
        clerk = command_actor("test", alder.pk)
        merge_subjects(actor=clerk, subject=Subject.objects.get(reference="P-2"), into=one)
    assert references(looking, gallery) == ["P-10", "P-1"]
    assert references(looking, gallery, reference="P-1") == ["P-1"]
    assert references(looking, gallery, reference="P-2") == ["P-1"]
    assert references(looking, gallery, reference="P") == []
    assert references(looking, gallery, q="p-10") == ["P-10"]
    assert references(looking, gallery, q="10") == []
    assert references(looking, gallery, images="several") == ["P-1"]
    assert references(looking, gallery, images="many") == []
    assert references(looking, gallery, expires_before="2026-06-02") == ["P-10"]
    assert references(looking, gallery, register=str(register.pk)) == ["P-10", "P-1"]
    assert references(looking, gallery, register=str(uuid.uuid4())) == []
    assert references(looking, gallery, enrolled_to="9999-12-31") == ["P-10", "P-1"]
    for by in ("-image_count", "-first_expiry", "created_at"):
        assert set(references(looking, gallery, ordering=by)) == {"P-1", "P-10"}
    first = looking.get(
        "api_subjects", gallery.pk, query={"ordering": "-image_count", "page_size": "1"}
    )
    assert [one["reference"] for one in first.json()["results"]] == ["P-1"]
    for wrong in (
        {"ordering": "reference"},
        {"images": "lots"},
        {"expires_before": "soon"},
        {"register": "x"},
    ):
        answer = looking.get("api_subjects", gallery.pk, query=wrong)
        assert code(answer) == (400, "query_invalid")


def test_subjects_leave_as_a_file_and_that_is_recorded(
    alder: Agency, gallery: Gallery, clerk: Caller, looking: Caller, stranger: Caller
) -> None:
    with scope(alder.pk):
        for reference in ("P-2", "P-1", "=1+1"):
            make_image(gallery, reference)
    name = "api_subjects_export"
    assert code(looking.get(name, gallery.pk)) == (403, "permission_denied")
    assert code(stranger.get(name, gallery.pk)) == (404, "not_found")
    for wrong in ({"images": "lots"}, {"sort": "newest"}):
        assert code(clerk.get(name, gallery.pk, query=wrong)) == (400, "query_invalid")
    assert entries(alder, Action.SUBJECTS_EXPORTED) == 0
    answer = clerk.get(name, gallery.pk, query={"q": "p-1"}, headers={"Accept": "text/csv"})
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert [line.split(",")[1] for line in lines] == ["reference", "P-1"]
    assert "'=1+1" in clerk.get(name, gallery.pk).content.decode()
    assert entries(alder, Action.SUBJECTS_EXPORTED) == 2


def test_subjects_that_are_equal_come_once_each(
    alder: Agency, gallery: Gallery, looking: Caller
) -> None:
    """More of them than DRF's pages go past by themselves."""
    with scope(alder.pk):
        Subject.objects.bulk_create(
            Subject(gallery=gallery, reference=f"P-{n:04d}") for n in range(1250)
        )
    query, seen = {"ordering": "image_count", "page_size": "200"}, []
    while True:
        page = looking.get("api_subjects", gallery.pk, query=query).json()
        seen += [one["reference"] for one in page["results"]]
        if not page["next"]:
            break
        query["cursor"] = parse_qs(urlsplit(page["next"]).query)["cursor"][0]
    assert sorted(seen) == [f"P-{n:04d}" for n in range(1250)]


def test_a_subject_has_pictures_and_history_and_the_look_is_recorded(
    alder: Agency, gallery: Gallery, clerk: Caller, looking: Caller, stranger: Caller
) -> None:
    with scope(alder.pk):
        first, second = make_image(gallery, "P-1"), make_image(gallery, "P-1")
        other = make_image(gallery, "P-2")
    told = looking.get("api_subject", first.subject_id).json()
    assert {one["id"] for one in told["images"]} == {str(first.pk), str(second.pk)}
    assert [act["action"] for act in told["history"]] == ["image.enrolled"] * 2
    image = looking.get("api_image", second.pk).json()
    assert image == next(one for one in told["images"] if one["id"] == str(second.pk))
    assert not {"file_key", "portrait_key"} & set(image)
    assert entries(alder, Action.SUBJECT_VIEWED) == 2
    chosen = clerk.post("api_subject_best", first.subject_id, data={"image": second.pk}).json()
    assert (chosen["best_image"], chosen["best_is_pinned"]) == (str(second.pk), True)
    back = clerk.post("api_subject_best", first.subject_id, data={"image": None}).json()
    assert not back["best_is_pinned"]
    wrong = clerk.post("api_subject_best", first.subject_id, data={"image": other.pk})
    assert code(wrong) == (422, "image_not_of_subject")
    body = {"image": None}
    assert code(looking.post("api_subject_best", first.subject_id, data=body))[0] == 403
    assert code(stranger.post("api_subject_best", first.subject_id, data=body))[0] == 404
    for name, pk in (("api_subject", first.subject_id), ("api_image", first.pk)):
        assert code(stranger.get(name, pk)) == (404, "not_found")
    assert code(stranger.get("api_subjects", gallery.pk))[0] == 404
    assert entries(alder, Action.SUBJECT_VIEWED) == 2
    assert entries(alder, Action.SUBJECT_BEST_SET) == 2


def hand_in(calling: Caller, gallery: Gallery, data: bytes, key: str = "", **others: Any) -> Any:
    said = {"reference": "P-1", "register": "Custody register", "collected_on": "2026-01-02"}
    picture = SimpleUploadedFile("face.jpg", data, "image/jpeg")
    body = encode_multipart(BOUNDARY, said | others | {"picture": picture})
    headers = {"Idempotency-Key": key} if key else None
    return calling.post(
        "api_enrolments", gallery.pk, data=body, content_type=MULTIPART_CONTENT, headers=headers
    )


def test_one_picture_is_enrolled_once(alder: Agency, gallery: Gallery, clerk: Caller) -> None:
    made = [hand_in(clerk, gallery, person_jpeg(1), key="k") for _ in range(2)]
    assert [one.status_code for one in made] == [201, 201]
    pk = made[0].json()["id"]
    assert made[1].json()["id"] == pk
    assert (made[0].json()["state"], made[0].json()["image"]) == ("queued", None)
    with scope(alder.pk):
        assert Enrolment.objects.count() == 1
        run_enrolment(uuid.UUID(pk))
    told = clerk.get("api_enrolment", pk)
    assert made[0]["Location"] == told.request["PATH_INFO"]
    assert told.json()["state"] == "done"
    image = clerk.get("api_image", told.json()["image"]).json()
    assert image["subject"] == told.json()["subject"]
    assert {"eye_distance", "sharpness"} <= {one["name"] for one in image["quality"]}
    assert code(hand_in(clerk, gallery, person_jpeg(1))) == (422, "duplicate_file")


def test_a_picture_that_cannot_be_enrolled_is_refused(
    alder: Agency, gallery: Gallery, clerk: Caller, looking: Caller, stranger: Caller
) -> None:
    assert code(hand_in(clerk, gallery, b"no picture")) == (422, "image_unknown_format")
    assert code(hand_in(clerk, gallery, b"")) == (422, "image_empty")
    data = person_jpeg(1)
    future = hand_in(clerk, gallery, data, collected_on="2999-01-01")
    assert code(future) == (422, "collected_in_future")
    assert code(hand_in(clerk, gallery, data, register="Nowhere")) == (422, "input_invalid")
    json = clerk.post("api_enrolments", gallery.pk, data={"reference": "P-1"})
    assert code(json) == (415, "media_type_unsupported")
    assert code(hand_in(looking, gallery, data))[0] == 403
    assert code(hand_in(stranger, gallery, data))[0] == 404
    with scope(alder.pk):
        assert not Enrolment.objects.exists()


# --- Reviews --------------------------------------------------------------------------------------


def test_a_review_is_decided_once_by_who_may(
    alder: Agency, gallery: Gallery, clerk: Caller, looking: Caller, stranger: Caller
) -> None:
    with scope(alder.pk):
        make_image(gallery, "P-1")
        item = full_reviews(gallery)
    listed = looking.get("api_reviews", query={"state": "open"}).json()["results"]
    assert [(one["id"], one["reference"]) for one in listed] == [(str(item.pk), "P-1")]
    told = looking.get("api_review", item.pk).json()
    assert [one["decision"] for one in told["choices"]] == ["remove", "keep"]
    assert told["sides"][0]["image"] == str(item.image_id)
    assert entries(alder, Action.GALLERY_REVIEW_VIEWED) == 1
    keep = {"decision": "keep"}
    assert code(looking.post("api_review_decision", item.pk, data=keep))[0] == 403
    assert code(stranger.post("api_review_decision", item.pk, data=keep))[0] == 404
    assert code(stranger.get("api_review", item.pk))[0] == 404
    assert stranger.post("api_reviews_keep", data={"items": [item.pk]}).json() == {"kept": 0}
    assert code(looking.post("api_reviews_keep", data={"items": [item.pk]}))[0] == 403
    merge = clerk.post("api_review_decision", item.pk, data={"decision": "merge", "reason": "x"})
    assert code(merge) == (422, "review_no_such_decision")
    bare = clerk.post("api_review_decision", item.pk, data={"decision": "remove"})
    assert code(bare) == (422, "review_reason_missing")
    with scope(alder.pk):
        assert ReviewItem.objects.get().is_open
    assert clerk.post("api_reviews_keep", data={"items": [item.pk]}).json() == {"kept": 1}
    late = clerk.post("api_review_decision", item.pk, data=keep)
    assert code(late) == (422, "review_decided")
    done = clerk.get("api_review", item.pk).json()
    assert (done["decision"], done["choices"], done["decided_by"]) == ("keep", [], clerk.user.email)


# --- What it costs --------------------------------------------------------------------------------


def test_lists_cost_the_same_for_few_and_for_many_rows(
    alder: Agency, gallery: Gallery, looking: Caller
) -> None:
    wanted: list[tuple[str, tuple[Any, ...]]] = [
        ("api_galleries", ()),
        ("api_gallery", (gallery.pk,)),
        ("api_registers", ()),
        ("api_subjects", (gallery.pk,)),
        ("api_reviews", ()),
    ]
    with scope(alder.pk):
        subject = make_image(gallery, "P-0").subject
        full_reviews(gallery)
    wanted.append(("api_subject", (subject.pk,)))
    for name, args in wanted:
        queries(looking, name, *args)
    before = [queries(looking, name, *args) for name, args in wanted]
    with scope(alder.pk):
        for n in range(1, 8):
            other = make_gallery(alder, f"Gallery {n}")
            make_image(gallery, f"P-{n}")
            make_image(gallery, "P-0")
            make_image(other, "P-1")
            full_reviews(other)
    queries(looking, "api_gallery", gallery.pk)
    assert [queries(looking, name, *args) for name, args in wanted] == before


def test_a_token_for_looking_alone_enrols_nothing(
    alder: Agency, gallery: Gallery, clerk: Caller
) -> None:
    token = Caller(alder, clerk.user, Permission.VIEW_GALLERIES)
    assert token.get("api_subjects", gallery.pk).status_code == 200
    assert code(hand_in(token, gallery, person_jpeg(1)))[0] == 403
    assert code(token.get("api_enrolment", uuid.uuid4()))[0] == 403
