"""A training place: what the command makes, and a learner who is led through a search."""

import io
import re
import uuid
from pathlib import Path

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.access import actor_of, agency_by_slug
from accounts.actor import Actor
from accounts.models import Agency, Membership, Role, User
from portal.post import wait_until_sent
from portal.tenancy import platform_scope, scope
from searches.faults import Fault
from searches.models import (
    Case,
    Conclusion,
    Enrolment,
    Examination,
    FaceImage,
    Gallery,
    Outcome,
    Probe,
    Search,
    Stage,
)
from searches.services.concluding import report_follow_up
from searches.services.examining import start_examination
from searches.services.probes import analyse_probe
from searches.services.searching import run_search
from tests.conftest import join
from tests.factories import (
    CAPTURE_FIELDS,
    make_case,
    make_enrolment,
    make_gallery,
    make_image,
    make_probe,
    make_search,
    person_jpeg,
)
from training.models import PracticePicture
from training.services.practice import examine_for_practice

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]
BANNER = "Training: all people here are made up."


@pytest.fixture
def sandbox(db: None, models: Path) -> Agency:
    return made()


def made(**options: object) -> Agency:
    call_command("create_sandbox", "school", people=6, stdout=io.StringIO(), **options)
    agency = agency_by_slug("school")
    assert agency is not None
    return agency


def acting(user: User, agency: Agency) -> Actor:
    with scope(agency.pk):
        return actor_of(user, agency, Membership.objects.get(user=user), "127.0.0.1")


def waiting() -> int:
    return Search.objects.filter(stage=Stage.EXAMINATION, examinations=None).count()


def test_the_command_fills_a_place_and_fills_it_up_again(sandbox: Agency) -> None:
    assert sandbox.is_sandbox
    with scope(sandbox.pk):
        assert Gallery.objects.get().name == "Drawn people"
        assert PracticePicture.objects.count() == 12  # of the gallery, and to search with
        example = Search.objects.get(case__number="EXAMPLE-1")
        assert Conclusion.objects.get(search=example).outcome == Outcome.LEAD
        assert waiting() == 2
        colleagues = [row.user for row in Membership.objects.select_related("user")]
        assert [user.is_active or user.has_usable_password() for user in colleagues] == [False] * 2
    made(admin_email="head@school.example")
    wait_until_sent()
    assert [message.to for message in mail.outbox] == [["head@school.example"]]
    with scope(sandbox.pk):
        assert (waiting(), Case.objects.count(), Probe.objects.count()) == (2, 3, 3)
    learner = join(sandbox, "eve@school.example", "Eve", Role.EXAMINER)
    with scope(sandbox.pk):
        taken = Search.objects.filter(stage=Stage.EXAMINATION).earliest("created_at")
        start_examination(actor=acting(learner, sandbox), search=taken)
    made()
    with scope(sandbox.pk):
        assert waiting() == 2


def test_no_other_picture_comes_into_a_training_place(sandbox: Agency, client: Client) -> None:
    learner = join(sandbox, "lea@school.example", "Lea", Role.ANALYST, Role.ADMIN)
    with scope(sandbox.pk):
        gallery = Gallery.objects.get()
        case = make_case(sandbox, members=[learner])
        before = (Probe.objects.count(), Enrolment.objects.count(), FaceImage.objects.count())
    client.force_login(learner)
    picture = SimpleUploadedFile("p.jpg", person_jpeg(1), "image/jpeg")
    sent = {"picture": picture, **CAPTURE_FIELDS, "submission_key": str(uuid.uuid4())}
    refused = client.post(reverse("probe_new", args=[case.pk]), sent)
    assert refused.status_code == 422
    assert "sandbox_picture" in refused.content.decode()
    with scope(sandbox.pk):
        with pytest.raises(Fault, match="sandbox_picture"), transaction.atomic():
            make_enrolment(gallery, "P-1", person_jpeg(1))
        with pytest.raises(Fault, match="sandbox_picture"), transaction.atomic():
            make_image(gallery, "P-1")
        after = (Probe.objects.count(), Enrolment.objects.count(), FaceImage.objects.count())
    assert after == before


