"""Deciding on a face."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Agency
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from searches.models import Examination, ExaminationState, Search, Stage
from tests.factories import make_gallery, person_jpeg
from tests.searches.procedure import SIMILAR, Office, searched
from tests.searches.workbench.cast import (
    DECISION,
    PAGES,
    PICTURES,
    address,
    begin,
    decide_all,
    page,
    post,
)

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]


def test_decisions_lead_from_face_to_face_and_back_to_the_list(
    office: Office, log_in: Callable[[str], Client], search: Search
) -> None:
    examination, client = begin(office, "first", search), log_in("first")
    post(client, "examination_decide", examination, 2, **DECISION)
    after_first = post(client, "examination_decide", examination, 1, **DECISION)
    assert after_first == address("examination_face", examination, 3)  # the second is decided
    for position in (3, 5):
        post(client, "examination_decide", examination, position, **DECISION)
    assert "4 of 5 decided" in page(client, "examination", examination)
    values = {**SIMILAR, "disposition": "retained", "comment": "The same scar"}
    last = post(client, "examination_decide", examination, 4, **values)
    assert last == address("examination", examination)
    item = examination.items.get(position=4)
    assert (item.disposition, item.features, item.comment) == (
        "retained",
        SIMILAR,
        "The same scar",
    )
    assert "5 of 5 decided" in page(client, "examination", examination)
    again = page(client, "examination_face", examination, 4)
    assert "The same scar" in again
    assert len(re.findall(r"<input[^>]* checked", again)) == 4 + 1  # and the box of the keys


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"disposition": "retained", "eyes": "similar"}, "checklist_incomplete"),
        ({"disposition": "excluded"}, "checklist_incomplete"),
        ({"disposition": "excluded", "comment": "x" * 4001}, "text_too_long"),
        ({"eyes": "similar"}, "disposition_unknown"),
        ({"disposition": "identified", **SIMILAR}, "disposition_unknown"),
        ({"disposition": "excluded", "nose": "75 %"}, "disposition_unknown"),
    ],
)
def test_a_decision_that_lacks_something_is_shown_again(
    office: Office,
    log_in: Callable[[str], Client],
    search: Search,
    values: dict[str, str],
    code: str,
) -> None:
    examination, client = begin(office, "first", search), log_in("first")
    response = client.post(address("examination_decide", examination, 1), values)
    text = response.content.decode()
    assert response.status_code == 422
    assert f'<code class="code">{code}</code>' in text
    assert not examination.items.exclude(disposition="").exists()
    if "eyes" in values:
        assert re.search(r'name="eyes" value="similar"[^>]* checked', text)


def test_submitting_asks_first_and_wants_every_face(
    office: Office, log_in: Callable[[str], Client], search: Search
) -> None:
    examination, client = begin(office, "first", search), log_in("first")
    for method in (client.get, client.post):
        response = method(address("examination_submit", examination), follow=True)
        assert "Decide about every face before you submit" in response.content.decode()
    decide_all(client, examination)
    assert "After this your decisions do not change" in page(
        client, "examination_submit", examination
    )
    examination.refresh_from_db()
    assert examination.state == ExaminationState.OPEN
    post(client, "examination_submit", examination)
    examination.refresh_from_db()
    search.refresh_from_db()
    assert (examination.state, search.stage) == ("submitted", Stage.SECOND_EXAMINATION)
    assert post(client, "examination_decide", examination, 1, **DECISION) == address(
        "examination", examination
    )
    assert client.get(address("examination_face", examination, 1)).status_code == 302


def test_giving_back_asks_first_and_ends_the_sight(
    office: Office, log_in: Callable[[str], Client], search: Search
) -> None:
    examination, client = begin(office, "first", search), log_in("first")
    assert "counts for nothing" in page(client, "examination_return", examination)
    assert Examination.objects.get().is_open
    post(client, "examination_return", examination)
    assert Examination.objects.get().state == ExaminationState.RETURNED
    for name, arguments in [*PAGES, *PICTURES]:
        response = client.get(address(name, examination, *arguments))
        assert response.status_code == 410
        assert "examination_closed" in response.content.decode()


def test_a_supervisor_gives_back_for_who_is_away_and_sees_no_face(
    office: Office, log_in: Callable[[str], Client], search: Search
) -> None:
    examination = begin(office, "first", search)
    assert log_in("second").post(address("examination_return", examination)).status_code == 403
    assert Examination.objects.get().is_open
    client = log_in("supervisor")
    assert "<img" not in page(client, "examination_return", examination)
    post(client, "examination_return", examination)
    assert Examination.objects.get().state == ExaminationState.RETURNED


def test_an_empty_list_is_submitted_as_well(
    office: Office, log_in: Callable[[str], Client], alder: Agency
) -> None:
    search = searched(office, person_jpeg(1), make_gallery(alder, "Empty"))
    examination, client = begin(office, "first", search), log_in("first")
    assert "There is no face to examine" in page(client, "examination", examination)
    post(client, "examination_submit", examination)
    assert "There was no face to examine" in page(client, "examination", examination)


def test_looking_at_a_face_is_recorded(
    office: Office, log_in: Callable[[str], Client], search: Search
) -> None:
    examination, client = begin(office, "first", search), log_in("first")
    page(client, "examination_face", examination, 2)
    entry = AuditEntry.objects.filter(action=Action.FACE_VIEWED).get()
    facts = {"search": str(search.pk), "case": str(search.case_id), "round": 1, "position": 2}
    assert (entry.data, entry.subject_id) == (facts, str(examination.pk))
    assert entry.actor_id == office.people["first"].pk
