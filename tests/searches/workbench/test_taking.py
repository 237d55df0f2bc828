"""Whose an examination is, and what becomes of it afterwards."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Activity, Agency
from portal.audit.models import AuditEntry
from searches.models import Basis, Examination, Gallery, Search, Stage
from searches.services.authorizing import refuse_search
from tests.factories import make_case, make_certificate, make_probe, make_search, person_jpeg
from tests.searches.procedure import Office, examine, filled_gallery, searched
from tests.searches.workbench.cast import DECISION, PAGES, PICTURES, address, begin, page, take

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]


def test_taking_a_round_opens_it_and_again_is_the_same(
    log_in: Callable[[str], Client], search: Search
) -> None:
    client = log_in("first")
    opened = take(client, search)["Location"]
    examination = Examination.objects.get()
    assert opened == address("examination", examination)
    assert take(client, search)["Location"] == opened
    assert Examination.objects.count() == 1


@pytest.mark.parametrize("name", ["analyst", "auditor", "supervisor"])
def test_who_may_not_examine_takes_nothing(
    log_in: Callable[[str], Client], search: Search, name: str
) -> None:
    assert take(log_in(name), search).status_code == 403
    assert not Examination.objects.exists()


def test_an_examiner_does_not_adjudicate(
    office: Office, log_in: Callable[[str], Client], search: Search
) -> None:
    examine(office.actor("first"), search, {1})
    examine(office.actor("second"), search)
    assert search.stage == Stage.ADJUDICATION
    assert take(log_in("third"), search).status_code == 403
    assert search.examinations.count() == 2
    assert take(log_in("supervisor"), search).status_code == 302
    assert search.examinations.count() == 3


def test_a_fault_is_told_where_the_work_is(
    office: Office, log_in: Callable[[str], Client], search: Search
) -> None:
    begin(office, "first", search)
    response = log_in("second").post(reverse("examination_take", args=[search.pk]), follow=True)
    assert "Somebody else is examining this search already." in response.content.decode()
    assert Examination.objects.count() == 1


@pytest.mark.parametrize("name", ["analyst", "second", "supervisor", "auditor"])
def test_an_examination_is_its_examiners(
    office: Office, log_in: Callable[[str], Client], search: Search, name: str
) -> None:
    examination, client = begin(office, "first", search), log_in(name)
    before = AuditEntry.objects.count()
    for opened, arguments in [*PAGES, *PICTURES, ("examination_submit", [])]:
        assert client.get(address(opened, examination, *arguments)).status_code == 403, opened
    decide = address("examination_decide", examination, 1)
    assert client.post(decide, DECISION).status_code == 403
    assert client.post(address("examination_submit", examination)).status_code == 403
    assert AuditEntry.objects.count() == before
    assert examination.items.exclude(disposition="").count() == 0


def test_an_examiner_whose_training_ended_is_told_so(
    office: Office, log_in: Callable[[str], Client], search: Search, alder: Agency
) -> None:
    examination = begin(office, "first", search)
    make_certificate(alder, office.people["first"], days_left=-1, activity=Activity.EXAMINE)
    response = log_in("first").get(address("examination", examination))
    assert response.status_code == 403
    assert "training_needed" in response.content.decode()


def test_faces_are_named_by_position_alone(
    office: Office, log_in: Callable[[str], Client], search: Search
) -> None:
    examination, client = begin(office, "first", search), log_in("first")
    for position in (0, 6, 2**40):
        assert client.get(address("examination_face", examination, position)).status_code == 404
        picture = address("examination_face_portrait", examination, position)
        assert client.get(picture).status_code == 404
        decide = address("examination_decide", examination, position)
        assert client.post(decide, DECISION).status_code == 404


def test_similarities_are_shown_when_the_search_is_concluded(
    office: Office, log_in: Callable[[str], Client], search: Search
) -> None:
    first = examine(office.actor("first"), search, {2})
    before = page(log_in("first"), "examination", first)
    assert "You submitted it on" in before
    assert "May be the same person" in before
    numbers = [f"{row.similarity:.4f}" for row in search.candidates.all()]
    assert not any(number in before for number in numbers)
    second = examine(office.actor("second"), search, {2})
    assert search.stage == Stage.CONCLUDED
    for name, examination in (("first", first), ("second", second)):
        after = page(log_in(name), "examination", examination)
        assert all(number in after for number in numbers)
        assert after.count("it was mixed in") == (2 if name == "second" else 0)
        assert "S-00" not in after


def test_locked_results_are_shown_to_no_examiner(
    office: Office, log_in: Callable[[str], Client], gallery: Gallery
) -> None:
    search = searched(office, person_jpeg(1), gallery, basis=Basis.URGENT)
    examination, client = begin(office, "first", search), log_in("first")
    page(client, "examination", examination)
    late = timezone.now() + timedelta(hours=49)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("searches.services.stages.timezone", SimpleNamespace(now=lambda: late))
        for name, arguments in [*PAGES, *PICTURES]:
            response = client.get(address(name, examination, *arguments))
            assert response.status_code == 403, name
            assert "results_locked" in response.content.decode()
        decide = address("examination_decide", examination, 1)
        assert client.post(decide, DECISION).status_code == 403
    assert not examination.items.exclude(disposition="").exists()


def test_what_was_erased_is_said_to_be_so_to_its_examiner(
    office: Office, log_in: Callable[[str], Client], gallery: Gallery
) -> None:
    search = searched(office, person_jpeg(1), gallery, basis=Basis.URGENT)
    first = examine(office.actor("first"), search)
    refuse_search(actor=office.actor("supervisor"), search=search, reason="There was no urgency")
    assert not Examination.objects.exists()
    for name, arguments in [*PAGES, *PICTURES]:
        response = log_in("first").get(address(name, first, *arguments))
        assert response.status_code == 410, name
        assert "examination_erased" in response.content.decode()
        assert "<img" not in response.content.decode()
    assert log_in("second").get(address("examination", first)).status_code == 404


def test_pages_cost_the_same_whatever_the_number_of_faces(
    office: Office, log_in: Callable[[str], Client], alder: Agency
) -> None:
    costs = []
    for subjects in (3, 12):
        gallery = filled_gallery(alder, subjects, f"With {subjects}")
        probe = make_probe(make_case(alder, f"C-{subjects}"), person_jpeg(1))
        search = make_search(probe, [gallery], actor=office.actor("analyst"))
        everybody = set(range(1, subjects + 1))
        cost = []
        for name, retained in (("first", everybody), ("second", set()), ("supervisor", set())):
            examination, client = begin(office, name, search), log_in(name)
            page(client, "examination", examination)  # the first request of a log-in costs more
            for opened, arguments in PAGES:
                with CaptureQueriesContext(connection) as queries:
                    page(client, opened, examination, *arguments)
                cost.append(len(queries))
            examine(office.actor(name), search, retained)
            with CaptureQueriesContext(connection) as queries:
                page(client, "examination", examination)
            cost.append(len(queries))
        costs.append(cost)
    assert costs[0] == costs[1]
    assert max(costs[0]) <= 25
