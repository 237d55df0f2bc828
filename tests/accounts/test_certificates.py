"""Training certificates: who may search, what proves it, and who is told before it ends."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actor import Actor, TrainingNeeded, command_actor
from accounts.faults import Fault
from accounts.models import (
    Activity,
    Agency,
    CertificateReminder,
    Role,
    TrainingCertificate,
    User,
)
from accounts.permissions import Permission
from accounts.purposes import Purpose
from accounts.services.reminding import remind_agency, remind_all
from accounts.services.training import (
    CertificateFacts,
    add_certificate,
    media_type_of,
    require_certificates,
    withdraw_certificate,
)
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.models import Probe, Search
from searches.services.probes import upload_probe
from searches.services.searching import run_search, submit_search
from tests.conftest import join
from tests.factories import (
    CAPTURE,
    PDF,
    make_case,
    make_certificate,
    make_gallery,
    make_grounds,
    make_image,
    make_probe,
    make_search,
    person_jpeg,
)

pytestmark = pytest.mark.django_db
AsActor = Callable[[User, Agency], Actor]


def may_search(as_actor: AsActor, user: User, agency: Agency) -> bool:
    return as_actor(user, agency).can(Permission.SEARCH)


def move(certificate: TrainingCertificate, days_left: int) -> None:
    """Time travel: the certificate ends in so many days."""
    with scope(certificate.agency_id):
        last = timezone.localdate() + timedelta(days=days_left)
        TrainingCertificate.objects.filter(pk=certificate.pk).update(valid_until=last)


# --- The rule -----------------------------------------------------------------------------------


@pytest.mark.parametrize("required", [False, True])
@pytest.mark.parametrize(
    ("certificates", "allowed_when_optional", "allowed_when_required"),
    [
        ([], True, False),
        ([100], True, True),
        ([0], True, True),
        ([-1], False, False),
        ([-1, 100], True, True),
        ([-1, -100], False, False),
    ],
)
def test_who_may_search(
    as_actor: AsActor,
    alder: Agency,
    ana: User,
    required: bool,
    certificates: list[int],
    allowed_when_optional: bool,
    allowed_when_required: bool,
) -> None:
    with scope(alder.pk):
        require_certificates(actor=command_actor("test", alder.pk), required=required)
    for days_left in certificates:
        make_certificate(alder, ana, days_left=days_left)
    allowed = allowed_when_required if required else allowed_when_optional
    actor = as_actor(ana, alder)
    assert actor.can(Permission.SEARCH) == allowed
    assert (Permission.SEARCH in actor.withheld) != allowed
    assert actor.can(Permission.OPEN_CASE)  # everything else stays


def test_a_certificate_gives_nobody_a_right_that_the_role_does_not(
    as_actor: AsActor, alder: Agency, eli: User
) -> None:
    make_certificate(alder, eli)
    actor = as_actor(eli, alder)
    assert not actor.can(Permission.SEARCH)
    assert actor.withheld == frozenset()


def test_another_activity_and_another_agency_do_not_count(
    as_actor: AsActor, alder: Agency, birch: Agency, exa: User
) -> None:
    make_certificate(alder, exa, activity=Activity.EXAMINE)
    join(birch, exa.email, "Exa", Role.ANALYST)
    make_certificate(birch, exa)
    assert not may_search(as_actor, exa, alder)
    assert may_search(as_actor, exa, birch)


def test_a_withdrawn_certificate_is_no_certificate_and_gives_no_right(
    as_actor: AsActor, alder: Agency, ana: User, ada: User
) -> None:
    certificate = make_certificate(alder, ana)
    actor = as_actor(ada, alder)
    with scope(alder.pk):
        with pytest.raises(Fault, match="reason_missing"):
            withdraw_certificate(actor=actor, certificate=certificate, reason="  ")
        withdraw_certificate(actor=actor, certificate=certificate, reason="Forged")
        with pytest.raises(Fault, match="certificate_withdrawn"):
            withdraw_certificate(actor=actor, certificate=certificate, reason="Again")
        entry = AuditEntry.objects.get(action=Action.CERTIFICATE_WITHDRAWN)
    assert "Forged" not in str(entry.data)
    assert not may_search(as_actor, ana, alder)


def test_a_certificate_ends_with_the_day_of_the_agency(
    as_actor: AsActor, alder: Agency, ana: User, settings: object
) -> None:
    from portal.tenancy import platform_scope

    certificate = make_certificate(alder, ana)
    zones = ("Pacific/Kiritimati", "Pacific/Pago_Pago")  # 25 hours apart: never on the same day
    days = {}
    for zone in zones:
        from zoneinfo import ZoneInfo

        days[zone] = timezone.localdate(timezone=ZoneInfo(zone))
    with scope(alder.pk):
        TrainingCertificate.objects.filter(pk=certificate.pk).update(valid_until=days[zones[1]])
    for zone, allowed in ((zones[0], False), (zones[1], True)):
        with platform_scope():
            Agency.objects.filter(pk=alder.pk).update(time_zone=zone)
        assert may_search(as_actor, ana, alder) == allowed


# --- An expired certificate in the way ----------------------------------------------------------


@pytest.mark.usefixtures("models", "bells")
def test_nothing_is_uploaded_or_searched_without_training(
    as_actor: AsActor, alder: Agency, exa: User
) -> None:
    actor = as_actor(exa, alder)
    with scope(alder.pk):
        case, gallery = make_case(alder), make_gallery(alder)
        probe = make_probe(case, person_jpeg(1))
        before = (Probe.objects.count(), Search.objects.count(), AuditEntry.objects.count())
        files = sorted(Path(django_settings.FILES_DIR).rglob("*"))
        with pytest.raises(TrainingNeeded):
            upload_probe(
                actor=actor,
                case=case,
                data=person_jpeg(2),
                capture=CAPTURE,
                submission_key=uuid.uuid4(),
            )
        with pytest.raises(TrainingNeeded):
            submit_search(
                actor=actor,
                probe=probe,
                face_index=0,
                galleries=[gallery],
                grounds=make_grounds(purpose=Purpose.MISSING_PERSON),
                submission_key=uuid.uuid4(),
            )
        after = (Probe.objects.count(), Search.objects.count(), AuditEntry.objects.count())
        assert after == before
        assert sorted(Path(django_settings.FILES_DIR).rglob("*")) == files


@pytest.mark.usefixtures("models", "bells")
def test_a_search_that_waits_is_still_finished(alder: Agency, ana: User) -> None:
    with scope(alder.pk):
        gallery = make_gallery(alder)
        make_image(gallery, "P-1")
        search = make_search(make_probe(make_case(alder), person_jpeg(1)), [gallery], run=False)
        make_certificate(alder, ana, days_left=-1)
        run_search(search.pk)
        search.refresh_from_db()
        assert search.state == "done"


def test_the_expired_are_told_why_and_who_can_act(
    client: Client, alder: Agency, exa: User, ana: User
) -> None:
    with scope(alder.pk):
        case = make_case(alder)
    client.force_login(exa)
    pages = {
        reverse("home"): 200,
        reverse("case", args=[case.pk]): 200,
        reverse("probe_new", args=[case.pk]): 403,
    }
    for address, status in pages.items():
        response = client.get(address)
        text = response.content.decode()
        assert response.status_code == status
        assert "training_needed" in text
        assert "admin of your agency" in text
        assert 'type="file"' not in text
    client.force_login(ana)
    for address in pages:
        assert "training_needed" not in client.get(address).content.decode()


# --- Entering -----------------------------------------------------------------------------------


def facts(first: int = -10, last: int = 10) -> CertificateFacts:
    today = timezone.localdate()
    days = (today + timedelta(days=first), today + timedelta(days=last))
    return CertificateFacts(Activity.SEARCH, "Searching", "Academy", *days)


def test_evidence_is_encrypted_and_opened_on_the_record(
    client: Client, alder: Agency, ana: User, ada: User
) -> None:
    certificate = make_certificate(alder, ana)
    stored = [path for path in Path(django_settings.FILES_DIR).rglob("*") if path.is_file()]
    assert len(stored) == 1
    assert b"PDF" not in stored[0].read_bytes()
    client.force_login(ada)
    response = client.get(reverse("certificate_evidence", args=[certificate.pk]))
    assert response.content == PDF
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in response["Content-Security-Policy"]
    with scope(alder.pk):
        entry = AuditEntry.objects.get(action=Action.CERTIFICATE_VIEWED)
    assert (entry.actor_id, entry.data) == (ada.pk, {"person": ana.pk})


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "evidence_empty"),
        (b"<html><script>alert(1)</script>", "evidence_not_accepted"),
        (b"GIF89a", "evidence_not_accepted"),
        (b"%PDF-" + b"x" * (10 * 2**20), "evidence_too_large"),
    ],
)
def test_evidence_is_judged_by_its_content(
    client: Client, alder: Agency, ana: User, ada: User, data: bytes, code: str
) -> None:
    client.force_login(ada)
    values = {"user": ana.pk, "activity": "search", "title": "T", "issuer": "I"}
    values |= {"issued_on": "2026-01-01", "valid_until": "2027-01-01"}
    file = SimpleUploadedFile("certificate.pdf", data, "application/pdf")
    response = client.post(reverse("certificate_new"), {**values, "evidence": file})
    assert response.status_code == 422
    assert code in response.content.decode()
    with scope(alder.pk):
        assert TrainingCertificate.objects.count() == 0
    assert list(Path(django_settings.FILES_DIR).rglob("*-*")) == []


def test_types_of_evidence() -> None:
    assert media_type_of(PDF) == "application/pdf"
    assert media_type_of(person_jpeg(1)) == "image/jpeg"
    assert media_type_of(b"\x89PNG\r\n\x1a\nrest") == "image/png"


def test_an_upload_that_was_cut_is_refused(settings: object) -> None:
    settings.UPLOAD_MAX_BYTES = 100  # type: ignore[attr-defined]
    with pytest.raises(Fault, match="evidence_too_large"):
        media_type_of(b"%PDF-" + b"x" * 96)


def test_the_admin_enters_and_withdraws_on_the_pages(
    client: Client, as_actor: AsActor, alder: Agency, exa: User, ada: User
) -> None:
    client.force_login(ada)
    today = timezone.localdate()
    values = {"user": exa.pk, "activity": "search", "title": "T", "issuer": "I"}
    values |= {"issued_on": today.isoformat()}
    values |= {"valid_until": (today + timedelta(days=365)).isoformat()}
    file = SimpleUploadedFile("c.pdf", PDF)
    assert client.post(reverse("certificate_new"), {**values, "evidence": file}).status_code == 302
    assert may_search(as_actor, exa, alder)
    for state, number in {"": 2, "valid": 1, "expired": 1, "expiring": 0, "x": 2}.items():
        page = client.get(reverse("certificates"), {"state": state}).context["page"]
        assert page.paginator.count == number, state
    with scope(alder.pk):
        newest = TrainingCertificate.objects.latest("id")
    address = reverse("certificate_withdraw", args=[newest.pk])
    assert client.post(address, {"reason": " "}).status_code == 422
    assert client.post(address, {"reason": "Entered for the wrong person"}).status_code == 302
    assert not may_search(as_actor, exa, alder)
    assert "wrong person" in client.get(reverse("certificates")).content.decode()


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [(-1, -2, "certificate_ends_early"), (1, 5, "certificate_issued_later")],
)
def test_days_that_cannot_be(alder: Agency, ana: User, first: int, last: int, code: str) -> None:
    actor = command_actor("test", alder.pk)
    with scope(alder.pk), pytest.raises(Fault, match=code):
        add_certificate(actor=actor, user_id=ana.pk, facts=facts(first, last), evidence=PDF)


def test_only_members_have_certificates_and_only_admins_enter_them(
    as_actor: AsActor, alder: Agency, birch: Agency, ana: User, bob: User, ada: User
) -> None:
    with scope(alder.pk):
        with pytest.raises(Fault, match="certificate_not_a_member"):
            add_certificate(actor=as_actor(ada, alder), user_id=bob.pk, facts=facts(), evidence=PDF)
        with pytest.raises(PermissionDenied):
            add_certificate(actor=as_actor(ana, alder), user_id=ana.pk, facts=facts(), evidence=PDF)
        assert TrainingCertificate.objects.count() == 0
    assert list(Path(django_settings.FILES_DIR).rglob("*-*")) == []


def test_a_refused_row_leaves_no_file(
    monkeypatch: pytest.MonkeyPatch, alder: Agency, ana: User
) -> None:
    def refuse(*args: object) -> None:
        raise RuntimeError("no record")

    monkeypatch.setattr("accounts.services.training.record", refuse)
    with scope(alder.pk):
        with pytest.raises(RuntimeError):
            make_certificate(alder, ana)
        assert TrainingCertificate.objects.count() == 0
    assert [p for p in Path(django_settings.FILES_DIR).rglob("*") if p.is_file()] == []


def test_the_policy_is_the_admins_and_is_recorded(
    client: Client, as_actor: AsActor, alder: Agency, ana: User, ada: User
) -> None:
    client.force_login(ada)
    for value, allowed in (("on", False), ("on", False), ("off", True)):
        client.post(reverse("certificates_require"), {"required": value})
        assert may_search(as_actor, ana, alder) == allowed
    with scope(alder.pk):
        entries = AuditEntry.objects.filter(action=Action.CERTIFICATES_REQUIRED).order_by("id")
        assert [entry.data["required"] for entry in entries] == [True, False]


# --- Reminders ----------------------------------------------------------------------------------


def sent_for(agency: Agency) -> list[int]:
    with scope(agency.pk):
        entries = AuditEntry.objects.filter(action=Action.CERTIFICATE_REMINDED).order_by("id")
        return [entry.data["days"] for entry in entries]


def test_each_reminder_is_sent_once_to_the_person_and_the_admins(
    alder: Agency, ana: User, ada: User, eli: User
) -> None:
    certificate = make_certificate(alder, ana, days_left=31)
    for days_left, total in {31: 0, 30: 1, 29: 1, 8: 1, 7: 2, 2: 2, 1: 3, 0: 3, -1: 3}.items():
        move(certificate, days_left)
        for _ in range(2):
            remind_all()
        assert len(sent_for(alder)) == total, days_left
    assert sent_for(alder) == [30, 7, 1]
    assert sorted(m.to[0] for m in mail.outbox) == sorted([ana.email, ada.email] * 3)
    for message in mail.outbox:
        assert len(message.to) == 1
        assert "Face searching" in message.body
        assert "ana@" not in message.body


def test_a_clock_that_stood_still_sends_the_one_that_fits(alder: Agency, ana: User) -> None:
    make_certificate(alder, ana, days_left=5)
    remind_agency(alder)
    remind_agency(alder)
    assert sent_for(alder) == [7]
    assert len(mail.outbox) == 1


def test_no_reminder_for_what_was_renewed_or_withdrawn(alder: Agency, ana: User, eli: User) -> None:
    make_certificate(alder, ana, days_left=5)
    make_certificate(alder, ana, days_left=300)
    gone = make_certificate(alder, eli, days_left=5)
    with scope(alder.pk):
        actor = command_actor("test", alder.pk)
        withdraw_certificate(actor=actor, certificate=gone, reason="x")
    assert remind_agency(alder) == 0
    assert mail.outbox == []


def test_a_mail_server_that_is_away_delays_the_reminder(
    monkeypatch: pytest.MonkeyPatch, alder: Agency, ana: User
) -> None:
    make_certificate(alder, ana, days_left=5)
    with monkeypatch.context() as away:

        def refuse(*args: object, **kwargs: object) -> None:
            raise ConnectionRefusedError

        away.setattr("accounts.services.reminding.at_once", refuse)
        assert remind_agency(alder) == 0
    with scope(alder.pk):
        assert CertificateReminder.objects.count() == 0
    assert remind_agency(alder) == 1


def test_the_reminder_speaks_the_language_of_its_reader(alder: Agency, ana: User) -> None:
    User.objects.filter(pk=ana.pk).update(language="fr")
    make_certificate(alder, ana, days_left=5)
    remind_agency(alder)
    assert "certificat de formation" in mail.outbox[0].body


def test_the_clock_of_the_worker_asks() -> None:
    from accounts.tasks import remind_of_certificates
    from portal import celeryconfig

    entry: dict[str, Any] = dict(celeryconfig.beat_schedule["certificates"])
    assert entry["task"] == remind_of_certificates.name
    assert entry["schedule"] <= 24 * 3600
