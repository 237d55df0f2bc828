"""Enrolled pictures searched under both contracts, with templates whose answer is known."""

import json
import uuid
from hashlib import sha256
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.access import actor_of
from accounts.actor import command_actor
from accounts.models import Agency, Membership, User
from galleries.models import ChangeStage, EngineChange, ShadowSearch
from galleries.services import shadow_searching
from galleries.services.shadow_searching import request_shadow_search, run_shadow_search
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.faults import Fault
from searches.models import FaceImage, Gallery, Subject
from searches.vectors import NewTemplate, add_templates
from tests.factories import make_gallery, make_image, unit
from tests.galleries.cast_engines import make_change, shadowed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]

SUBJECTS = 12
WORSE = 3  # subjects that the new engine takes for one another
NOISE = np.random.default_rng(7)


@pytest.fixture
def gallery(alder: Agency) -> Gallery:
    """Twelve subjects with two pictures each, all of which the old engine tells apart."""
    with scope(alder.pk):
        gallery = make_gallery(alder)
        for number in range(SUBJECTS):
            for _ in range(2):
                make_image(gallery, f"P-{number:02d}", near(number))
        make_image(gallery, "P-ALONE", near(SUBJECTS))
        return gallery


def near(number: int) -> Any:
    """A template close to that of the subject with this number, and to no other."""
    return unit(*(np.eye(SUBJECTS + 1)[number] + NOISE.normal(0, 0.02, SUBJECTS + 1)))


@pytest.fixture
def change(alder: Agency, gallery: Gallery) -> EngineChange:
    """Ready: the new engine tells all but three subjects apart, and those not at all."""
    with scope(alder.pk):
        change = make_change(gallery)
        change.rejections.all().delete()
        rows = []
        for image in FaceImage.objects.select_related("subject").order_by("pk"):
            name = image.subject.reference
            number = SUBJECTS if name == "P-ALONE" else int(name[2:])
            vector = near(number)
            if number < WORSE:  # each of their two pictures is somewhere else
                vector = unit(*NOISE.normal(size=SUBJECTS + 1))
            rows.append(NewTemplate(gallery.pk, image.subject_id, image.pk, vector))
        add_templates(change.to_contract_id, rows)
        EngineChange.objects.update(stage=ChangeStage.READY)
        change.refresh_from_db()
        return change


def test_the_report_counts_who_was_found_by_whom(alder: Agency, change: EngineChange) -> None:
    with scope(alder.pk):
        shadow = shadowed(change)
        report = shadow.report
        assert (shadow.state, shadow.eligible) == ("done", SUBJECTS)
        assert report is not None
        assert report["searches"] == SUBJECTS
        assert report["hits"]["from"]["rank_1"]["hits"] == SUBJECTS
        found = report["hits"]["to"]["rank_1"]["hits"]
        assert SUBJECTS - WORSE <= found < SUBJECTS
        # Wilson: 12 of 12 and 9 of 12 as published tables have them.
        assert report["hits"]["from"]["rank_1"]["low"] == pytest.approx(0.7575, abs=1e-4)
        assert report["hits"]["from"]["rank_1"]["high"] == pytest.approx(1.0)
        moved = {row["subject"] for row in report["worse"]}
        named = FaceImage.objects.filter(subject__reference__in=["P-00", "P-01", "P-02"])
        assert moved <= {str(pk) for pk in named.values_list("subject_id", flat=True)}
        assert len(moved) == SUBJECTS - found
        assert report["better"] == []
        assert all(row["from"] == 1 and row["to"] > 1 for row in report["worse"])
        # The whole gallery fits in both lists.
        lists = report["shared_candidates"]
        assert lists["shared"] == lists["of"] == SUBJECTS * (SUBJECTS + 1)
        assert report["templates"] == {"from": 2 * SUBJECTS + 1, "to": 2 * SUBJECTS + 1}
        assert "similarity" not in json.dumps(report["worse"])


def test_the_list_leaves_the_picture_itself_out(alder: Agency, change: EngineChange) -> None:
    with scope(alder.pk):
        image = FaceImage.objects.filter(subject__reference="P-ALONE").get()
        ranks = shadow_searching._both(change, image.subject_id, image.pk)
        assert ranks is not None
        assert ranks[:2] == [None, None]  # it has no other picture


def test_only_so_many_are_drawn_and_each_subject_once(alder: Agency, change: EngineChange) -> None:
    with scope(alder.pk):
        shadow = shadowed(change, searches=5)
        assert shadow.sample is not None
        assert shadow.report is not None
        subjects = [subject for subject, _ in shadow.sample]
        assert len(set(subjects)) == len(subjects) == 5
        assert shadow.report["searches"] == 5
        assert shadow.report["eligible_subjects"] == SUBJECTS


