"""Measuring galleries: who is searched for, what is kept, who may ask, and when it is told."""

import uuid
from datetime import timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from numpy.typing import NDArray

from accounts.actor import Actor, command_actor
from accounts.models import Agency, Notification, NotificationKind, User
from galleries.score_draws import Tops
from galleries.services import score_measuring, score_sweeping
from galleries.services.score_measuring import measure_scores, request_measurement
from galleries.services.score_thresholds import wish_rate
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.faults import Fault
from searches.models import Gallery, JobState, ScoreMeasurement, ScoreSource
from searches.score_worth import distribution_in, latest_measurement
from searches.services.sweeping import sweep
from searches.template_rows import Drawn, draw_people, template_blocks
from tests.factories import make_gallery, make_image, unit

PEOPLE = 45
Bells = list[tuple[str, tuple[object, ...]]]


@pytest.fixture
def gallery(in_alder: Agency) -> Gallery:
    return made_gallery(in_alder, "Custody", PEOPLE, seed=0)


@pytest.fixture
def actor(in_alder: Agency) -> Actor:
    return command_actor("test", in_alder.pk)


@pytest.fixture
def few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("searches.scores.distribution.LEAST_SEARCHES", 10)


def made_gallery(agency: Agency, name: str, people: int, seed: int, towards: float = 0) -> Gallery:
    """People at random, or all of them drawn `towards` one direction; one has two pictures."""
    gallery = make_gallery(agency, name)
    rng = np.random.default_rng(seed)
    for number in [*range(people), 0]:
        x, y, z, w = rng.normal(size=4)
        make_image(gallery, f"{name}-{number:03d}", unit(x + towards, y, z, w))
    gallery.refresh_from_db()
    return gallery


def measured(actor: Actor, gallery: Gallery, source: Gallery | None = None) -> ScoreMeasurement:
    row = request_measurement(
        actor=actor, gallery=gallery, source_gallery=source, submission_key=uuid.uuid4()
    )
    measure_scores(row.pk)
    row.refresh_from_db()
    return row


def place_of(gallery: Gallery) -> dict[str, Any]:
    return {"contract_pk": gallery.contract_id, "gallery_id": gallery.pk}


def drawn_of(row: ScoreMeasurement) -> Drawn:
    """Who was searched for, by the same lots."""
    return draw_people(**place_of(row.gallery), seed=row.pk, most=row.n)


def plain_tops(gallery: Gallery, drawn: Drawn) -> list[float]:
    """What a measurement finds, one comparison after the other."""
    (block,) = template_blocks(**place_of(gallery))
    subjects, vectors = vectors_of(gallery)
    rest = [n for n, subject in enumerate(subjects) if subject not in drawn.subjects]
    probes = [vectors[block.images.index(image)] for image in drawn.images]
    return sorted(float((vectors[rest] @ probe).max()) for probe in probes)


def vectors_of(gallery: Gallery) -> tuple[list[uuid.UUID], NDArray[np.float32]]:
    (block,) = template_blocks(**place_of(gallery))
    rows = block.vectors.astype(np.float32)
    return block.subjects, rows / np.linalg.norm(rows, axis=1, keepdims=True)