def test_a_working_agency_never_becomes_a_training_place(alder: Agency) -> None:
    with pytest.raises(CommandError, match="works"):
        call_command("create_sandbox", "alder", stdout=io.StringIO())
    with platform_scope(), pytest.raises(DatabaseError, match="training place"):
        with transaction.atomic():
            Agency.objects.filter(pk=alder.pk).update(is_sandbox=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_agency WHERE is_sandbox")
        assert cursor.fetchone() == (0,)


def steps(client: Client) -> tuple[int, str]:
    """How many steps of the first journey are done, and the title of the next one."""
    page = client.get(reverse("training")).content.decode()
    done = re.search(r"(\d+) of 8 steps done", page)
    upcoming = re.search(r'aria-current="step">\s*<h3>\s*(.+?)\s*<span', page, re.DOTALL)
    assert done, page
    return int(done[1]), upcoming[1] if upcoming else ""


def test_a_learner_is_led_from_the_case_to_the_conclusion(sandbox: Agency, client: Client) -> None:
    learner = join(sandbox, "lea@school.example", "Lea", Role.ANALYST)
    client.force_login(learner)
    assert BANNER in client.get(reverse("home")).content.decode()
    assert steps(client) == (0, "Look at an example")
    shown = client.post(reverse("practice_example"), follow=True)
    assert "EXAMPLE-1" in shown.content.decode()
    assert steps(client) == (1, "Open a case")
    fields = {"number": "L-1", "title": "Mine", "purpose": "missing_person"}
    client.post(reverse("case_new"), fields)
    assert steps(client) == (2, "Add a picture")
    with scope(sandbox.pk):
        case = Case.objects.get(number="L-1")
    picture = client.get(reverse("practice_picture", args=[4]))
    assert "attachment" in picture.headers["Content-Disposition"]
    upload = SimpleUploadedFile("practice-4.jpg", picture.content, "image/jpeg")
    key = {"submission_key": str(uuid.uuid4())}
    sent = {"picture": upload, **CAPTURE_FIELDS, **key}
    assert client.post(reverse("probe_new", args=[case.pk]), sent).status_code == 302
    assert steps(client) == (3, "Choose the face and search")
    with scope(sandbox.pk):
        probe, gallery = Probe.objects.get(case=case), Gallery.objects.get()
        analyse_probe(probe.pk)
        probe.refresh_from_db()
        search = make_search(probe, [gallery], run=False, actor=acting(learner, sandbox))
    assert steps(client) == (4, "Follow the search")
    with scope(sandbox.pk):
        run_search(search.pk)
    assert steps(client) == (5, "Have it examined")
    client.post(reverse("practice_examine", args=[search.pk]))
    with scope(sandbox.pk):
        assert Conclusion.objects.get(search=search).outcome == Outcome.LEAD
        kept = Examination.objects.filter(search=search, items__disposition="retained")
        assert {item.items.get(disposition="retained").reference for item in kept} == {"D-004"}
    assert steps(client) == (6, "Read the conclusion")
    client.get(reverse("search", args=[search.pk]))
    assert steps(client) == (7, "Say what became of it")
    with scope(sandbox.pk):
        actor = acting(learner, sandbox)
        report_follow_up(actor=actor, search=search, outcome="confirmed", note="")
    assert steps(client) == (8, "")


def test_the_made_up_examiners_work_in_a_training_place_alone(
    alder: Agency, ana: User, client: Client, sandbox: Agency
) -> None:
    with scope(alder.pk):
        case = make_case(alder)
        analyst = acting(ana, alder)
        search = make_search(make_probe(case, person_jpeg(1)), [make_gallery(alder)], actor=analyst)
    client.force_login(ana)
    assert client.post(reverse("practice_examine", args=[search.pk])).status_code == 404
    assert client.post(reverse("practice_example")).status_code == 404
    assert client.get(reverse("practice_picture", args=[1])).status_code == 404
    assert BANNER not in client.get(reverse("home")).content.decode()
    with scope(alder.pk), pytest.raises(Fault, match="not_a_sandbox"):
        examine_for_practice(actor=analyst, search=search)
    with scope(alder.pk):
        assert not Examination.objects.exists()
    with scope(sandbox.pk):
        other = Search.objects.filter(stage=Stage.EXAMINATION).earliest("created_at")
    assert client.post(reverse("practice_examine", args=[other.pk])).status_code == 404
    learner = join(sandbox, "lea@school.example", "Lea", Role.ANALYST, Role.SUPERVISOR)
    client.force_login(learner)
    assert client.post(reverse("practice_examine", args=[other.pk])).status_code == 403
    with scope(sandbox.pk):
        assert not Examination.objects.filter(search=other).exists()
