"""What happened at Evansville, done again through the real engine: it is found, and honest work is
not.

An officer used one real case number for searches of nine people who had nothing to do with it,
with pictures from social networks, for eight months.
"""

import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Agency
from accounts.purposes import Purpose
from oversight.misuse.registry import explanation
from oversight.models import MisuseAlert
from oversight.services.watching import watch_all, watch_since
from portal.tenancy import scope
from searches.models import CaptureKind, Case, Gallery, Search
from searches.services.capture import Capture
from searches.services.case_people import add_member
from searches.services.cases import open_case
from searches.services.enrolment import run_enrolment
from searches.services.probes import analyse_probe, upload_probe
from tests.factories import make_enrolment, make_gallery, make_search, person_jpeg
from tests.oversight.pictures import OTHERS, SUSPECT, from_camera, posed
from tests.searches.procedure import Office, examine, make_office

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]

SERIOUS = Purpose.SERIOUS_VIOLENT_OFFENCE
Clock = Callable[[timedelta], None]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Time goes on when it is told to; a weekday's noon, so that the hour itself is no sign."""
    real, passed = timezone.now, [timedelta()]

    def now() -> datetime:
        return real() + passed[0]

    monkeypatch.setattr("django.utils.timezone.now", now)
    return lambda span: passed.__setitem__(0, passed[0] + span)


@pytest.fixture
def office(alder: Agency) -> Office:
    return make_office(alder, "harbour.example")


@pytest.fixture
def gallery(alder: Agency) -> Gallery:
    gallery = make_gallery(alder)
    run_enrolment(make_enrolment(gallery, "P-1", person_jpeg(1)).pk)
    return gallery


def opened(actor: Actor, number: str) -> Case:
    return open_case(actor=actor, number=number, title="Robbery at the harbour", purpose=SERIOUS)


def search_for(
    actor: Actor, case: Case, gallery: Gallery, data: bytes, kind: CaptureKind
) -> Search:
    """Uploaded, searched and looked at as a person and the workers do."""
    capture = Capture(date(2026, 1, 3), kind, "Harbour Street", "Camera 4")
    probe = upload_probe(
        actor=actor, case=case, data=data, capture=capture, submission_key=uuid.uuid4()
    )
    analyse_probe(probe.pk)
    probe.refresh_from_db()
    search = make_search(probe, [gallery], actor=actor, purpose=SERIOUS)
    assert search.stage == "examination"
    search.refresh_from_db()
    assert search.finished_at is not None
    watch_since(search.agency_id, search.finished_at)
    return search


@pytest.mark.parametrize("kind", [CaptureKind.SOCIAL_MEDIA, CaptureKind.CCTV])
def test_one_case_number_does_not_hide_nine_unrelated_people(
    office: Office, gallery: Gallery, clock: Clock, kind: CaptureKind
) -> None:
    """Also when the officer lies about where the pictures come from."""
    officer = office.actor("deputy")
    case = opened(officer, "2026-0417")
    search_for(officer, case, gallery, from_camera(SUSPECT), CaptureKind.CCTV)
    assert not MisuseAlert.objects.exists()
    unrelated = []
    for number, seed in enumerate(OTHERS, start=1):
        clock(timedelta(days=27))
        unrelated.append(search_for(officer, case, gallery, posed(seed), kind))
        if number == 2:
            assert MisuseAlert.objects.filter(rule="unrelated_faces").count() == 1
    alert = MisuseAlert.objects.get(rule="unrelated_faces")
    assert (alert.case_id, alert.people) == (case.pk, [officer.user_id])
    assert alert.severity == "high"
    assert {str(one.pk) for one in unrelated[:2]} <= set(alert.facts["searches"])
    words = " ".join(explanation(alert.rule, alert.facts["numbers"], alert.facts["signals"]))
    assert f"{alert.facts['numbers']['faces']} people" in words
    assert alert.facts["numbers"]["faces"] >= 5
    assert "opened the case, owns it" in words
    assert "looks posed" in words
    with scope(office.agency.pk):
        watch_all()
    found = set(MisuseAlert.objects.values_list("rule", flat=True))
    assert {"unrelated_faces", "portrait_like_probe"} <= found


def test_honest_work_raises_nothing(office: Office, gallery: Gallery, clock: Clock) -> None:
    """Three pictures of one unknown, another suspect, conclusions, and several people at work."""
    owner, colleague = office.actor("deputy"), office.actor("analyst")
    case = opened(owner, "2026-0500")
    assert colleague.user_id is not None
    add_member(actor=owner, case=case, user_id=colleague.user_id)
    pictures = [from_camera(SUSPECT, n) for n in range(3)] + [from_camera(OTHERS[1])]
    for number, data in enumerate(pictures):
        actor = colleague if number % 2 else owner
        search = search_for(actor, case, gallery, data, CaptureKind.CCTV)
        examine(office.actor("first"), search, {1})
        examine(office.actor("second"), search, {1})
        assert search.stage == "concluded"
        clock(timedelta(days=3))
    watch_all()
    clock(timedelta(days=20))
    watch_all()
    assert list(MisuseAlert.objects.values_list("rule", flat=True)) == []
