"""French: pages speak nothing else, whatever happens on them."""

import re
import subprocess
import sys
import uuid
from html.parser import HTMLParser
from io import BytesIO
from threading import Thread
from typing import Any, Protocol

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from PIL import Image

from accounts.models import Agency, Role, User
from portal.tenancy import scope
from searches.decoder.rejections import MESSAGES, ImageRejected
from searches.faults import FAULTS, message_of
from searches.models import Enrolment, FaceImage, Gallery, JobState, Search
from searches.statements import LEAD_STATEMENT
from tests import catalogues
from tests.conftest import join
from tests.factories import CAPTURE_FIELDS, full_agency, make_enrolment, make_search, person_jpeg

EACH_TEST_ALONE = True

FRENCH = {"accept-language": "fr"}
ENGLISH = {"accept-language": "en"}
needs_engine = pytest.mark.usefixtures("models", "bells")


# --- Pages --------------------------------------------------------------------------------------


class Page(Protocol):
    """An answer of the test client."""

    @property
    def content(self) -> bytes: ...


class Reader(HTMLParser):
    """Everything on a page that a person reads or hears, piece by piece."""

    SPOKEN = ("alt", "aria-label", "title", "placeholder", "data-announce")
    SILENT = ("script", "style", "noscript", "code")  # stable codes are the same everywhere

    def __init__(self, page: str) -> None:
        super().__init__()
        self.pieces: set[str] = set()
        self.silent = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.silent += tag in self.SILENT
        for name in self.SPOKEN:
            self.take(values.get(name) or "")

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in self.SILENT

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.take(data)

    def take(self, text: str) -> None:
        text = plain(text)
        if re.search(r"[^\W\d_]{2}", text):
            self.pieces.add(text)


def plain(text: str) -> str:
    return " ".join(text.split())


# What agencies wrote, and what is written alike in both languages without being a message.
DATA = re.compile(
    r"Alder Police|Custody|Custody register|Police Act s\. 1|Robbery at the harbour|"
    r"Harbour people|Old arrests|Missing people|Register: [a-z_]+|open|"
    r"Seen at the harbour.*|The camera of the harbour office.*|Another nose|Nothing was heard|"
    r"Seen by a witness|(operator|system) \([a-z]+\)|[a-z0-9-]+@alder\.example|"
    r"Examiner|"  # what the French word for "Examine" is
    r"Entrance, 12 Harbour Street|Camera 4|"
    r"[A-Za-z0-9@. -]+ \([a-z0-9-]+@alder\.example\)|"
    r"(Max|Ana|Nil)|(max|ana)@alder\.example|nil@nowhere\.example|Candor [\d.]+|Français|English|"
    r"SHA-256|[0-9a-f]{8}|cosine, dlib ResNet 128-d|\d+ px|P-9|(2026-001|P-[19]|Custody) · Candor"
)


VARIABLE = re.compile(r"%\(\w+\)[\d.]*[a-z]")


def as_pattern(text: str) -> str:
    """A message as pages show it, whatever its variables are."""
    parts = VARIABLE.split(text.replace("%%", "%"))
    return ".+".join(re.escape(part) for part in parts)


