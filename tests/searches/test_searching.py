"""From the probe to the candidates, through the services and the real engine."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction

from accounts.access import files_of
from accounts.actor import Actor, command_actor
from accounts.models import Agency, User
from accounts.purposes import Purpose
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.engines.orientation import turned
from searches.engines.synthetic import Identity, Scene, draw_empty, draw_group
from searches.faults import Fault
from searches.images import ImageRejected, decode, encode_jpeg
from searches.models import Candidate, Case, Gallery, JobState, Probe, Search
from searches.services.enrolment import run_enrolment
from searches.services.probes import analyse_probe, turn_probe, upload_probe
from searches.services.searching import run_search, submit_search
from tests.factories import (
    CAPTURE,
    make_case,
    make_edit,
    make_enrolment,
    make_gallery,
    make_grounds,
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
    """Three people, two pictures of the first."""
    gallery = make_gallery(in_alder)
    for reference, seed, picture in [("P-1", 1, 0), ("P-1", 1, 1), ("P-2", 2, 0), ("P-3", 3, 0)]:
        run_enrolment(make_enrolment(gallery, reference, person_jpeg(seed, picture)).pk)
    return gallery


def references(search: Search) -> list[str]:
    return [row.subject.reference for row in search.candidates.select_related("subject")]


def test_the_right_subject_is_the_first_candidate_and_counts_once(
    case: Case, gallery: Gallery
) -> None:
    search = make_search(make_probe(case, person_jpeg(1, 5)), [gallery])
    assert search.state == JobState.DONE
    assert references(search)[0] == "P-1"
    assert sorted(references(search)) == ["P-1", "P-2", "P-3"]
    assert [row.rank for row in search.candidates.all()] == [1, 2, 3]
    assert search.templates_searched == 4
    assert "dlib" in search.scale


def test_a_search_looks_only_into_the_chosen_galleries(case: Case, gallery: Gallery) -> None:
    empty = make_gallery(Agency.objects.get(), "Empty")
    search = make_search(make_probe(case, person_jpeg(1, 5)), [empty])
    assert (search.state, references(search), search.templates_searched) == (JobState.DONE, [], 0)


def test_no_template_of_another_agency_is_ever_found(
    case: Case, gallery: Gallery, birch: Agency
) -> None:
    with scope(birch.pk):
        probe = make_probe(make_case(birch), person_jpeg(1, 5))
        with pytest.raises(DatabaseError), transaction.atomic():
            # Even a gallery object smuggled in from elsewhere is refused by its foreign key.
            search = make_search(probe, [gallery], run=False)
            connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
            assert search
        mine = make_search(probe, [make_gallery(birch)])
        assert references(mine) == []


def test_a_probe_with_several_faces_wants_a_choice_and_remembers_it(
    case: Case, gallery: Gallery
) -> None:
    people = [Identity.from_seed(2), Identity.from_seed(3)]
    probe = make_probe(case, encode_jpeg(draw_group(people, Scene.from_seed(5, size=640))))
    assert len(probe.faces) == 2
    with pytest.raises(Fault) as fault:
        submit(case, probe, [gallery], face=None)
    assert fault.value.code == "face_not_chosen"
    found = set()
    for index in (0, 1):
        search = submit(case, probe, [gallery], face=index)
        run_search(search.pk)
        search.refresh_from_db()
        assert search.face_index == index
        found.add(references(search)[0])
    assert found == {"P-2", "P-3"}


def submit(
    case: Case, probe: Probe, galleries: list[Gallery], *, face: int | None, limit: int = 20
) -> Search:
    return submit_search(
        actor=command_actor("test", case.agency_id),
        probe=probe,
        face_index=face,
        galleries=galleries,
        grounds=make_grounds(purpose=Purpose.MISSING_PERSON),
        limit=limit,
        submission_key=uuid.uuid4(),
    )


@pytest.mark.parametrize(
    ("face", "limit", "galleries", "code"),
    [
        (1, 20, True, "face_not_in_probe"),
        (-1, 20, True, "face_not_in_probe"),
        (0, 1, True, "limit_out_of_range"),
        (0, 51, True, "limit_out_of_range"),
        (0, 20, False, "no_gallery"),
    ],
)
def test_wrong_requests_are_refused_and_queue_nothing(
    case: Case, face: int, limit: int, galleries: bool, code: str
) -> None:
    probe = make_probe(case, person_jpeg(1))
    chosen = [make_gallery(Agency.objects.get())] if galleries else []
    with pytest.raises(Fault) as fault:
        submit(case, probe, chosen, face=face, limit=limit)
    assert fault.value.code == code
    assert Search.objects.count() == 0


def test_a_probe_without_a_face_cannot_be_searched(case: Case) -> None:
    probe = make_probe(case, encode_jpeg(draw_empty(3, size=320)))
    assert (probe.state, probe.faces) == (JobState.DONE, [])
    with pytest.raises(Fault) as fault:
        submit(case, probe, [make_gallery(Agency.objects.get())], face=None)
    assert fault.value.code == "probe_without_face"


def test_a_probe_that_is_still_examined_cannot_be_searched(case: Case) -> None:
    probe = make_probe(case, person_jpeg(1), analysed=False)
    with pytest.raises(Fault) as fault:
        submit(case, probe, [make_gallery(Agency.objects.get())], face=0)
    assert fault.value.code == "probe_not_ready"


def test_the_limit_holds_and_the_database_refuses_others(case: Case, gallery: Gallery) -> None:
    search = make_search(make_probe(case, person_jpeg(1, 5)), [gallery], limit=2)
    assert references(search)[0] == "P-1"
    assert search.candidates.count() == 2
    for limit in (1, 51):
        with pytest.raises(DatabaseError), transaction.atomic():
            Search.objects.filter(pk=search.pk).update(limit=limit)


def test_running_a_finished_search_again_changes_nothing(case: Case, gallery: Gallery) -> None:
    search = make_search(make_probe(case, person_jpeg(1, 5)), [gallery])
    before = list(Candidate.objects.values_list("pk", "rank", "similarity"))
    run_search(search.pk)
    assert list(Candidate.objects.values_list("pk", "rank", "similarity")) == before
    assert AuditEntry.objects.filter(action=Action.SEARCH_FINISHED).count() == 1


def test_the_same_search_gives_the_same_list(case: Case, gallery: Gallery) -> None:
    probe = make_probe(case, person_jpeg(1, 5))
    first, second = (make_search(probe, [gallery]) for _ in range(2))
    pairs = [
        list(s.candidates.values_list("rank", "image_id", "similarity")) for s in (first, second)
    ]
    assert pairs[0] == pairs[1]


def test_a_double_submission_is_one_search(case: Case, gallery: Gallery) -> None:
    probe = make_probe(case, person_jpeg(1))
    key = uuid.uuid4()
    made = [
        submit_search(
            actor=command_actor("test", case.agency_id),
            probe=probe,
            face_index=0,
            galleries=[gallery],
            grounds=make_grounds(purpose=Purpose.MISSING_PERSON),
            submission_key=key,
        )
        for _ in range(2)
    ]
    assert made[0].pk == made[1].pk
    assert Search.objects.count() == 1


def test_a_lost_file_fails_the_search_with_a_code(case: Case, gallery: Gallery) -> None:
    probe = make_probe(case, person_jpeg(1))
    files_of(case.agency_id).delete(probe.file_key)
    search = make_search(probe, [gallery])
    assert (search.state, search.failure_code) == (JobState.FAILED, "file_unreadable")
    assert search.candidates.count() == 0
    assert AuditEntry.objects.filter(action=Action.SEARCH_FAILED).count() == 1


def test_a_job_is_given_up_after_too_many_attempts(
    case: Case, gallery: Gallery, settings: "object"
) -> None:
    settings.JOB_MAX_ATTEMPTS = 2  # type: ignore[attr-defined]
    search = make_search(make_probe(case, person_jpeg(1)), [gallery], run=False)
    Search.objects.filter(pk=search.pk).update(attempts=2)
    run_search(search.pk)
    search.refresh_from_db()
    assert (search.state, search.failure_code) == (JobState.FAILED, "gave_up")


def test_who_may_not_search_uploads_nothing(
    alder: Agency, case: Case, eli: User, as_actor: Callable[[User, Agency], Actor]
) -> None:
    with pytest.raises(PermissionDenied):
        upload_probe(
            actor=as_actor(eli, alder),
            case=case,
            data=person_jpeg(1),
            capture=CAPTURE,
            submission_key=uuid.uuid4(),
        )
    assert Probe.objects.count() == 0


def turned_jpeg(seed: int, picture: int, quarter_turns: int) -> bytes:
    return encode_jpeg(turned(decode(person_jpeg(seed, picture)).rgb, quarter_turns))


def test_a_picture_that_stands_on_its_head_is_turned(case: Case, gallery: Gallery) -> None:
    probe = make_probe(case, turned_jpeg(1, 5, 2))
    assert (len(probe.faces), probe.quarter_turns) == (1, 2)
    assert references(make_search(probe, [gallery]))[0] == "P-1"


def test_a_person_turns_a_picture_whose_face_was_found_lying(case: Case, gallery: Gallery) -> None:
    probe = make_probe(case, turned_jpeg(1, 5, 3))
    start = probe.quarter_turns
    before = set(files_on_disk())
    turn_probe(actor=operator(case), probe=probe, quarter_turns=1 - start)
    assert (probe.state, probe.faces) == (JobState.QUEUED, [])
    analyse_probe(probe.pk)
    probe.refresh_from_db()
    assert (len(probe.faces), probe.quarter_turns) == (1, 1)
    assert len(set(files_on_disk()) - before) == 2
    assert references(make_search(probe, [gallery]))[0] == "P-1"


def test_a_probe_that_was_searched_with_is_not_turned(case: Case, gallery: Gallery) -> None:
    probe = make_probe(case, person_jpeg(1, 5))
    make_search(probe, [gallery])
    with pytest.raises(Fault) as fault:
        turn_probe(actor=operator(case), probe=probe, quarter_turns=1)
    assert fault.value.code == "probe_searched"
    probe.refresh_from_db()
    assert (probe.state, len(probe.faces)) == (JobState.DONE, 1)


def files_on_disk() -> list[Path]:
    return [path for path in Path(settings.FILES_DIR).rglob("*") if path.is_file()]


def operator(case: Case) -> Actor:
    return command_actor("test", case.agency_id)


def test_everything_is_recorded_without_content(case: Case, gallery: Gallery) -> None:
    make_search(make_probe(case, person_jpeg(1, 5)), [gallery])
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {
        Action.CASE_OPENED,
        Action.PROBE_UPLOADED,
        Action.PROBE_ANALYSED,
        Action.SEARCH_SUBMITTED,
        Action.SEARCH_FINISHED,
        Action.GALLERY_CREATED,
        Action.ENROLMENT_REQUESTED,
        Action.IMAGE_ENROLLED,
    } <= actions
    text = " ".join(str(data) for data in AuditEntry.objects.values_list("data", flat=True))
    assert "harbour" not in text
    assert "P-1" not in text


def test_a_refused_picture_raises_and_stores_nothing(case: Case) -> None:
    with pytest.raises(ImageRejected):
        upload_probe(
            actor=command_actor("test", case.agency_id),
            case=case,
            data=b"GIF89a",
            capture=CAPTURE,
            submission_key=uuid.uuid4(),
        )
    assert Probe.objects.count() == 0


def test_a_face_picked_in_another_picture_is_not_searched(case: Case, gallery: Gallery) -> None:
    probe = make_probe(case, person_jpeg(1, 2))
    seen = probe.shown_as
    make_edit(probe)  # by a colleague, meanwhile
    asked: dict[str, Any] = {
        "probe": probe,
        "face_index": 0,
        "galleries": [gallery],
        "grounds": make_grounds(),
    }
    actor = command_actor("test", case.agency_id)
    with pytest.raises(Fault, match="edit_picture_changed"):
        submit_search(actor=actor, **asked, seen=seen, submission_key=uuid.uuid4())
    assert Search.objects.count() == 0
    now: dict[str, Any] = {"seen": probe.shown_as, "submission_key": uuid.uuid4()}
    assert submit_search(actor=actor, **asked, **now).face_index == 0
