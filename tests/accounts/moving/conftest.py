"""Alder's export from the tests' installation, and the second one that it moves to."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import transaction
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Agency, Role
from accounts.offboarding.reading import read_index, zip_stream
from galleries.models import Erasure
from portal.tenancy import scope
from searches.models import Candidate, Gallery
from searches.services.enrolment import run_enrolment
from tests.accounts.moving import second
from tests.accounts.moving.snapshot import Snapshot, snapshot_of
from tests.accounts.offboarding.cast import close, run
from tests.conftest import join, licensed
from tests.factories import (
    make_case,
    make_enrolment,
    make_gallery,
    make_probe,
    make_search,
    person_jpeg,
    working_agency,
)

MOVED_CASE = "2026-777"


@dataclass(frozen=True)
class Exported:
    """The export as it was downloaded, and what the agency held when it was made."""

    path: Path
    agency: Agency
    before: Snapshot
    found: list[tuple[str, float]]
    """Whom a search found: image and similarity."""


@pytest.fixture(scope="module")
def second_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        second.make()
    yield
    with django_db_blocker.unblock():
        second.drop()


@pytest.fixture(scope="module")
def exported(
    second_database: None,
    django_db_blocker: DjangoDbBlocker,
    models: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Exported:
    """Everything that an agency can have, in the export of its end."""
    folder = tmp_path_factory.mktemp("first")
    with (
        pytest.MonkeyPatch.context() as patch,
        override_settings(FILES_DIR=folder / "files", ERASURE_JOURNAL=folder / "journal"),
    ):
        patch.setattr("portal.tasks._send", lambda *_: None)
        # Undone at once: on one server an open transaction holds up erasures of all databases.
        with django_db_blocker.unblock(), transaction.atomic():
            made = _exported(folder)
            transaction.set_rollback(True)
    return made


def _exported(folder: Path) -> Exported:
    agency = licensed("Alder Police", "alder")
    join(agency, "ada@alder.example", "Ada", Role.ADMIN, Role.ANALYST, Role.AUDITOR)
    working_agency(agency)
    with scope(agency.pk):
        found = _search(agency)
        assert Erasure.objects.filter(state="queued").exists()
    before = snapshot_of(agency.pk)
    assert run(close(agency)).state == "exported"
    path = folder / "export.zip"
    with scope(agency.pk):
        closed = Agency.objects.get(pk=agency.pk)
        with path.open("wb") as out:
            out.writelines(zip_stream(closed, read_index(closed)))
    return Exported(path, closed, before, found)


def _search(agency: Agency) -> list[tuple[str, float]]:
    """In a gallery of three people, with a picture of one of them."""
    gallery = make_gallery(agency, "Three people")
    for seed in (11, 12, 13):
        run_enrolment(make_enrolment(gallery, f"M-{seed}", person_jpeg(seed)).pk)
    case = make_case(agency, MOVED_CASE)
    return found_by_search(gallery, make_probe(case, person_jpeg(11, 1)))


def found_by_search(gallery: Gallery, probe: object) -> list[tuple[str, float]]:
    search = make_search(probe, [gallery])  # type: ignore[arg-type]
    assert search.state == "done", search.failure_code
    candidates = Candidate.objects.filter(search=search).order_by("rank")
    return [(str(one.image_id), round(one.similarity, 4)) for one in candidates]
