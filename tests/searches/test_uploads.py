"""Hostile and broken uploads: each has its coded error, nothing stored, nothing left on disk."""

import signal
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import Agency, User
from accounts.permissions import Permission
from portal.audit.models import AuditEntry
from portal.away import DecoderAway
from portal.tenancy import scope
from searches.images import ImageLimits
from searches.images.decoders import Decoders
from searches.images.one_decoder import Decoder
from searches.models import Enrolment, FaceImage, Probe, Subject
from searches.services.galleries import main_register
from tests.factories import CAPTURE_FIELDS, make_case, make_gallery, make_token, person_jpeg
from tests.searches.hostile import HOSTILE
from tests.searches.pictures import make_image

pytestmark = pytest.mark.django_db


def codes(response: "object") -> list[str]:
    """The stable codes of the form's errors."""
    form = response.context["form"]  # type: ignore[attr-defined]
    return [error.code for errors in form.errors.as_data().values() for error in errors]


def files_on_disk() -> list[Path]:
    return [path for path in Path(settings.FILES_DIR).rglob("*") if path.is_file()]


def everything(agency: Agency) -> tuple[int, ...]:
    with scope(agency.pk):
        models = (Probe, Enrolment, FaceImage, Subject)
        return (*(model.objects.count() for model in models), AuditEntry.objects.count())


@pytest.mark.parametrize(("name", "make", "code"), HOSTILE, ids=[case[0] for case in HOSTILE])
def test_a_hostile_picture_is_refused_as_probe_and_as_gallery_picture(
    client: Client,
    alder: Agency,
    ana: User,
    ada: User,
    bells: list[object],
    name: str,
    make: Callable[[], bytes],
    code: str,
) -> None:
    with scope(alder.pk):
        case, gallery = make_case(alder), make_gallery(alder)
        register = main_register(gallery).pk
    data = make()
    client.force_login(ana)
    before = everything(alder)
    response = client.post(
        reverse("probe_new", args=[case.pk]),
        CAPTURE_FIELDS
        | {"picture": SimpleUploadedFile("p.jpg", data), "submission_key": uuid.uuid4()},
    )
    assert response.status_code == 422
    assert codes(response) == [code]
    client.force_login(ada)
    login = 1  # a log-in is recorded in the agency too
    response = client.post(
        reverse("enrolment_new", args=[gallery.pk]),
        {
            "reference": "P-1",
            "picture": SimpleUploadedFile("p.jpg", data),
            "collected_on": "2026-01-02",
            "register": register,
            "submission_key": uuid.uuid4(),
        },
    )
    assert response.status_code == 422
    assert codes(response) == [code]
    assert everything(alder)[:-1] == before[:-1]
    assert everything(alder)[-1] == before[-1] + login
    assert files_on_disk() == []
    assert bells == []


def test_an_oversized_upload_is_refused_without_being_kept_in_memory(
    client: Client, alder: Agency, ana: User, settings: "object", bells: list[object]
) -> None:
    settings.UPLOAD_MAX_BYTES = 100_000  # type: ignore[attr-defined]
    with scope(alder.pk):
        case = make_case(alder)
    client.force_login(ana)
    response = client.post(
        reverse("probe_new", args=[case.pk]),
        CAPTURE_FIELDS
        | {
            "picture": SimpleUploadedFile("p.jpg", person_jpeg(1) + b"\0" * 5_000_000),
            "submission_key": uuid.uuid4(),
        },
    )
    assert codes(response) == ["image_too_many_bytes"]
    assert files_on_disk() == []


def test_a_picture_that_ends_its_decoder_is_refused_and_leaves_nothing(
    client: Client,
    alder: Agency,
    ana: User,
    bells: list[object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    give = Decoder.give

    def give_and_crash(self: Decoder, data: bytes, limits: ImageLimits) -> None:
        signal.pidfd_send_signal(self._process, signal.SIGSTOP)
        give(self, data, limits)
        for number in (signal.SIGSEGV, signal.SIGCONT):
            signal.pidfd_send_signal(self._process, number)

    monkeypatch.setattr(Decoder, "give", give_and_crash)
    with scope(alder.pk):
        case = make_case(alder)
    client.force_login(ana)
    before = everything(alder)
    answer = client.post(reverse("probe_new", args=[case.pk]), probe_form())
    assert (answer.status_code, codes(answer)) == (422, ["image_damaged"])
    token = make_token(alder, ana, Permission.SEARCH)[1]
    asked = client.post(
        reverse("api_case_probes", args=[case.pk]),
        probe_form() | {"submission_key": ""},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert (asked.status_code, asked.json()["code"]) == (422, "image_damaged")
    assert everything(alder)[:-1] == before[:-1]
    assert (files_on_disk(), bells) == ([], [])


def test_without_decoders_uploads_wait_and_nothing_is_called_damaged(
    client: Client,
    alder: Agency,
    ana: User,
    bells: list[object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*_: object) -> None:
        raise DecoderAway("no memory")

    monkeypatch.setattr(Decoders, "take", away)
    with scope(alder.pk):
        case = make_case(alder)
    client.force_login(ana)
    before = everything(alder)
    answer = client.post(reverse("probe_new", args=[case.pk]), probe_form())
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert "decoder_away" in answer.content.decode()
    assert everything(alder) == before
    assert (files_on_disk(), bells) == ([], [])


def probe_form() -> dict[str, object]:
    picture = SimpleUploadedFile("p.jpg", make_image("JPEG"))
    return CAPTURE_FIELDS | {"picture": picture, "submission_key": uuid.uuid4()}


BAD_ENROLMENTS = [
    ("reference", "", "required"),
    ("reference", "   ", "required"),
    ("reference", "x" * 121, "max_length"),
    ("reference", "a\0b", "null_characters_not_allowed"),
    ("collected_on", "", "required"),
    ("collected_on", "yesterday", "invalid"),
    ("collected_on", "2026-02-30", "invalid"),
    ("collected_on", "9999-01-01", "future_date"),
    ("register", "", "required"),
    ("register", "custody", "invalid"),
    ("register", "11111111-1111-4111-8111-111111111111", "invalid_choice"),
    ("submission_key", "not-a-uuid", "invalid"),
    ("submission_key", "", "required"),
    ("picture", None, "required"),
]


@pytest.mark.parametrize(("field", "value", "code"), BAD_ENROLMENTS)
def test_bad_form_values_are_refused_with_their_code(
    client: Client,
    alder: Agency,
    ada: User,
    bells: list[object],
    field: str,
    value: str | None,
    code: str,
) -> None:
    with scope(alder.pk):
        gallery = make_gallery(alder)
        register = main_register(gallery).pk
    client.force_login(ada)
    before = everything(alder)
    form = {
        "reference": "P-1",
        "picture": SimpleUploadedFile("p.jpg", person_jpeg(1)),
        "collected_on": "2026-01-02",
        "register": str(register),
        "submission_key": str(uuid.uuid4()),
    }
    if value is None:
        del form[field]
    else:
        form[field] = value
    response = client.post(reverse("enrolment_new", args=[gallery.pk]), form)
    assert response.status_code == 422
    assert codes(response) == [code]
    assert everything(alder) == before
    assert (files_on_disk(), bells) == ([], [])
