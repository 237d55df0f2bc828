"""What was erased since a search found it: pages and documents say so quietly and go on."""

import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import User
from portal.tenancy import scope
from searches.documents.dossier import dossier_of
from searches.documents.report import Making, report_pdf
from searches.models import Examination, FaceImage, Search, Subject
from searches.services.disclosing import make_bundle
from searches.services.distractors import distractors_for
from searches.services.examining import decide, start_examination, submit_examination
from tests.factories import make_search
from tests.galleries.emptied import empty_images, empty_subjects
from tests.searches.committed import Place, committed_place
from tests.searches.documents_cast import text_of
from tests.searches.procedure import conclude

EACH_TEST_ALONE = True


class World:
    """A concluded search, one that is being examined, and one whose first round is submitted; of
    the candidates of all, the second's image was erased and the third's subject as well."""

    def __init__(self, place: Place) -> None:
        self.place, office = place, place.office
        searches = [
            make_search(place.probe, [place.gallery], limit=3, actor=office.actor("analyst"))
            for _ in range(3)
        ]
        self.concluded, self.open, self.submitted = searches
        conclude(office, self.concluded, {1, 2})
        first = office.actor("first")
        self.examination = start_examination(actor=first, search=self.open)
        self.done = self._examined(self.submitted)
        image, whole = (c.image for c in self.concluded.candidates.order_by("rank")[1:3])
        self.image, self.subject = image, whole.subject_id
        empty_images([image.pk, whole.pk])
        empty_subjects([whole.subject_id])

    def _examined(self, search: Search) -> Examination:
        actor = self.place.office.actor("first")
        examination = start_examination(actor=actor, search=search)
        for item in examination.items.all():
            decide(
                actor=actor,
                examination=examination,
                position=item.position,
                disposition="excluded",
                features={"nose": "dissimilar"},
                comment="",
            )
        submit_examination(actor=actor, examination=examination)
        return examination

    def person(self, name: str) -> User:
        return self.place.office.people[name]


@pytest.fixture(scope="module")
def world(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    models: object,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    from django.conf import settings

    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setattr(settings, "FILES_DIR", tmp_path_factory.mktemp("files"))
        with committed_place(subjects=5) as place:
            with scope(place.agency.pk):
                world = World(place)
            world.files = settings.FILES_DIR  # type: ignore[attr-defined]
            yield world


@pytest.fixture(autouse=True)
def in_place(world: World, settings: Any, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    settings.FILES_DIR = world.files  # type: ignore[attr-defined]
    with django_db_blocker.unblock(), scope(world.place.agency.pk):
        yield


def page(client: Client, who: User, name: str, *arguments: object) -> Any:
    client.force_login(who)
    return client.get(reverse(name, args=arguments))


def test_the_result_shows_when_a_candidate_was_erased(client: Client, world: World) -> None:
    shown = page(client, world.person("analyst"), "search", world.concluded.pk)
    text = shown.content.decode()
    assert shown.status_code == 200
    assert text.count('class="erased-picture"') == 2
    assert text.count("Erased subject") == 1
    assert reverse("portrait", args=[world.image.pk]) not in text
    assert reverse("subject", args=[world.subject]) not in text
    kept = world.concluded.candidates.get(rank=1)
    assert reverse("portrait", args=[kept.image_id]) in text


def test_pages_of_what_was_erased_are_gone(client: Client, world: World) -> None:
    analyst = world.person("analyst")
    assert page(client, analyst, "portrait", world.image.pk).status_code == 404
    assert page(client, analyst, "subject", world.subject).status_code == 404
    bare = page(client, analyst, "subject", world.image.subject_id)
    assert bare.status_code == 200
    assert "No image of this subject is left" in bare.content.decode()
    listed = page(client, analyst, "gallery", world.place.gallery.pk)
    names = {subject.reference: subject.image_count for subject in listed.context["page"].rows}
    assert sorted(names.values()) == [0, 1, 1, 1]
    assert listed.context["holdings"].images == listed.context["version"].images == 3


def test_an_examination_goes_on_without_the_picture(client: Client, world: World) -> None:
    first, examination = world.person("first"), world.examination
    overview = page(client, first, "examination", examination.pk)
    assert overview.content.decode().count('class="erased-picture"') == 2
    items = examination.items.select_related("image")
    gone = [item.position for item in items if item.image.erased_at]
    assert len(gone) == 2
    for position in gone:
        face = page(client, first, "examination_face", examination.pk, position)
        assert face.status_code == 200
        assert "was erased meanwhile" in face.content.decode()
        for name in ("portrait", "close_up", "picture"):
            address = f"examination_face_{name}"
            assert page(client, first, address, examination.pk, position).status_code == 404
    done = page(client, first, "examination", world.done.pk)
    assert done.content.decode().count('class="erased-picture"') == 2


def test_nobody_who_was_erased_is_mixed_in(world: World) -> None:
    drawn = distractors_for(Search.objects.get(pk=world.submitted.pk))
    live = set(FaceImage.objects.values_list("pk", flat=True))
    assert {image.pk for image in drawn} <= live
    assert len(drawn) == 2


def test_the_report_says_what_was_erased(world: World) -> None:
    dossier = dossier_of(Search.objects.get(pk=world.concluded.pk))
    text = text_of(report_pdf(dossier, "en", Making("test", timezone.now())))
    assert text.count("Erased on") == 2
    assert text.count("Erased subject") == 1
    assert "cannot be read" not in text
    assert text.count("S-0") >= 2


def test_the_bundle_lists_what_was_erased_and_lacks_its_files(world: World) -> None:
    search = Search.objects.get(pk=world.concluded.pk)
    with zipfile.ZipFile(
        make_bundle(actor=world.place.office.actor("auditor"), search=search)
    ) as archive:
        candidates = json.loads(archive.read("candidates.json"))
        manifest = json.loads(archive.read("manifest.json"))
    first, second, third = candidates
    assert first["image"]["erased_at"] is None
    assert first["image"]["path"] == "candidates/01-enrolled.jpg"
    for gone in (second, third):
        assert gone["image"]["erased_at"].startswith("20")
        assert (gone["image"]["path"], gone["image"]["portrait"]) == ("", "")
        assert gone["image"]["sha256"] == ""
    assert (second["subject"]["erased_at"], third["subject"]["reference"]) == (None, "")
    assert third["subject"]["erased_at"] is not None
    names = [one["path"] for one in manifest["files"]]
    assert [name for name in names if name.startswith("candidates/")] == [
        "candidates/01-enrolled.jpg",
        "candidates/01-face.jpg",
    ]
    assert manifest["unreadable"] == []


def test_an_erased_subject_is_in_no_list(world: World) -> None:
    assert not Subject.objects.filter(pk=world.subject).exists()
    assert Subject.every.get(pk=world.subject).reference == ""
