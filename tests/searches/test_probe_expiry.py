"""Probes that led to nothing go after some days, and are never enrolled."""

import ast
import uuid
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.access import files_of, today_at
from accounts.actor import command_actor, system_actor
from accounts.models import Agency, User
from portal.audit.models import AuditEntry
from searches.faults import Fault
from searches.models import Basis, Case, FaceImage, Gallery, Probe, Search, Stage
from searches.services.case_limits import hold_case, lift_hold
from searches.services.case_people import add_member
from searches.services.editing import edit_probe
from searches.services.enrolment import run_enrolment
from searches.services.probe_expiry import expire_probe, unresolved
from searches.services.probes import turn_probe
from searches.services.timers import run_timers
from tests.factories import (
    make_case,
    make_conclusion,
    make_edit,
    make_enrolment,
    make_gallery,
    make_image,
    make_probe,
    make_refusal,
    make_search,
    person_jpeg,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def case(in_alder: Agency) -> Case:
    return make_case(in_alder)


@pytest.fixture
def probe(case: Case) -> Probe:
    return make_probe(case, person_jpeg(1))


def day_after(agency_id: int, days: int) -> date:
    return today_at(agency_id) + timedelta(days=days)


def stored() -> list[Path]:
    return [path for path in Path(settings.FILES_DIR).rglob("*") if path.is_file()]


def expire(probe: Probe, days: int = 30) -> bool:
    """Whether the timer removes it that many days on."""
    return expire_probe(
        actor=system_actor("retention", probe.agency_id),
        probe=probe,
        today=day_after(probe.agency_id, days),
        time_zone="UTC",
    )


def due(probe: Probe, days: int = 30) -> bool:
    return unresolved(day_after(probe.agency_id, days), "UTC").filter(pk=probe.pk).exists()


def test_it_goes_after_its_days_with_all_that_was_made_of_it(
    probe: Probe, django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        make_edit(probe)
    assert len(stored()) == 4  # upload, edit, display, portrait
    assert not expire(probe, 29)
    assert len(stored()) == 4
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        assert expire(probe, 30)
    assert stored() == []
    probe.refresh_from_db()
    emptied = (probe.file_key, probe.display_key, probe.portrait_keys, probe.faces)
    assert emptied == ("", "", [], [])
    assert (bytes(probe.sealed_place), bytes(probe.sealed_device)) == (b"", b"")
    assert [edit.file_key for edit in probe.edits.all()] == [""]
    assert len(probe.sha256) == 64
    entry = AuditEntry.objects.get(action="probe.expired")
    facts = {"case": str(probe.case_id), "sha256": probe.sha256, "days": 30}
    assert (entry.data, entry.actor_label) == (facts, "system (retention)")
    assert not expire(probe, 30)
    assert AuditEntry.objects.filter(action="probe.expired").count() == 1


def test_the_days_run_from_the_last_that_was_done(probe: Probe) -> None:
    Probe.objects.filter(pk=probe.pk).update(created_at=timezone.now() - timedelta(days=10))
    assert due(probe, 20)
    make_edit(probe)
    assert not due(probe, 29)
    assert due(probe, 30)


def test_a_search_that_was_done_keeps_its_probe_whatever_it_brought(
    probe: Probe, in_alder: Agency
) -> None:
    gallery = make_gallery(in_alder)
    make_image(gallery, "P-1")
    make_search(probe, [gallery], run=False)
    assert not due(probe, 400)
    assert not expire(probe, 400)
    done = make_enrolled_search(in_alder, probe.case)
    make_conclusion(done)  # nobody is retained: no lead
    done.refresh_from_db()
    assert done.stage == Stage.CONCLUDED
    assert not due(done.probe, 4000)
    assert not expire(done.probe, 4000)
    assert done.probe.display_key


def make_failed(probe: Probe, gallery: Gallery) -> Search:
    """A search that failed, as the picture could not be read."""
    files_of(probe.agency_id).delete(probe.file_key)
    make_image(gallery, "P-1")
    search = make_search(probe, [gallery])
    assert search.stage == Stage.FAILED
    return search


def make_enrolled_search(agency: Agency, case: Case) -> Search:
    gallery = make_gallery(agency, "Measured")
    enrolment = make_enrolment(gallery, "P-2", person_jpeg(2))
    run_enrolment(enrolment.pk)
    return make_search(make_probe(case, person_jpeg(2, 1)), [gallery])


def test_failed_and_expired_searches_are_nothing(probe: Probe, in_alder: Agency) -> None:
    gallery = make_gallery(in_alder)
    make_failed(probe, gallery)
    assert not due(probe, 29)
    assert expire(probe, 30)
    waiting = make_search(
        make_probe(probe.case, person_jpeg(3)),
        [gallery],
        run=False,
        basis=Basis.AUTHORIZED,
        reference="12/2026",
        document=b"%PDF-1.7 x",
    )
    Search.objects.filter(pk=waiting.pk).update(due_at=timezone.now() - timedelta(hours=1))
    assert not due(waiting.probe, 400)
    run_timers()
    waiting.refresh_from_db()
    assert waiting.stage == Stage.EXPIRED


def test_one_that_another_search_failed_on_is_removed_after_a_refusal(
    probe: Probe, in_alder: Agency
) -> None:
    gallery = make_gallery(in_alder)
    make_failed(probe, gallery)
    make_refusal(probe, gallery)  # keeps the picture: the failed one still stands on it
    probe.refresh_from_db()
    assert probe.file_key
    assert expire(probe, 30)


def test_a_legal_hold_of_the_case_keeps_it(probe: Probe) -> None:
    actor = command_actor("test", probe.agency_id)
    hold_case(actor=actor, case=probe.case, reason="A court wants to see everything")
    assert due(probe, 400)
    assert not expire(probe, 400)
    probe.refresh_from_db()
    assert probe.file_key
    lift_hold(actor=actor, case=probe.case, reason="The court has seen everything")
    assert expire(probe, 400)


def test_nothing_more_is_done_with_a_picture_that_is_gone(probe: Probe, in_alder: Agency) -> None:
    gallery, seen = make_gallery(in_alder), probe.shown_as
    make_image(gallery, "P-1")
    assert expire(probe)
    probe.refresh_from_db()
    actor = command_actor("test", probe.agency_id)
    with pytest.raises(Fault, match="probe_erased"):
        make_search(probe, [gallery])
    with pytest.raises(Fault, match="probe_erased"):
        turn_probe(actor=actor, probe=probe, quarter_turns=1)
    with pytest.raises(Fault, match="probe_erased"):
        edit_probe(
            actor=actor,
            probe=probe,
            operation="scale",
            parameters={"factor": 0.5},
            seen=seen,
            submission_key=uuid.uuid4(),
        )
    row = Search(case=probe.case, probe=probe, face_index=0, purpose="missing_person")
    row.basis = Basis.INITIAL_IDENTIFICATION
    with pytest.raises(IntegrityError, match="probe_erased"), transaction.atomic():
        row.save(force_insert=True)


def test_its_page_says_that_it_was_removed(probe: Probe, client: Client, ana: User) -> None:
    actor = command_actor("test", probe.agency_id)
    add_member(actor=actor, case=probe.case, user_id=ana.pk)
    assert expire(probe)
    client.force_login(ana)
    page = client.get(reverse("probe", args=[probe.pk]))
    assert page.status_code == 200
    assert b"This picture was removed" in page.content
    assert reverse("probe_original", args=[probe.pk]).encode() not in page.content
    for name in ("probe_picture", "probe_original"):
        assert client.get(reverse(name, args=[probe.pk])).status_code == 404
    listed = client.get(reverse("case", args=[probe.case_id])).content
    assert b"Picture that was removed" in listed
    assert b"Picture removed: nothing came of it in time" in listed


# --- Probes are never enrolled --------------------------------------------------------------------


def test_the_same_file_is_enrolled_from_the_registers_file_only(
    probe: Probe, in_alder: Agency
) -> None:
    """A clerk may enrol what the register has; whether a probe is the same file plays no part."""
    gallery: Gallery = make_gallery(in_alder)
    run_enrolment(make_enrolment(gallery, "P-1", person_jpeg(1)).pk)
    image = FaceImage.objects.get()
    assert image.sha256 == probe.sha256
    keys = {probe.file_key, probe.display_key, *probe.portrait_keys}
    assert not {image.file_key, image.portrait_key} & keys
    assert expire(probe)
    assert FaceImage.objects.filter(pk=image.pk).exists()


def test_no_code_that_enrols_knows_probes() -> None:
    """What writes pictures into galleries imports nothing of a probe, and the other way round."""
    enrolling = ["searches/services/enrolment.py", "searches/bulk.py", "searches/measuring.py"]
    enrolling += [str(path.relative_to(ROOT)) for path in (ROOT / "galleries").rglob("*import*.py")]
    probing = ["searches/services/probes.py", "searches/services/editing.py"]
    assert len(enrolling) >= 3
    for path in enrolling:
        assert not {"Probe", "ProbeEdit", "upload_probe"} & names_in(path), path
    for path in probing:
        assert not {"FaceImage", "enrol_picture", "write_picture", "request_enrolment"} & names_in(
            path
        ), path


def names_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text())
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_no_page_offers_a_probe_to_a_gallery(
    probe: Probe, in_alder: Agency, client: Client, ana: User
) -> None:
    actor = command_actor("test", probe.agency_id)
    add_member(actor=actor, case=probe.case, user_id=ana.pk)
    client.force_login(ana)
    page = client.get(reverse("probe", args=[probe.pk])).content.decode()
    assert "/enrol/" not in page
