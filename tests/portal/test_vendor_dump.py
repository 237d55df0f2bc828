"""What a vendor has who takes the database and the files, and no keys: no word and no picture.

A committed office imports, merges, reviews, searches, reports and erases under texts that stand
nowhere else. Then the database is dumped as SQL, and every byte of the dump and of the file store
is looked through for them.
"""

import io
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psycopg
import pytest
from django.conf import settings
from PIL import Image
from psycopg.conninfo import make_conninfo
from pytest_django.plugin import DjangoDbBlocker

from accounts.actor import command_actor
from galleries.models import ErasureCause, ErasureTarget, ImportFile, ReviewDecision
from galleries.services.erasing import request_erasure, run_erasure
from galleries.services.hygiene import request_hygiene, run_hygiene
from galleries.services.moving import merge_subjects
from galleries.services.reviewing import decide_review
from portal import embedded
from portal.embedded.cluster import programs
from portal.tenancy import scope
from searches.models import Enrolment, Subject
from searches.services.case_notes import add_note
from searches.services.cases import open_case
from searches.services.disclosing import make_bundle, make_report
from tests.factories import (
    CAPTURE,
    make_conclusion,
    make_draft,
    make_gallery,
    make_grounds,
    make_probe,
    make_search,
    person_jpeg,
)
from tests.galleries.helpers import checking, enrolled, held
from tests.galleries.imports_cast import enrolled as imported
from tests.galleries.imports_cast import packed
from tests.oversight.requests_cast import in_work, make_request, two_handlers
from tests.portal.test_restore_drill import forms_of
from tests.searches.committed import PICTURE, Place, committed_place, superuser

pytestmark = pytest.mark.usefixtures("models")

NUMBER, TITLE = "VENDOR-CASE-2026-77", "Vendor robbery at the quay"
# Imported; refused by the check; merged; kept; held and enrolled; erased.
REFERENCES = [
    f"VENDOR-{name}" for name in ["IMPORT", "REFUSED", "MERGED", "KEPT", "HELD", "ERASED"]
]
IMPORT, REFUSED, MERGED, KEPT, HELD, ERASED = REFERENCES
NOTE, REASON = "Vendor note on the witness", "Vendor reason of the review"
FACE = person_jpeg(41)
GROUNDS = make_grounds()
WORDS = [
    *(NUMBER, TITLE, NOTE, REASON, *REFERENCES),
    *(GROUNDS.reason, GROUNDS.facts, CAPTURE.place, CAPTURE.device),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the file store, of this module alone."""
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def place(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, models: Path, store: Path
) -> Iterator[Place]:
    """The office when all of it has happened."""
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setattr(settings, "FILES_DIR", store)
        with committed_place(subjects=3) as office:
            with scope(office.agency.pk):
                _search_and_report(office)
                _work_on_subjects(office)
            yield office


def _search_and_report(place: Place) -> None:
    analyst = place.office.actor("analyst")
    case = open_case(actor=analyst, number=NUMBER, title=TITLE, purpose="missing_person")
    add_note(actor=analyst, case=case, text=NOTE)
    probe = make_probe(case, PICTURE)
    make_draft(probe, place.office.people["analyst"])
    search = make_search(probe, [place.gallery], actor=analyst)
    make_conclusion(search)
    make_report(actor=analyst, search=search, language="en")
    make_bundle(actor=place.office.actor("auditor"), search=search)


def _work_on_subjects(place: Place) -> None:
    actor = command_actor("test", place.agency.pk)
    files = {f"{IMPORT}/{IMPORT}-1.jpg": FACE, f"{REFUSED}/{REFUSED}-1.jpg": b"no picture"}
    imported(place.other, packed(files))
    gallery = checking(make_gallery(place.agency, "Reviewed"))
    people = {name: enrolled(gallery, name, 60.0 * n) for n, name in enumerate(REFERENCES[2:4])}
    merge_subjects(actor=actor, subject=people[MERGED].subject, into=people[KEPT].subject)
    item = held(gallery, HELD, 61.0)
    decide_review(actor=actor, item=item, decision=ReviewDecision.ENROL, reason=REASON)
    run_hygiene(request_hygiene(actor=actor, gallery=gallery, submission_key=uuid.uuid4()).pk)
    gone = enrolled(gallery, ERASED, 200.0)
    in_work(make_request(place.agency), two_handlers(place.agency)[0], KEPT)
    erasure = request_erasure(
        actor=actor,
        target=ErasureTarget.SUBJECTS,
        ids=[gone.subject_id],
        cause=ErasureCause.DEMAND,
        reason=REASON,
        submission_key=uuid.uuid4(),
    )
    run_erasure(erasure.pk)


def needles() -> list[bytes]:
    """Words, pieces of the files as they were handed in, and rows of the probe's pixels."""
    raw = [text.encode() for text in WORDS]
    for data in (PICTURE, FACE):
        raw += [data[at : at + 24] for at in range(600, len(data) - 24, len(data) // 6)]
    pixels = np.asarray(Image.open(io.BytesIO(PICTURE)).convert("RGB"))[100::60, 100:116]
    raw += [row.tobytes() for row in pixels]
    return [form for piece in raw for form in forms_of(piece)]


def haystack(store: Path) -> bytes:
    """The dump as SQL, and all files of the store."""
    urls = embedded.ensure_running(Path(settings.VAR_DIR))
    database = str(settings.DATABASES["default"]["NAME"])
    command = [
        str(programs() / "pg_dump"),
        "--inserts",
        make_conninfo(urls.superuser_url, dbname=database),
    ]
    plain = subprocess.run(command, capture_output=True, check=True).stdout
    stored = [path.read_bytes() for path in store.rglob("*") if path.is_file()]
    assert len(stored) > 20
    assert b"INSERT INTO public.searches_subject" in plain
    return b"\n".join([plain, *stored])


def found_in(bytes_of_all: bytes) -> list[bytes]:
    return [needle for needle in needles() if needle in bytes_of_all]


def test_the_story_was_told(place: Place) -> None:
    with scope(place.agency.pk):
        known = {subject.reference for subject in Subject.every.all()}
        assert known >= {IMPORT, MERGED, KEPT, ""}
        assert HELD in {job.reference for job in Enrolment.objects.all()}
        assert REFUSED in {file.reference for file in ImportFile.objects.all()}


def test_no_word_and_no_picture_is_in_dump_or_files(place: Place, store: Path) -> None:
    assert found_in(haystack(store)) == []


@pytest.mark.parametrize("planted", [IMPORT, TITLE], ids=["reference", "title"])
def test_one_that_was_left_in_clear_would_be_found(place: Place, store: Path, planted: str) -> None:
    with superuser(past_triggers=True) as connection:
        before = _rename_imports(connection, planted)
    try:
        assert found_in(haystack(store)) == [planted.encode()]
    finally:
        with superuser(past_triggers=True) as connection:
            _rename_imports(connection, before)


def _rename_imports(connection: psycopg.Connection, name: str) -> str:
    row = connection.execute("SELECT name FROM galleries_importbatch").fetchone()
    connection.execute("UPDATE galleries_importbatch SET name = %s", [name])
    assert row is not None
    return str(row[0])