# --- The job ------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.usefixtures("bells", "few_are_enough")
def test_a_measurement_keeps_numbers_and_nobody(gallery: Gallery, actor: Actor) -> None:
    row = measured(actor, gallery)
    assert (row.state, row.source, row.subjects, row.n) == ("done", "own", PEOPLE, PEOPLE // 3)
    assert row.searched == PEOPLE - PEOPLE // 3
    assert row.images == PEOPLE + 1
    assert row.sources == {"Custody register": PEOPLE + 1}
    assert row.similarities == sorted(row.similarities)
    subjects, _vectors = vectors_of(gallery)
    drawn = drawn_of(row)
    again = draw_people(**place_of(gallery), seed=uuid.uuid4(), most=PEOPLE)
    assert drawn.people == again.people == len(set(again.subjects)) == PEOPLE
    assert drawn.subjects != again.subjects[: row.n], "another measurement draws others"
    assert row.similarities == pytest.approx(plain_tops(gallery, drawn), abs=1e-5)
    compared = sum(subject not in drawn.subjects for subject in subjects)
    within = {"similarities": row.similarities, "compared": compared}
    assert row.registers == {"Custody register": within}
    assert (row.register_shifts, row.progress) == ({}, {})
    assert latest_measurement(gallery.pk, gallery.contract_id) == row
    assert distribution_in(row).figure_at(0.99, PEOPLE) is not None
    requested = AuditEntry.objects.get(action=Action.SCORES_REQUESTED)
    assert requested.data == {"gallery": str(gallery.pk), "source_gallery": ""}
    done = AuditEntry.objects.get(action=Action.SCORES_MEASURED).data
    assert (done["searches"], done["subjects"], done["is_shift"]) == (15, PEOPLE, False)
    assert not any(str(subject) in str(done) for subject in subjects)


@pytest.mark.django_db
@pytest.mark.usefixtures("bells", "few_are_enough")
def test_people_of_another_gallery_are_searched_for(
    gallery: Gallery, actor: Actor, in_alder: Agency
) -> None:
    consented = made_gallery(in_alder, "Consented", 12, seed=9)
    row = measured(actor, gallery, consented)
    assert (row.source, row.source_gallery_id) == (ScoreSource.GALLERY, consented.pk)
    assert (row.n, row.searched) == (12, PEOPLE)
    with pytest.raises(Fault) as caught:
        measured(actor, gallery, gallery)
    assert caught.value.code == "score_source_unfit"
    with pytest.raises(Fault) as caught:
        measured(actor, gallery, make_gallery(in_alder, "Empty"))
    assert caught.value.code == "score_source_unfit"
    assert ScoreMeasurement.objects.count() == 1


@pytest.mark.django_db
def test_one_at_a_time_and_rung_for_again(
    gallery: Gallery, actor: Actor, bells: Bells, django_capture_on_commit_callbacks: Any
) -> None:
    key = uuid.uuid4()
    first = request_measurement(actor=actor, gallery=gallery, submission_key=key)
    again = request_measurement(actor=actor, gallery=gallery, submission_key=key)
    assert again.pk == first.pk
    with pytest.raises(Fault) as caught:
        request_measurement(actor=actor, gallery=gallery, submission_key=uuid.uuid4())
    assert caught.value.code == "score_running"
    ScoreMeasurement.objects.update(rung_at=timezone.now() - timedelta(hours=1))
    bells.clear()
    with django_capture_on_commit_callbacks(execute=True):
        sweep()
    assert (score_measuring.TASK, (gallery.agency_id, str(first.pk))) in bells


@pytest.mark.django_db
@pytest.mark.usefixtures("bells")
def test_what_cannot_be_measured(actor: Actor, in_alder: Agency) -> None:
    empty = make_gallery(in_alder, "Empty")
    with pytest.raises(Fault) as caught:
        request_measurement(actor=actor, gallery=empty, submission_key=uuid.uuid4())
    assert caught.value.code == "gallery_empty"
    two = made_gallery(in_alder, "Two", 2, seed=1)
    row = measured(actor, two)
    assert (row.state, row.failure_code) == (JobState.FAILED, "score_too_few")
    assert AuditEntry.objects.get(action=Action.SCORES_FAILED).data["code"] == "score_too_few"
    assert latest_measurement(two.pk, two.contract_id) is None


@pytest.mark.django_db
@pytest.mark.usefixtures("bells")
def test_it_is_measured_again_when_the_gallery_moved(
    gallery: Gallery, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert score_sweeping.measure_moved() == 0, "too few people to measure anything"
    monkeypatch.setattr(score_sweeping, "LEAST_IMAGES", 10)
    assert score_sweeping.measure_moved() == 1
    assert score_sweeping.measure_moved() == 0, "one is under way"
    measure_scores(ScoreMeasurement.objects.get().pk)
    assert score_sweeping.measure_moved() == 0
    for number in range(5):
        make_image(gallery, f"new-{number}", unit(*np.random.default_rng(number).normal(size=4)))
    assert score_sweeping.measure_moved() == 1
    measure_scores(ScoreMeasurement.objects.get(state=JobState.QUEUED).pk)
    make_image(gallery, "one more", unit(1, 2, 3, 4))
    assert score_sweeping.measure_moved() == 0
    monkeypatch.setattr(score_sweeping, "OLD", timedelta(0))
    assert score_sweeping.measure_moved() == 1, "changed at all, and long ago measured"
    measure_scores(ScoreMeasurement.objects.get(state=JobState.QUEUED).pk)
    assert score_sweeping.measure_moved() == 0, "nothing changed since"


@pytest.mark.django_db
@pytest.mark.usefixtures("few_are_enough", "bells")
def test_a_shift_is_told(
    gallery: Gallery, actor: Actor, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of fifteen searches each, all of which brought somebody alike."""
    measured(actor, gallery)
    assert not Notification.objects.filter(kind=NotificationKind.SCORES_SHIFTED).exists()
    monkeypatch.setattr(Tops, "overall", lambda tops: np.full(len(tops.best), 0.999))
    row = measured(actor, gallery)
    assert row.shift["is_shift"] is True
    told = Notification.objects.filter(kind=NotificationKind.SCORES_SHIFTED, user=ada)
    assert told.get().subject_id == str(gallery.pk)
    entries = AuditEntry.objects.filter(action=Action.SCORES_MEASURED)
    assert sorted(entry.data["is_shift"] for entry in entries) == [False, True]


@pytest.mark.django_db
@pytest.mark.usefixtures("bells")
def test_what_moves_slowly_is_told_once(
    gallery: Gallery, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step is far within chance; the sixth makes a distance of 0.11 from the first."""
    normal = np.sort(np.random.default_rng(11).normal(0.4, 0.05, 1000))
    moves = [0.002 * min(step, 7) for step in range(10)]
    rows = []
    for move in moves:
        found = normal + move
        monkeypatch.setattr(Tops, "overall", lambda tops, found=found: found)
        rows.append(measured(actor, gallery))
    assert [at for at, row in enumerate(rows) if row.has_shifted] == [6]
    assert rows[6].compared_with == rows[0], "since which nothing had shifted"
    for before, row in pairwise(rows):
        assert row.has_shifted or row.compared_with == before


# --- Breaking in --------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.usefixtures("bells", "few_are_enough")
def test_other_agencies_and_other_roles_measure_nothing(
    gallery: Gallery, actor: Actor, in_alder: Agency, birch: Agency, ana: User, as_actor: Any
) -> None:
    row = measured(actor, gallery)
    analyst = as_actor(ana, in_alder)
    with pytest.raises(PermissionDenied):
        request_measurement(actor=analyst, gallery=gallery, submission_key=uuid.uuid4())
    with pytest.raises(PermissionDenied):
        wish_rate(actor=analyst, gallery=gallery, rate=0.01)
    gallery.refresh_from_db()
    assert gallery.wished_fpir is None
    with scope(birch.pk):
        assert not ScoreMeasurement.objects.exists()
        assert latest_measurement(gallery.pk, gallery.contract_id) is None
        with pytest.raises(Gallery.DoesNotExist):
            request_measurement(
                actor=command_actor("test", birch.pk), gallery=gallery, submission_key=uuid.uuid4()
            )
        with pytest.raises(IntegrityError), transaction.atomic():
            ScoreMeasurement.objects.create(gallery=gallery, requested_by_label="thief")
            connection.check_constraints()
    assert ScoreMeasurement.objects.get() == row


@pytest.mark.django_db
@pytest.mark.usefixtures("bells", "few_are_enough")
def test_what_was_measured_does_not_change(gallery: Gallery, actor: Actor) -> None:
    row = measured(actor, gallery)
    for attack in (
        lambda: ScoreMeasurement.objects.update(similarities=[0.1]),
        lambda: ScoreMeasurement.objects.update(state="queued"),
        lambda: row.delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            attack()
    assert ScoreMeasurement.objects.get().similarities == row.similarities


@pytest.mark.django_db
@pytest.mark.parametrize("rate", [0.0, 0.00001, 0.9, 1.0])
def test_thresholds_are_rates_within_bounds(gallery: Gallery, actor: Actor, rate: float) -> None:
    with pytest.raises(Fault) as caught:
        wish_rate(actor=actor, gallery=gallery, rate=rate)
    assert caught.value.code == "score_rate_out_of_range"
    with pytest.raises(IntegrityError), transaction.atomic():
        Gallery.objects.filter(pk=gallery.pk).update(wished_fpir=rate)
    assert not AuditEntry.objects.filter(action=Action.SCORES_THRESHOLD).exists()
    wish_rate(actor=actor, gallery=gallery, rate=0.001)
    entry = AuditEntry.objects.get(action=Action.SCORES_THRESHOLD)
    assert entry.data == {"before": "", "after": "0.001000"}