def messages() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The texts of the sources that French words otherwise, and those that are alike."""
    english: list[str] = []
    alike: list[str] = []
    for message in catalogues.messages_of(catalogues.read_catalogue("fr")).values():
        texts = {plain(text) for text in catalogues.forms_of(message.string)}
        for source in map(plain, catalogues.forms_of(message.id)):
            if not re.search(r"[^\W\d_]{2}", VARIABLE.sub("", source)):
                continue  # nothing but variables: it would match any text
            (alike if source in texts else english).append(as_pattern(source))
    return re.compile("|".join(english)), re.compile("|".join(alike))


def leaks(french: Page, english: Page) -> list[str]:
    """What a French page shows in English: texts of the sources, and texts that never change."""
    otherwise, alike = messages()
    own = {piece for piece in pieces(french) if not DATA.fullmatch(piece)}
    untranslated = {piece for piece in own if otherwise.fullmatch(piece)}
    fixed = {piece for piece in own & pieces(english) if not alike.fullmatch(piece)}
    return sorted(untranslated | fixed)


def pieces(page: Page) -> set[str]:
    return Reader(page.content.decode()).pieces


@pytest.fixture
def everybody(client: Client, alder: Agency) -> Client:
    """Somebody with every role at an agency with something of everything."""
    full_agency(alder)
    client.force_login(join(alder, "max@alder.example", "Max", *Role))
    return client


def concluded() -> Search:
    return Search.objects.select_related("case", "probe").get(stage="concluded")


def addresses(agency: Agency) -> dict[str, str]:
    with scope(agency.pk):
        image, search = FaceImage.objects.earliest("enrolled_at"), concluded()
        enrolment = Enrolment.objects.get()
        case, gallery, probe = search.case, image.gallery, search.probe
    found = {name: reverse(name) for name in ("home", "cases", "case_new", "searches")}
    found |= {name: reverse(name) for name in ("work", "authorizations", "agreement", "loans")}
    found |= {name: reverse(name) for name in ("galleries", "gallery_new")}
    found |= {"cases?": reverse("cases") + "?q=zz", "searches?": reverse("searches") + "?q=zz"}
    found["gallery?"] = reverse("gallery", args=[gallery.pk]) + "?q=zz"
    found["subject"] = reverse("subject", args=[image.subject_id])
    for name, row in [("case", case), ("probe_new", case), ("probe", probe), ("search", search)]:
        found[name] = reverse(name, args=[row.pk])
    for name, row in [("gallery", gallery), ("enrolment_new", gallery), ("enrolment", enrolment)]:
        found[name] = reverse(name, args=[row.pk])
    return found


@needs_engine
@pytest.mark.django_db
def test_every_page_is_in_french_from_edge_to_edge(everybody: Client, alder: Agency) -> None:
    for name, address in addresses(alder).items():
        page, english = (
            everybody.get(address, headers=FRENCH),
            everybody.get(address, headers=ENGLISH),
        )
        assert page.status_code == english.status_code == 200, name
        assert '<html lang="fr">' in page.content.decode()
        assert leaks(page, english) == [], name
        assert len(leaks(english, page)) > 5, name  # or the line above would prove nothing


@needs_engine
@pytest.mark.django_db
def test_the_pages_of_a_search_use_the_terms_of_the_glossary(
    everybody: Client, alder: Agency
) -> None:
    found = addresses(alder)
    result = pieces(everybody.get(found["search"], headers=FRENCH))
    assert {
        "Image de la galerie",
        "Image de recherche",
        "Similarité",
        "Galerie",
        "Visage 1",
    } <= result
    assert {"Registre d’origine", "Fondement juridique", "1 image"} <= result
    assert any(piece.startswith("Affaire") for piece in result)
    assert any("tout au plus d’une piste d’enquête" in piece for piece in result)
    assert {"Enrôler une image", "Conservation", "Sujets"} <= pieces(
        everybody.get(found["gallery"], headers=FRENCH)
    )


@pytest.mark.django_db
def test_the_log_in_is_in_french_and_remembers_the_choice(client: Client) -> None:
    page = client.get(reverse("account_login"), headers=FRENCH)
    assert leaks(page, client.get(reverse("account_login"), headers=ENGLISH)) == []
    assert re.search(r'<button type="submit"[^>]*>Se connecter</button>', page.content.decode())
    client.post(reverse("set_language"), {"language": "fr", "next": reverse("account_login")})
    assert "Adresse électronique" in pieces(client.get(reverse("account_login"), headers=ENGLISH))


REFUSED = (
    "Cette adresse électronique et ce mot de passe ne correspondent pas,"
    " ou le compte est verrouillé."
)


@pytest.mark.django_db
def test_a_wrong_password_and_empty_fields_are_answered_in_french(client: Client) -> None:
    values = {"login": "nobody@alder.example", "password": "x"}
    wrong = pieces(client.post(reverse("account_login"), values, headers=FRENCH))
    assert REFUSED in wrong
    assert "Ce champ est obligatoire." in pieces(
        client.post(reverse("account_login"), {}, headers=FRENCH)
    )


@pytest.mark.django_db
def test_pages_for_errors_are_in_french(
    ana: User, nil: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(ana)
    client.raise_request_exception = False
    missing, forbidden = reverse("case", args=[uuid.uuid4()]), reverse("gallery_new")
    monkeypatch.setattr("searches.queries.galleries", lambda: 1 / 0)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ana)
    homeless = Client()
    homeless.force_login(nil)
    for status, title, browser, method, address in [
        (404, "Cette page n’existe pas", client, "get", missing),
        (403, "Vous n’y êtes pas autorisé", client, "get", forbidden),
        (403, "Cette page est trop ancienne pour être acceptée", strict, "post", forbidden),
        (403, "Vous n’appartenez encore à aucun organisme", homeless, "get", "/"),
        (500, "Une erreur s’est produite", client, "get", reverse("galleries")),
    ]:
        french, english = (
            getattr(browser, method)(address, headers=way) for way in (FRENCH, ENGLISH)
        )
        assert french.status_code == english.status_code == status
        assert '<html lang="fr">' in french.content.decode()
        assert title in pieces(french)
        assert leaks(french, english) == []


# --- Refusals and failures ----------------------------------------------------------------------


@needs_engine
@pytest.mark.django_db
def test_refused_pictures_are_explained_in_french(everybody: Client, alder: Agency) -> None:
    address, tiny = addresses(alder)["probe_new"], BytesIO()
    Image.new("RGB", (12, 9)).save(tiny, "PNG")

    def upload(data: bytes, language: dict[str, str]) -> Any:
        picture = SimpleUploadedFile("p.jpg", data)
        values = {**CAPTURE_FIELDS, "picture": picture, "submission_key": str(uuid.uuid4())}
        return everybody.post(address, values, headers=language)

    for data, sentence in [
        (b"", "Le fichier est vide. Choisissez de nouveau l’image."),
        (b"<svg ", "Le fichier est un dessin SVG, ce qui n’est pas accepté."),
        (b"GIF89a....", "Le fichier est une image GIF, ce qui n’est pas accepté."),
        (person_jpeg(1)[:4000], "Le fichier s’arrête avant la fin de l’image."),
        (tiny.getvalue(), "L’image mesure 12 × 9 pixels ; il en faut au moins 16 par côté."),
    ]:
        page = upload(data, FRENCH)
        assert page.status_code == 422
        assert any(piece.startswith(sentence) for piece in pieces(page)), pieces(page)
        assert leaks(page, upload(data, ENGLISH)) == []


def sample(code: str) -> ImageRejected:
    """A rejection with all that its message wants."""
    kinds = re.findall(r"%\((\w+)\)[\d.]*([a-z])", MESSAGES[code])
    return ImageRejected(code, **{name: "a GIF" if kind == "s" else 7 for name, kind in kinds})


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_every_rejection_has_french_words(code: str) -> None:
    with translation.override("fr"):
        words = sample(code).translated(gettext)
    assert words != sample(code).message
    assert "GIF" not in words or "une image GIF" in words


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_every_fault_has_french_words(code: str) -> None:
    with translation.override("en"):
        english = message_of(code)
    with translation.override("fr"):
        assert message_of(code) != english


@needs_engine
@pytest.mark.django_db
def test_failures_kept_on_rows_are_told_in_the_readers_language(
    everybody: Client, alder: Agency
) -> None:
    with scope(alder.pk):
        gallery = Gallery.objects.earliest("created_at")
        enrolment = make_enrolment(gallery, "P-9", person_jpeg(9))
        search = make_search(concluded().probe, [gallery], run=False)
        failed = {"state": JobState.FAILED, "attempts": 1}
        Enrolment.objects.filter(pk=enrolment.pk).update(**failed, failure_code="several_faces")
        Search.objects.filter(pk=search.pk).update(**failed, stage="failed", failure_code="gave_up")
    for name, row, sentence in [
        ("enrolment", enrolment, "Plusieurs visages ont été trouvés."),
        ("search", search, "Le traitement a échoué plusieurs fois."),
    ]:
        page = everybody.get(reverse(name, args=[row.pk]), headers=FRENCH)
        english = everybody.get(reverse(name, args=[row.pk]), headers=ENGLISH)
        assert any(piece.startswith(sentence) for piece in pieces(page))
        assert leaks(page, english) == []


@needs_engine
@pytest.mark.django_db
def test_what_the_database_refuses_is_told_in_french(everybody: Client, alder: Agency) -> None:
    gallery = {"name": "Custody", "source": "S", "legal_basis": "L", "retention_days": 9}
    gallery |= {"source_kind": "arrest_photographs", "purposes": "missing_person"}
    for name, values, sentence in [
        (
            "case_new",
            {"number": "2026-001", "title": "Again", "purpose": "missing_person"},
            "Un objet Affaire avec ce champ Numéro d’affaire existe déjà.",
        ),
        (
            "gallery_new",
            gallery,
            "Il y a déjà une galerie de ce nom. Choisissez un autre nom.",
        ),
        (
            "gallery_new",
            gallery | {"retention_days": 0},
            "Assurez-vous que cette valeur est supérieure ou égale à 1.",
        ),
    ]:
        page = everybody.post(reverse(name), values, headers=FRENCH)
        english = everybody.post(reverse(name), values, headers=ENGLISH)
        assert page.status_code == english.status_code == 422
        assert leaks(page, english) == []
        assert sentence in pieces(page)


# --- Outside of requests ------------------------------------------------------------------------


def lazy_strings() -> list[object]:
    names = [name for model in apps.get_models() for name in (
        model._meta.verbose_name, model._meta.verbose_name_plural
    )]  # fmt: skip
    return [*FAULTS.values(), LEAD_STATEMENT, *Role.labels, *JobState.labels, *names]


def test_lazy_strings_are_read_in_threads_and_without_a_language() -> None:
    read: list[str] = []
    thread = Thread(target=lambda: read.extend(map(str, lazy_strings())))
    thread.start()
    thread.join()
    translation.deactivate_all()
    try:
        bare = [str(text) for text in lazy_strings()]
    finally:
        translation.deactivate()
    assert read == bare
    assert "A candidate is a lead to be examined" in " ".join(bare)


def test_rejections_are_worded_in_processes_without_django() -> None:
    code = (
        "from searches.decoder.rejections import ImageRejected; "
        "print(ImageRejected('image_format_not_accepted', found='a GIF'))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=catalogues.ROOT, env={}, capture_output=True, text=True
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert "The file is a GIF, which is not accepted." in run.stdout
