"""A large gallery is measured slice by slice: who is killed goes on, and nobody waits for it."""

import signal
import uuid
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from accounts.actor import command_actor
from accounts.models import Agency
from galleries.score_progress import Progress
from galleries.services import score_measuring, score_slices
from galleries.services.score_measuring import measure_scores, request_measurement
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.models import Gallery, JobState, ScoreMeasurement
from searches.services import jobs
from searches.vectors import remove_templates
from tests.accounts.races import committed_agency
from tests.factories import make_license
from tests.galleries.score_process import measure_and_die
from tests.galleries.test_scores import PEOPLE, drawn_of, made_gallery, plain_tops

EACH_TEST_ALONE = True

ROWS = 8
BLOCKS = -(-(PEOPLE + 1) // ROWS)
Bells = list[tuple[str, tuple[object, ...]]]


@pytest.fixture(autouse=True)
def slices_of_one_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(score_slices, "SLICE", 0.0)
    monkeypatch.setattr(score_slices, "ROWS", ROWS)


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pictures each block had that this process compared."""
    seen: list[int] = []
    plain = Progress.compare

    def noted(progress: Progress, probes: object, block: object, registers: object) -> None:
        seen.append(len(block.images))  # type: ignore[attr-defined]
        plain(progress, probes, block, registers)  # type: ignore[arg-type]

    monkeypatch.setattr(Progress, "compare", noted)
    return seen


def asked(gallery: Gallery) -> ScoreMeasurement:
    actor = command_actor("test", gallery.agency_id)
    return request_measurement(actor=actor, gallery=gallery, submission_key=uuid.uuid4())


def run_to_its_end(row: ScoreMeasurement) -> ScoreMeasurement:
    for _bell in range(BLOCKS + 2):
        measure_scores(row.pk)
    row.refresh_from_db()
    return row


@pytest.fixture
def committed(
    models: Path, bells: Bells, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Gallery]:
    with django_db_blocker.unblock(), committed_agency() as agency:
        make_license(agency)
        with scope(agency.pk):
            yield made_gallery(agency, "Custody", PEOPLE, seed=0)


def test_a_killed_worker_goes_on_where_it_stood(committed: Gallery, compared: list[int]) -> None:
    row = asked(committed)
    database = str(connection.settings_dict["NAME"])
    worker = get_context("spawn").Process(
        target=measure_and_die, args=(database, committed.agency_id, row.pk, 2, ROWS)
    )
    worker.start()
    worker.join(120)
    assert worker.exitcode == -signal.SIGKILL
    row.refresh_from_db()
    assert (row.state, row.attempts) == (JobState.RUNNING, 1)
    assert sum(row.progress["tops"]["compared"]) <= 2 * ROWS

    done = run_to_its_end(row)
    assert (done.state, done.progress) == (JobState.DONE, {})
    assert sum(compared) == PEOPLE + 1 - 2 * ROWS, "the two slices are not done again"
    assert done.similarities == pytest.approx(plain_tops(committed, drawn_of(done)), abs=1e-5)
    entries = AuditEntry.objects.filter(
        agency_id=committed.agency_id, action=Action.SCORES_MEASURED, subject_id=str(row.pk)
    )
    assert entries.count() == 1


@pytest.fixture
def gallery(in_alder: Agency) -> Gallery:
    return made_gallery(in_alder, "Custody", PEOPLE, seed=0)


@pytest.mark.django_db
def test_between_slices_it_waits_behind_whatever_was_rung_for(
    gallery: Gallery, bells: Bells, django_capture_on_commit_callbacks: object
) -> None:
    row = asked(gallery)
    bells.clear()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        measure_scores(row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts, row.claim) == (JobState.QUEUED, 0, None)
    assert bells == [(score_measuring.TASK, (gallery.agency_id, str(row.pk)))]
    with jobs.only_one(row.pk) as alone:
        assert alone, "nothing is held meanwhile"
    assert run_to_its_end(row).n == PEOPLE // 3


@pytest.mark.django_db
@pytest.mark.usefixtures("bells")
def test_who_is_erased_meanwhile_is_not_searched_for_any_more(gallery: Gallery) -> None:
    row = asked(gallery)
    measure_scores(row.pk)
    row.refresh_from_db()
    first = uuid.UUID(row.progress["images"][0])
    remove_templates([first])
    done = run_to_its_end(row)
    assert (done.state, done.n) == (JobState.DONE, PEOPLE // 3 - 1)
    assert str(first) not in str(ScoreMeasurement.objects.filter(pk=row.pk).values().get())


@pytest.mark.django_db
@pytest.mark.usefixtures("bells")
def test_another_engine_begins_anew(gallery: Gallery, compared: list[int]) -> None:
    row = asked(gallery)
    measure_scores(row.pk)
    row.refresh_from_db()
    other = row.progress | {"contract": row.progress["contract"] + 1}
    ScoreMeasurement.objects.filter(pk=row.pk).update(progress=other)
    assert run_to_its_end(row).state == JobState.DONE
    assert sum(compared) == PEOPLE + 1 + ROWS


@pytest.mark.django_db
@pytest.mark.usefixtures("bells")
@pytest.mark.parametrize("state", ["done", "failed"])
def test_what_has_ended_names_nobody(gallery: Gallery, state: str) -> None:
    row = asked(gallery)
    measure_scores(row.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        ScoreMeasurement.objects.filter(pk=row.pk).update(
            state=state, failure_code="x", contract=gallery.contract, searched=1
        )


@pytest.mark.django_db
@pytest.mark.usefixtures("bells")
def test_a_fault_in_the_middle_forgets_who_was_drawn(gallery: Gallery) -> None:
    row = asked(gallery)
    measure_scores(row.pk)
    Gallery.objects.filter(pk=gallery.pk).update(erased_at=timezone.now())
    measure_scores(row.pk)
    row.refresh_from_db()
    assert (row.state, row.failure_code, row.progress) == (JobState.FAILED, "gallery_empty", {})
