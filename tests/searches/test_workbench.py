"""The examiner's pages: whose they are, what they show, and what they keep silent about."""

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.actor import command_actor
from accounts.models import Activity, Agency
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from searches.measuring import measure
from searches.models import (
    Basis,
    Examination,
    ExaminationState,
    FaceImage,
    Gallery,
    Probe,
    Search,
    Stage,
)
from searches.services.authorizing import refuse_search
from searches.services.enrolment import enrol_picture
from searches.services.examining import return_examination, start_examination
from tests.factories import (
    make_case,
    make_certificate,
    make_edit,
    make_gallery,
    make_probe,
    make_search,
    person_jpeg,
    provenance_of,
)
from tests.searches.procedure import (
    SIMILAR,
    Office,
    examine,
    filled_gallery,
    searched,
)

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]

PICTURES: list[tuple[str, list[object]]] = [
    ("examination_probe_face", []),
    ("examination_probe_close_up", []),
    ("examination_probe_picture", []),
    ("examination_probe_original", []),
    ("examination_face_portrait", [1]),
    ("examination_face_close_up", [1]),
    ("examination_face_picture", [1]),
]
PAGES: list[tuple[str, list[object]]] = [("examination", []), ("examination_face", [1])]
DECISION = {"nose": "dissimilar", "disposition": "excluded", "comment": ""}


@pytest.fixture
def gallery(alder: Agency) -> Gallery:
    return filled_gallery(alder, 8)


@pytest.fixture
def search(office: Office, gallery: Gallery) -> Search:
    """Done, with five candidates of eight subjects, and not examined yet."""
    return searched(office, person_jpeg(1), gallery, limit=5)


@pytest.fixture
def log_in(office: Office, client: Client) -> Callable[[str], Client]:
    def as_person(name: str) -> Client:
        client.force_login(office.people[name])
        return client

    return as_person


def begin(office: Office, name: str, search: Search) -> Examination:
    return start_examination(actor=office.actor(name), search=search)


def address(name: str, examination: Examination, *arguments: object) -> str:
    return reverse(name, args=[examination.pk, *arguments])


def post(client: Client, name: str, examination: Examination, *at: object, **values: str) -> str:
    """Where the answer leads to."""
    response = client.post(address(name, examination, *at), values)
    assert response.status_code == 302, response.content.decode()
    return response["Location"]


def take(client: Client, search: Search) -> HttpResponse:
    return client.post(reverse("examination_take", args=[search.pk]))  # type: ignore[return-value]


def decide_all(client: Client, examination: Examination) -> None:
    for position in examination.items.values_list("position", flat=True):
        post(client, "examination_decide", examination, position, **DECISION)


# --- Taking, and whose it is --------------------------------------------------------------------


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
    for page, arguments in [*PAGES, *PICTURES, ("examination_submit", [])]:
        assert client.get(address(page, examination, *arguments)).status_code == 403, page
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


# --- Deciding -----------------------------------------------------------------------------------


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


# --- What is not shown --------------------------------------------------------------------------


def page(client: Client, name: str, examination: Examination, *arguments: object) -> str:
    response = client.get(address(name, examination, *arguments))
    assert response.status_code == 200
    return str(response.content.decode())


def everything(client: Client, examination: Examination) -> str:
    """All pages of an examination, and a refused decision."""
    pages = [page(client, "examination", examination)]
    for position in examination.items.values_list("position", flat=True):
        pages.append(page(client, "examination_face", examination, position))
    pages.append(client.post(address("examination_decide", examination, 1), {}).content.decode())
    return "\n".join(pages)


def telling(search: Search) -> list[str]:
    """What would sway an examiner, or say whose face it is."""
    words = [search.case.number, search.case.title, "Register", "Custody", "Harbour", "S-00"]
    words += ["analyst@", "imilarity", search.scale, "Missing", "Seen at", "the camera of"]
    ids: list[Any] = [search.pk, search.probe_id, search.case_id]
    for row in search.candidates.all():
        ids += [row.subject_id, row.image_id, row.gallery_id]
        words.append(f"{row.similarity:.3f}")
    return [*words, *(str(value) for value in ids)]


@pytest.mark.parametrize("rounds", [1, 2])
def test_the_first_two_rounds_show_nothing_that_sways(
    office: Office, log_in: Callable[[str], Client], search: Search, rounds: int
) -> None:
    if rounds == 2:
        examine(office.actor("first"), search, {1})
    examiner = ["first", "second"][rounds - 1]
    examination = begin(office, examiner, search)
    client = log_in(examiner)
    post(client, "examination_decide", examination, 1, **DECISION)
    text = everything(client, examination)
    found = [word for word in telling(search) if word in text]
    assert found == []
    assert "One examiner" not in text
    assert "first@alder" not in text.replace(office.people[examiner].email, "")


def without_data(text: str) -> str:
    """A page without its addresses, tokens and positions."""
    text = re.sub(r'(href|src|action|value)="[^"]*"', "", text)
    return re.sub(r"\s+", " ", re.sub(r"\d+", "#", text))


def test_distractors_look_like_candidates(
    office: Office, log_in: Callable[[str], Client], search: Search
) -> None:
    examine(office.actor("first"), search)
    examination, client = begin(office, "second", search), log_in("second")
    middle = examination.items.order_by("position")[1:6]  # the ends lack a way on or back
    shapes = {
        without_data(page(client, "examination_face", examination, item.position))
        for item in middle
    }
    assert len(shapes) == 1
    tiles = re.findall(r'<li class="tile">.*?</li>', page(client, "examination", examination), re.S)
    assert len(tiles) == 7
    assert len({without_data(tile) for tile in tiles}) == 1


