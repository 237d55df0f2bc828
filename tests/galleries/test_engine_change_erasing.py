"""Erasure while the engine is being changed: both contracts, every stage, committed rows."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from accounts.actor import command_actor
from galleries.erasing.needles import Needle
from galleries.erasing.rewriting import tables_of
from galleries.erasing.scanning import scan_tables
from galleries.models import ChangeStage, EngineChange, Erasure, ErasureCause, ErasureTarget
from galleries.services import erasing
from galleries.services.engine_clearing import clear_some
from portal.tenancy import scope
from searches.models import FaceImage, Gallery, JobState
from searches.template_rows import count_of_images
from searches.vectors import NewTemplate, add_templates, count_templates
from tests.factories import make_image, unit
from tests.galleries.cast_engines import make_change, reject
from tests.searches.committed import Place, committed_place, superuser

EACH_TEST_ALONE = True

REASON = "The person asked for it, and nothing keeps it"


@pytest.fixture
def place(
    models: Path, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Place]:
    with django_db_blocker.unblock(), committed_place() as made, scope(made.agency.pk):
        yield made


def erased(place: Place, target: ErasureTarget, *ids: uuid.UUID) -> Erasure:
    erasure = erasing.request_erasure(
        actor=command_actor("test", place.agency.pk),
        target=target,
        ids=list(ids),
        cause=ErasureCause.DEMAND,
        reason=REASON,
        submission_key=uuid.uuid4(),
    )
    erasing.run_erasure(erasure.pk)
    erasure.refresh_from_db()
    assert erasure.state == JobState.DONE
    return erasure


def change_at(place: Place, stage: ChangeStage) -> EngineChange:
    """A change of the second gallery, whose pictures have templates under both contracts."""
    make_image(place.other, "Q-1")
    change = make_change(place.other)
    change.rejections.all().delete()
    rows = [
        NewTemplate(place.other.pk, image.subject_id, image.pk, unit(number + 1, 2, 3, 4))
        for number, image in enumerate(FaceImage.objects.filter(gallery=place.other))
    ]
    add_templates(change.to_contract_id, rows)
    if stage != ChangeStage.EMBEDDING:
        EngineChange.objects.update(stage=ChangeStage.READY, asked="cut_over", accepted_losses=0)
    if stage == ChangeStage.CUT_OVER:
        Gallery.objects.filter(pk=place.other.pk).update(contract=change.to_contract)
        EngineChange.objects.update(stage=stage, asked="", accepted_losses=None)
    change.refresh_from_db()
    return change


STAGES = [ChangeStage.EMBEDDING, ChangeStage.READY, ChangeStage.CUT_OVER]


@pytest.mark.parametrize("stage", STAGES)
def test_templates_of_both_contracts_go_with_their_image(place: Place, stage: ChangeStage) -> None:
    change = change_at(place, stage)
    image = FaceImage.objects.filter(gallery=place.other).latest("enrolled_at")
    assert count_of_images([image.pk]) == 2
    erasure = erased(place, ErasureTarget.IMAGES, image.pk)
    assert count_of_images([image.pk]) == 0
    assert erasure.counts["templates"] == 2
    left = [
        count_templates(contract_pk=contract, galleries=[place.other.pk])
        for contract in (change.from_contract_id, change.to_contract_id)
    ]
    assert left == [1, 1]


def test_what_an_engine_said_of_an_image_goes_with_it(place: Place) -> None:
    change = change_at(place, ChangeStage.EMBEDDING)
    images = list(FaceImage.objects.filter(gallery=place.other))
    for image in images:
        reject(change, image.pk)
    erased(place, ErasureTarget.IMAGES, images[0].pk)
    assert [row.image_id for row in change.rejections.all()] == [images[1].pk]


def test_a_gallery_is_erased_while_its_engine_is_changed(place: Place) -> None:
    change = change_at(place, ChangeStage.READY)
    erasure = erased(place, ErasureTarget.GALLERY, place.other.pk)
    assert erasure.counts["templates"] == 4
    for contract in (change.from_contract_id, change.to_contract_id):
        assert count_templates(contract_pk=contract, galleries=[place.other.pk]) == 0


def test_removing_templates_writes_their_table_anew(place: Place) -> None:
    """With the very pages, as an erasure does: the bytes of the old templates are nowhere."""
    change = change_at(place, ChangeStage.CUT_OVER)
    image = FaceImage.objects.filter(gallery=place.other).latest("enrolled_at")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT substr(halfvec_send(vector), 5) FROM searches_template"
            " WHERE image_id = %s AND contract_id = %s",
            [image.pk, change.from_contract_id],
        )
        stored = np.frombuffer(bytes(cursor.fetchone()[0]), ">f2").astype("<f2").tobytes()
    with superuser() as server:
        server.execute("CHECKPOINT")  # from memory into the files
    needle = Needle(change.from_contract_id, stored)
    tables = tables_of(Erasure(agency_id=place.agency.pk, target=ErasureTarget.IMAGES))[:1]
    before = scan_tables(tables, [needle])
    assert before is not None
    assert before.found > 0
    EngineChange.objects.update(stage=ChangeStage.REMOVING)
    change.refresh_from_db()
    clear_some(change, 0.0)
    change.refresh_from_db()
    assert (change.stage, change.removed_templates) == (ChangeStage.REMOVED, 2)
    after = scan_tables(tables, [needle])
    assert after is not None
    assert after.found == 0