def test_it_goes_on_where_a_killed_worker_stopped(
    alder: Agency, change: EngineChange, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scope(alder.pk):
        whole = shadowed(change).report
        shadow = request_shadow_search(
            actor=command_actor("test", alder.pk),
            change=change,
            searches=50,
            submission_key=uuid.uuid4(),
        )
        monkeypatch.setattr(shadow_searching, "SLICE_SECONDS", 0.0)
        positions = []
        for _ in range(SUBJECTS):
            run_shadow_search(shadow.pk)
            shadow.refresh_from_db()
            positions.append(shadow.position)
        assert positions == [*range(1, SUBJECTS + 1)]
        assert shadow.state == "done"
        assert whole is not None
        assert shadow.report is not None
        assert shadow.report["hits"]["from"] == whole["hits"]["from"]


def test_an_image_erased_meanwhile_is_left_out(alder: Agency, change: EngineChange) -> None:
    with scope(alder.pk):
        shadow = request_shadow_search(
            actor=command_actor("test", alder.pk),
            change=change,
            searches=50,
            submission_key=uuid.uuid4(),
        )
        shadow_searching._draw(shadow)
        shadow.save()
        assert shadow.sample is not None
        gone = shadow.sample[0][1]
        connection.cursor().execute("DELETE FROM searches_template WHERE image_id = %s", [gone])
        run_shadow_search(shadow.pk)
        shadow.refresh_from_db()
        assert shadow.report is not None
        assert shadow.report["searches"] == SUBJECTS - 1
        assert gone not in json.dumps(shadow.report)


def test_what_is_refused(alder: Agency, change: EngineChange, ana: User) -> None:
    with scope(alder.pk):
        for searches in (0, 1001):
            with pytest.raises(Fault, match="shadow_number"):
                shadowed(change, searches)
        member = Membership.objects.get(user=ana)
        with pytest.raises(PermissionDenied):
            request_shadow_search(
                actor=actor_of(ana, alder, member, "127.0.0.1"),
                change=change,
                searches=5,
                submission_key=uuid.uuid4(),
            )
        EngineChange.objects.update(stage=ChangeStage.EMBEDDING)
        with pytest.raises(Fault, match="change_stage"):
            shadowed(change)
        assert not ShadowSearch.objects.exists()


def test_without_two_pictures_of_anybody_there_is_nothing_to_compare(
    alder: Agency, change: EngineChange
) -> None:
    with scope(alder.pk):
        connection.cursor().execute(
            "DELETE FROM searches_template t USING searches_faceimage i"
            " WHERE i.id = t.image_id AND i.subject_id <> %s AND t.contract_id = %s",
            [Subject.objects.get(reference="P-ALONE").pk, change.to_contract_id],
        )
        shadow = shadowed(change)
        assert (shadow.state, shadow.failure_code) == ("failed", "shadow_no_subjects")


def test_templates_that_go_meanwhile_leave_no_report(
    alder: Agency, change: EngineChange, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scope(alder.pk):
        shadow = request_shadow_search(
            actor=command_actor("test", alder.pk),
            change=change,
            searches=3,
            submission_key=uuid.uuid4(),
        )
        EngineChange.objects.update(stage=ChangeStage.CANCELLING)
        run_shadow_search(shadow.pk)
        shadow.refresh_from_db()
        assert (shadow.failure_code, shadow.report) == ("shadow_over", None)


def test_what_is_done_does_not_change(alder: Agency, change: EngineChange) -> None:
    with scope(alder.pk):
        shadowed(change)
        with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
            ShadowSearch.objects.update(report={})


def test_the_page_and_the_file(
    client: Client, alder: Agency, change: EngineChange, ada: User
) -> None:
    with scope(alder.pk):
        shadow = shadowed(change)
    client.force_login(ada)
    page = client.get(reverse("shadow_search", args=[shadow.pk])).content.decode()
    assert "12/12" in page
    assert any(name in page for name in ("P-00", "P-01", "P-02")), "who is found worse is named"
    answer = client.get(reverse("shadow_report", args=[shadow.pk]))
    assert json.loads(answer.content) == shadow.report
    with scope(alder.pk):
        entries = AuditEntry.objects.filter(subject_id=str(shadow.pk)).order_by("pk")
        assert [entry.action for entry in entries] == [
            "engine_change.comparing",
            "engine_change.compared",
            "engine_change.report_viewed",
            "engine_change.report_downloaded",
        ]
        digests = [entry.data["sha256"] for entry in entries if "sha256" in entry.data]
    assert digests == [sha256(answer.content).hexdigest()] * 2