def test_both_rounds_have_the_same_pages(
    office: Office, log_in: Callable[[str], Client], search: Search
) -> None:
    first = begin(office, "first", search)
    one = without_data(page(log_in("first"), "examination_face", first, 2))
    return_examination(actor=office.actor("first"), examination=first)
    examine(office.actor("third"), search)
    second = begin(office, "second", search)
    two = without_data(page(log_in("second"), "examination_face", second, 2))
    names = [("First examination", "Second examination"), ("First", "Second"), ("first", "second")]
    for name, other in names:
        one = one.replace(name, other)
    assert one == two


def test_the_adjudicator_sees_both_opinions_and_no_names(
    office: Office, log_in: Callable[[str], Client], search: Search
) -> None:
    examine(office.actor("first"), search, {1})
    examine(office.actor("second"), search)
    examination, client = begin(office, "supervisor", search), log_in("supervisor")
    overview = page(client, "examination", examination)
    face = page(client, "examination_face", examination, 1)
    for text in (overview, face):
        one, other = text.split("The other examiner")
        opinions = one.split("One examiner")[1] + other
        assert opinions.count("opinion-decision") == 2
        assert "Eyes and eyelids" in opinions
        assert "Different person" in opinions
        assert "first@" not in text
        assert "second@" not in text
        assert "imilarity" not in text
    assert "1 of 1 decided" not in overview


def test_the_order_of_opinions_does_not_tell_who_was_first(
    office: Office, log_in: Callable[[str], Client]
) -> None:
    """With sixteen disputed faces both orders are there (but once in 32768 times)."""
    filled = filled_gallery(office.agency, 16, "Wide")
    search = searched(office, person_jpeg(1), filled, limit=16)
    examine(office.actor("first"), search, set(range(1, 17)))
    examine(office.actor("second"), search)
    examination, client = begin(office, "supervisor", search), log_in("supervisor")
    text = page(client, "examination", examination)
    tiles = text.split('<li class="tile">')[1:]
    orders = [tile.index("Different person") < tile.index("May be the same") for tile in tiles]
    assert len(orders) == 16
    assert set(orders) == {True, False}


# --- Afterwards ---------------------------------------------------------------------------------


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


# --- Pictures -----------------------------------------------------------------------------------


def enrol(gallery: Gallery, number: int, size: int) -> FaceImage:
    made = enrol_picture(
        actor=command_actor("test", gallery.agency_id),
        gallery=gallery,
        reference=f"R-{number}",
        picture=measure(person_jpeg(number, size=size)),
        provenance=provenance_of(gallery),
    )
    assert isinstance(made, FaceImage)
    return made


@pytest.fixture
def pictured(office: Office, alder: Agency) -> Search:
    """A search of an edited probe in a gallery of real pictures, two of four candidates."""
    gallery = make_gallery(alder, "Pictures")
    for number in (1, 2, 3, 4):
        enrol(gallery, number, 960)
    probe = make_probe(make_case(alder), person_jpeg(1, 1, size=320))
    make_edit(probe, brightness=40, contrast=0)
    probe.refresh_from_db()
    return make_search(probe, [gallery], limit=2, actor=office.actor("analyst"))


def size_of(content: bytes) -> tuple[int, int]:
    with Image.open(BytesIO(content)) as picture:
        assert picture.format == "JPEG"
        return picture.size


def test_pictures_are_sharp_enough_to_zoom_and_alike_for_all(
    office: Office, log_in: Callable[[str], Client], pictured: Search
) -> None:
    examine(office.actor("first"), pictured)
    examination, client = begin(office, "second", pictured), log_in("second")
    assert examination.items.filter(candidate=None).count() == 2
    headers = set()
    for item in examination.items.all():
        for name in ("portrait", "close_up", "picture"):
            response = client.get(address(f"examination_face_{name}", examination, item.position))
            size = size_of(response.content)
            if name == "close_up":
                assert size[0] == size[1] >= 640
            elif name == "picture":
                assert size == (960, 960)
            shown = dict(response.items())
            assert shown["Cache-Control"] == "private, no-store"
            assert shown["Content-Security-Policy"] == "default-src 'none'"
            # Nothing but the length of the file and the name of the request differs.
            for varying in ("Content-Length", "X-Request-Id"):
                del shown[varying]
            headers.add(tuple(sorted(shown.items())))
    assert len(headers) == 1


def test_the_probe_is_shown_edited_and_as_it_was_uploaded(
    office: Office, log_in: Callable[[str], Client], pictured: Search
) -> None:
    examination, client = begin(office, "first", pictured), log_in("first")
    text = page(client, "examination_face", examination, 1)
    assert "brightness +40" in text
    edit = Probe.objects.get().edits.get()
    assert edit.made_by_label not in text
    assert edit.result_sha256 not in text
    light = {}
    for name in ("face", "close_up", "picture", "original"):
        response = client.get(address(f"examination_probe_{name}", examination))
        assert size_of(response.content)[0] >= 320
        with Image.open(BytesIO(response.content)) as picture:
            light[name] = sum(picture.convert("L").resize((1, 1)).tobytes())
    assert light["picture"] > light["original"] + 40


# --- Cost ---------------------------------------------------------------------------------------


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
