"""When, where and by what a probe was taken: asked for, sealed, never changed."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actor import command_actor
from accounts.models import Agency, User
from portal.audit.models import AuditEntry
from portal.keys import KeyProblem
from searches.faults import Fault
from searches.models import Case, Probe
from searches.services.capture import Capture
from searches.services.pictures import current_picture
from searches.services.probes import upload_probe
from tests.factories import CAPTURE, CAPTURE_FIELDS, make_case, person_jpeg

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]


@pytest.fixture
def case(in_alder: Agency, ana: User) -> Case:
    """Ana is a member: she was there first."""
    return make_case(in_alder)


@pytest.fixture
def probe(case: Case) -> Probe:
    return upload(case)


def fault_of(act: Callable[[], object]) -> str:
    with pytest.raises(Fault) as fault:
        act()
    return fault.value.code


def upload(case: Case, capture: Capture = CAPTURE) -> Probe:
    return upload_probe(
        actor=command_actor("test", case.agency_id),
        case=case,
        data=person_jpeg(1),
        capture=capture,
        submission_key=uuid.uuid4(),
    )


def test_the_facts_are_kept_and_the_texts_are_sealed(case: Case) -> None:
    probe = Probe.objects.get(pk=upload(case).pk)
    assert (probe.captured_on, probe.capture_kind) == (CAPTURE.captured_on, "cctv")
    assert (probe.capture_place, probe.capture_device) == (CAPTURE.place, CAPTURE.device)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(p)::text FROM searches_probe p WHERE id = %s", [probe.pk])
        row = cursor.fetchone()[0]
    assert "Harbour" not in row
    assert "Camera" not in row
    assert "Harbour" not in str(list(AuditEntry.objects.values()))


def test_a_text_cannot_be_moved_to_another_probe_or_column(case: Case) -> None:
    one, other = upload(case), upload(case, Capture(CAPTURE.captured_on, "other", "Elsewhere"))
    one.sealed_place, one.sealed_device = other.sealed_place, one.sealed_place
    for name in ("capture_place", "capture_device"):
        with pytest.raises(KeyProblem):
            getattr(one, name)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"place": "  "}, "capture_place_missing"),
        ({"place": "x" * 301}, "capture_text_too_long"),
        ({"device": "x" * 301}, "capture_text_too_long"),
        ({"kind": "drone"}, "capture_kind_unknown"),
        ({"kind": ""}, "capture_kind_unknown"),
    ],
)
def test_facts_that_say_nothing_are_refused(values: dict[str, str], code: str) -> None:
    usual: dict[str, Any] = {"captured_on": CAPTURE.captured_on, "kind": "cctv", "place": "Here"}
    assert fault_of(lambda: Capture(**usual | values)) == code


def test_a_picture_was_not_taken_tomorrow_where_the_agency_is(case: Case) -> None:
    zone = Agency.objects.get(pk=case.agency_id).time_zone
    today = timezone.localdate(timezone=ZoneInfo(zone))
    assert upload(case, Capture(today, "cctv", "Here")).captured_on == today
    tomorrow = Capture(today + timedelta(days=1), "cctv", "Here")
    assert fault_of(lambda: upload(case, tomorrow)) == "capture_in_future"
    assert Probe.objects.count() == 1


def update(probe: Probe, **values: object) -> None:
    with transaction.atomic():
        Probe.objects.filter(pk=probe.pk).update(**values)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"captured_on": timezone.now().date() + timedelta(days=2)}, "captured_before_upload"),
        ({"captured_on": None}, "says when, where"),
        ({"capture_kind": ""}, "says when, where"),
        ({"sealed_place": b""}, "says when, where"),
        ({"capture_kind": "drone"}, "probe_capture_kind"),
    ],
)
def test_the_database_takes_no_probe_without_its_facts(
    case: Case, values: dict[str, object], words: str
) -> None:
    row = upload(case)
    row.pk, row.submission_key = uuid.uuid4(), uuid.uuid4()
    for name, value in values.items():
        setattr(row, name, value)
    with pytest.raises(DatabaseError, match=words), transaction.atomic():
        row.save(force_insert=True)
    assert Probe.objects.count() == 1


@pytest.mark.parametrize(
    "values",
    [
        {"sha256": "0" * 64},
        {"file_key": "1/" + str(uuid.uuid4())},
        {"captured_on": "2026-01-01"},
        {"captured_on": None},
        {"capture_kind": "other"},
        {"sealed_place": b"something else"},
        {"sealed_device": b"something else"},
    ],
)
def test_the_upload_and_what_was_said_of_it_never_change(
    probe: Probe, values: dict[str, object]
) -> None:
    before = Probe.objects.values().get(pk=probe.pk)
    with pytest.raises(DatabaseError, match="does not change"):
        update(probe, **values)
    assert Probe.objects.values().get(pk=probe.pk) == before


def test_erasure_may_empty_the_file_and_the_texts(probe: Probe) -> None:
    update(probe, file_key="", sealed_place=b"", sealed_device=b"")
    probe.refresh_from_db()
    assert (probe.file_key, probe.capture_place) == ("", "")
    with pytest.raises(DatabaseError, match="does not change"):
        update(probe, sealed_place=b"new")
    assert fault_of(lambda: current_picture(probe)) == "file_unreadable"


BAD_FACTS = [
    ("captured_on", "", "required"),
    ("captured_on", "yesterday", "invalid"),
    ("captured_on", "9999-01-01", "capture_in_future"),
    ("capture_kind", "", "required"),
    ("capture_kind", "drone", "invalid_choice"),
    ("capture_place", "", "required"),
    ("capture_place", "   ", "required"),
    ("capture_place", "x" * 301, "max_length"),
    ("capture_device", "x" * 301, "max_length"),
]


@pytest.mark.parametrize(("field", "value", "code"), BAD_FACTS)
def test_an_upload_without_its_facts_is_refused(
    client: Client, ana: User, case: Case, field: str, value: str, code: str
) -> None:
    client.force_login(ana)
    picture = SimpleUploadedFile("p.jpg", person_jpeg(1))
    values = {**CAPTURE_FIELDS, "picture": picture, "submission_key": uuid.uuid4(), field: value}
    response = client.post(reverse("probe_new", args=[case.pk]), values)
    assert response.status_code == 422
    errors = response.context["form"].errors.as_data()
    assert [(name, e.code) for name, found in errors.items() for e in found] == [(field, code)]
    assert Probe.objects.count() == 0
