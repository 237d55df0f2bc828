"""What the examiner's pages and pictures do not show."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from accounts.actor import command_actor
from accounts.models import Agency
from searches.measuring import measure
from searches.models import Examination, FaceImage, Gallery, Probe, Search
from searches.services.enrolment import enrol_picture
from searches.services.examining import return_examination
from tests.factories import (
    make_case,
    make_edit,
    make_gallery,
    make_probe,
    make_search,
    person_jpeg,
    provenance_of,
)
from tests.searches.procedure import Office, examine, filled_gallery, searched
from tests.searches.workbench.cast import DECISION, address, begin, page, post

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]


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
            assert shown["Content-Security-Policy"].startswith("default-src 'none'; form-action")
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
