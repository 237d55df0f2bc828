"""Probes for programs: upload, faces, turns and edits."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.test.utils import CaptureQueriesContext

from accounts.models import Agency, Role
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.models import Case, Probe, ProbeEdit
from searches.services.erasing import erase_probe
from searches.services.probes import analyse_probe
from tests.api.caller import Caller, caller, code
from tests.factories import (
    CAPTURE_FIELDS,
    make_case,
    make_gallery,
    make_image,
    make_probe,
    make_search,
    person_jpeg,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]
BRIGHTER = {"operation": "brightness_contrast", "parameters": {"brightness": 10, "contrast": 0}}
KEY = {"Idempotency-Key": "camera-4/17"}


@pytest.fixture
def ana_api(alder: Agency) -> Caller:
    return caller(alder, Role.ANALYST)


@pytest.fixture
def case(alder: Agency, ana_api: Caller) -> Case:
    with scope(alder.pk):
        return make_case(alder, owner=ana_api.user)


@pytest.fixture
def probe(alder: Agency, case: Case) -> Probe:
    with scope(alder.pk):
        return make_probe(case, person_jpeg(1))


def upload(who: Caller, case: Case, data: bytes | None = None, **changed: Any) -> Any:
    fields: dict[str, Any] = {**CAPTURE_FIELDS, **changed}
    headers = fields.pop("headers", None)
    fields = {name: value for name, value in fields.items() if value is not None}
    if data is not None:
        fields["picture"] = SimpleUploadedFile("camera.jpg", data)
    body = encode_multipart(BOUNDARY, fields)
    return who.post(
        "api_case_probes", case.pk, data=body, content_type=MULTIPART_CONTENT, headers=headers
    )


def counts(agency: Agency) -> list[int]:
    with scope(agency.pk):
        entries = AuditEntry.objects.filter(agency_id=agency.pk).count()
        return [entries, Probe.objects.count(), ProbeEdit.objects.count()]


def analyse(agency: Agency, pk: "UUID | str") -> None:
    with scope(agency.pk):
        analyse_probe(UUID(str(pk)))


def test_a_picture_is_uploaded_and_its_faces_are_told(
    ana_api: Caller, case: Case, alder: Agency
) -> None:
    made = upload(ana_api, case, person_jpeg(1))
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["state"], body["faces"], body["searched"]) == ("queued", [], False)
    assert body["capture_place"] == CAPTURE_FIELDS["capture_place"]
    analyse(alder, body["id"])
    found = ana_api.get("api_probe", body["id"])
    assert made["Location"] == found.request["PATH_INFO"]
    (face,) = found.json()["faces"]
    assert (face["index"], face["width"] > 0, face["advice"]) == (0, True, [])
    assert found.json()["shown_as"] == "original.0"
    again = ana_api.get("api_probe", body["id"], headers={"If-None-Match": found["ETag"]})
    assert again.status_code == 304
    with scope(alder.pk):
        row = Probe.objects.get()
        looks = AuditEntry.objects.filter(agency_id=alder.pk, action=Action.PROBE_VIEWED)
        assert looks.count() == 2
        keys = [row.file_key, row.display_key, *row.portrait_keys]
    assert not [key for key in keys if key in found.content.decode()]


def test_an_upload_with_a_key_is_made_once(ana_api: Caller, case: Case, alder: Agency) -> None:
    first, again = (upload(ana_api, case, person_jpeg(1), headers=KEY) for _ in range(2))
    assert (again.status_code, again.content) == (201, first.content)
    other = upload(ana_api, case, person_jpeg(2), headers=KEY)
    assert code(other) == (422, "idempotency_key_reused")
    assert counts(alder)[1] == 1


@pytest.mark.parametrize(
    ("data", "changed", "expected"),
    [
        (b"", {}, "image_empty"),
        (b"no picture", {}, "image_unknown_format"),
        (None, {}, "input_invalid"),
        (b"x", {"captured_on": "yesterday"}, "input_invalid"),
        (b"x", {"captured_on": None}, "input_invalid"),
        (b"x", {"capture_kind": "drone"}, "input_invalid"),
        (b"x", {"capture_place": " "}, "input_invalid"),
        (b"x", {"capture_device": "x" * 301}, "input_invalid"),
        (b"x", {"captured_on": date(9999, 1, 1)}, "capture_in_future"),
    ],
)
def test_what_is_not_taken(
    ana_api: Caller,
    case: Case,
    alder: Agency,
    data: bytes | None,
    changed: dict[str, Any],
    expected: str,
) -> None:
    before = counts(alder)
    assert code(upload(ana_api, case, data, **changed)) == (422, expected)
    assert counts(alder) == before


def test_a_picture_may_be_too_large(
    ana_api: Caller, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "UPLOAD_MAX_BYTES", 1000)
    refused = upload(ana_api, case, person_jpeg(1))
    assert code(refused) == (422, "image_too_many_bytes")
    assert "MB" in refused.json()["detail"]
    as_json = ana_api.post("api_case_probes", case.pk, data={"picture": "x"})
    assert code(as_json) == (415, "media_type_unsupported")


def test_others_neither_upload_nor_look(
    probe: Probe, case: Case, alder: Agency, birch: Agency
) -> None:
    bob, ben = caller(birch, Role.ANALYST), caller(alder, Role.ANALYST, name="ben")
    lee, eli = (caller(alder, r, name=r.value) for r in (Role.SUPERVISOR, Role.EXAMINER))
    before, picture, seen = counts(alder), person_jpeg(2), {"seen": probe.shown_as}
    denied = (403, "permission_denied")
    for who, expected in ((bob, (404, "not_found")), (ben, denied), (lee, denied), (eli, denied)):
        assert code(upload(who, case, picture)) == expected
        assert code(who.get("api_case_probes", case.pk)) == expected
        assert code(who.get("api_probe", probe.pk)) == expected
        turned = who.post("api_probe_turn", probe.pk, data={"direction": "left"})
        assert code(turned) == expected
        edited = who.post("api_probe_edits", probe.pk, data={**BRIGHTER, **seen})
        assert code(edited) == expected
        for act in ("undo", "discard"):
            assert code(who.post(f"api_probe_{act}", probe.pk, data=seen)) == expected
    assert counts(alder) == before


def test_a_closed_case_takes_no_picture(ana_api: Caller, case: Case) -> None:
    ana_api.post("api_case_close", case.pk, data={"reason": "Solved by other means"})
    assert code(upload(ana_api, case, person_jpeg(1))) == (422, "case_closed")


def test_a_picture_is_turned(ana_api: Caller, probe: Probe, alder: Agency) -> None:
    turned = ana_api.post("api_probe_turn", probe.pk, data={"direction": "left"})
    assert (turned.status_code, turned.json()["state"]) == (200, "queued")
    assert turned.json()["shown_as"] == "original.3"
    early = ana_api.post("api_probe_turn", probe.pk, data={"direction": "left"})
    assert code(early) == (422, "probe_not_ready")
    wrong = ana_api.post("api_probe_turn", probe.pk, data={"direction": "down"})
    assert code(wrong) == (422, "input_invalid")


def test_edits_follow_one_another_and_are_taken_back(
    ana_api: Caller, probe: Probe, alder: Agency
) -> None:
    crop = {"left": 0, "top": 0, "width": 300, "height": 300}
    for edit in (BRIGHTER, {"operation": "crop", "parameters": crop}):
        seen = ana_api.get("api_probe", probe.pk).json()["shown_as"]
        made = ana_api.post("api_probe_edits", probe.pk, data={**edit, "seen": seen})
        assert made.status_code == 201, made.content
        analyse(alder, probe.pk)
    shown = ana_api.get("api_probe", probe.pk).json()
    assert [step["title"] for step in shown["edits"]] == ["Brightness and contrast", "Cropped"]
    assert shown["edits"][1]["parent_sha256"] == shown["edits"][0]["sha256"]
    stale = ana_api.post("api_probe_undo", probe.pk, data={"seen": "original.0"})
    assert code(stale) == (422, "edit_picture_changed")
    undone = ana_api.post("api_probe_undo", probe.pk, data={"seen": shown["shown_as"]})
    assert len(undone.json()["edits"]) == 1
    analyse(alder, probe.pk)
    seen = {"seen": undone.json()["shown_as"]}
    assert ana_api.post("api_probe_discard", probe.pk, data=seen).json()["edits"] == []
    analyse(alder, probe.pk)
    none = ana_api.post("api_probe_undo", probe.pk, data={"seen": "original.0"})
    assert code(none) == (422, "edit_none")


@pytest.mark.parametrize(
    ("operation", "parameters", "expected"),
    [
        ("sharpen", {}, "input_invalid"),
        ("rotate", None, "input_invalid"),
        ("rotate", {}, "edit_unknown"),
        ("rotate", {"degrees": "90"}, "edit_out_of_range"),
        ("rotate", {"degrees": 0}, "edit_without_effect"),
        ("scale", {"factor": 10**400}, "edit_out_of_range"),
        ("crop", {"left": 0, "top": 0, "width": 9999, "height": 20}, "edit_out_of_range"),
        ("deinterlace", {"lines": ["odd"]}, "edit_out_of_range"),
    ],
)
def test_edits_that_are_not_done(
    ana_api: Caller, probe: Probe, alder: Agency, operation: str, parameters: Any, expected: str
) -> None:
    before = counts(alder)
    body = {"operation": operation, "parameters": parameters, "seen": probe.shown_as}
    assert code(ana_api.post("api_probe_edits", probe.pk, data=body)) == (422, expected)
    assert counts(alder) == before


def test_a_probe_that_was_searched_with_stays(ana_api: Caller, probe: Probe, alder: Agency) -> None:
    with scope(alder.pk):
        gallery = make_gallery(alder)
        make_image(gallery, "P-1")
        make_search(probe, [gallery])
    body = {**BRIGHTER, "seen": probe.shown_as}
    assert code(ana_api.post("api_probe_edits", probe.pk, data=body)) == (422, "probe_searched")
    query = {"searched": "true", "fields": "id,searched,faces"}
    listed = ana_api.get("api_case_probes", probe.case_id, query=query).json()["results"]
    assert listed == [{"id": str(probe.pk), "searched": True, "faces": 1}]
    none = ana_api.get("api_case_probes", probe.case_id, query={"searched": "false"})
    assert none.json()["results"] == []


def test_of_an_erased_probe_no_digest_is_told(ana_api: Caller, probe: Probe, alder: Agency) -> None:
    with scope(alder.pk):
        assert erase_probe(probe.pk)
    told = ana_api.get("api_probe", probe.pk)
    assert (told.json()["is_erased"], told.json()["sha256"]) == (True, "")
    assert probe.sha256 not in told.content.decode()


def test_the_list_costs_the_same_for_few_and_many(
    ana_api: Caller, case: Case, alder: Agency
) -> None:
    found = []
    for count in (2, 6):
        with scope(alder.pk):
            for seed in range(count):
                make_probe(case, person_jpeg(seed, count), analysed=False)
        with CaptureQueriesContext(connection) as queries:
            assert ana_api.get("api_case_probes", case.pk).status_code == 200
        found.append(len(queries))
    assert found[0] == found[1]
