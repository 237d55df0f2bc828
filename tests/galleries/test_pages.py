"""The pages of galleries, subjects and registers."""

import csv
from collections.abc import Callable
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.actor import Actor, command_actor
from accounts.models import Agency, User
from accounts.permissions import Permission
from accounts.purposes import SourceKind
from galleries import gallery_cards
from galleries.gallery_cards import GalleryCard
from galleries.holdings import SOON, holdings_of
from galleries.services.sources import retire_register
from galleries.subject_list import PAGE
from portal.audit.models import AuditEntry
from searches.gallery_versions import version_of
from searches.models import FaceImage, Gallery, SourceRegister, Subject
from searches.services.enrolment import Provenance
from searches.services.galleries import main_register
from searches.services.registers import add_register, add_source
from tests.factories import make_gallery, make_image

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]


@pytest.fixture
def gallery(in_alder: Agency) -> Gallery:
    return make_gallery(in_alder)


@pytest.fixture
def admin(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def other_register(agency: Agency, gallery: Gallery, name: str = "Prison") -> SourceRegister:
    actor = command_actor("test", agency.pk)
    row = add_register(actor=actor, name=name, kind=gallery.source_kind, legal_basis="Act s. 2")
    add_source(actor=actor, gallery=gallery, register=row)
    return row


def put(
    gallery: Gallery,
    reference: str,
    *,
    register: SourceRegister | None = None,
    collected_on: date = date(2026, 1, 2),
    expires_in: int | None = None,
) -> FaceImage:
    from tests import factories

    expires = timezone.localdate() + timedelta(days=expires_in) if expires_in is not None else None
    provenance = Provenance(register or main_register(gallery), collected_on, expires)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(factories, "provenance_of", lambda *_: provenance)
        return make_image(gallery, reference)


def references(response: Any) -> list[str]:
    return [subject.reference for subject in response.context["page"].rows]


def test_a_gallery_says_what_is_in_it(admin: Client, gallery: Gallery, in_alder: Agency) -> None:
    prison = other_register(in_alder, gallery)
    put(gallery, "P-1", expires_in=-1)
    put(gallery, "P-1", expires_in=SOON[0] - 1)
    put(gallery, "P-2", expires_in=SOON[0], collected_on=date(2019, 5, 1))
    put(gallery, "P-2", register=prison, expires_in=SOON[2] - 1, collected_on=date(2020, 6, 1))
    put(gallery, "P-3", register=prison, collected_on=date(2020, 7, 1))
    found = holdings_of(gallery)
    assert (found.images, found.overdue) == (5, 1)
    assert [(one.days, one.images) for one in found.expiries] == [
        (30, 1),
        (90, 1),
        (365, 1),
        (None, 1),
    ]
    assert [(one.year, one.images, one.share) for one in found.years] == [
        (2026, 2, 40),
        (2020, 2, 40),
        (2019, 1, 20),
    ]
    of = {one.register.name: (one.images, one.oldest, one.newest) for one in found.sources}
    assert of == {
        "Custody register": (3, date(2019, 5, 1), date(2026, 1, 2)),
        "Prison": (2, date(2020, 6, 1), date(2020, 7, 1)),
    }
    page = admin.get(reverse("gallery", args=[gallery.pk])).content.decode()
    assert version_of(gallery.pk).digest in page
    gallery.refresh_from_db()
    assert gallery.contract is not None
    for words in ("1 image has expired", "Prison", gallery.contract.contract[-12:], "2019"):
        assert words in page


def test_an_empty_gallery_says_so(admin: Client, gallery: Gallery) -> None:
    page = admin.get(reverse("gallery", args=[gallery.pk]))
    assert page.status_code == 200
    assert "Nobody is enrolled in this gallery yet" in page.content.decode()


def test_galleries_are_found_by_name_and_by_register(
    admin: Client, gallery: Gallery, in_alder: Agency
) -> None:
    other_register(in_alder, make_gallery(in_alder, "Reports"), "Prison")
    for text, names in (
        ("", ["Custody", "Reports"]),
        ("repo", ["Reports"]),
        ("PRISON", ["Reports"]),
        ("custody reg", ["Custody", "Reports"]),
        ("nothing", []),
    ):
        page = admin.get(reverse("galleries"), {"q": text})
        assert [row.name for row in page.context["page"]] == names, text
    assert "No gallery and no source" in page.content.decode()


def images_of(gallery: Gallery) -> QuerySet[FaceImage]:
    return FaceImage.objects.filter(gallery=gallery)


def test_cards_show_to_whom_they_are_for_what_waits(
    admin: Client, gallery: Gallery, client: Client, ana: User, in_alder: Agency
) -> None:
    for n in range(7):
        make_image(gallery, f"P-{n}")
    make_image(make_gallery(in_alder, "Other"), "P-8")
    with pytest.MonkeyPatch.context() as patch:
        cards = [
            GalleryCard(Permission.ENROL, "Held pictures", "To decide", "gallery", images_of),
            GalleryCard(Permission.VIEW_GALLERIES, "For all", "Text", "gallery_sources"),
        ]
        patch.setattr(gallery_cards, "CARDS", cards)
        page = admin.get(reverse("gallery", args=[gallery.pk])).content.decode()
        assert "Held pictures" in page
        assert "7 wait" in page
        client.force_login(ana)
        page = client.get(reverse("gallery", args=[gallery.pk])).content.decode()
        assert "Held pictures" not in page
        assert "For all" in page


@pytest.fixture
def people(gallery: Gallery, in_alder: Agency) -> SourceRegister:
    """Four subjects: one without images, one of the prison's, one with five."""
    prison = other_register(in_alder, gallery)
    put(gallery, "P-one", expires_in=40)
    for _ in range(5):
        put(gallery, "P-five", expires_in=80)
    put(gallery, "Q-prison", register=prison, expires_in=10)
    Subject.objects.create(gallery=gallery, reference="Q-none")
    return prison


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["Q-none", "Q-prison", "P-five", "P-one"]),
        ({"q": "P-five"}, ["P-five"]),
        ({"q": " p-FIVE "}, []),
        ({"q": "p-"}, []),
        ({"images": "none"}, ["Q-none"]),
        ({"images": "one"}, ["Q-prison", "P-one"]),
        ({"images": "several"}, ["P-five"]),
        ({"images": "many"}, ["P-five"]),
        ({"register": "prison"}, ["Q-prison"]),
        ({"expires_before": 41}, ["Q-prison", "P-one"]),
        ({"expires_before": 40}, ["Q-prison"]),
        ({"expires_before": 41, "register": "prison"}, ["Q-prison"]),
        ({"enrolled_from": 0}, ["Q-prison", "P-five", "P-one"]),
        ({"enrolled_from": 1}, []),
        ({"enrolled_to": 0, "enrolled_from": -1}, ["Q-prison", "P-five", "P-one"]),
        ({"enrolled_to": -1}, []),
        ({"sort": "expiry"}, ["Q-prison", "P-one", "P-five", "Q-none"]),
        ({"sort": "images"}, ["P-five", None, None, "Q-none"]),
        ({"sort": "newest"}, ["Q-none", "Q-prison", "P-five", "P-one"]),
    ],
)
def test_subjects_are_filtered_and_sorted(
    admin: Client,
    gallery: Gallery,
    people: SourceRegister,
    filters: dict[str, Any],
    expected: list[str | None],
) -> None:
    values = dict(filters)
    for name, value in filters.items():
        if isinstance(value, int):
            values[name] = (timezone.localdate() + timedelta(days=value)).isoformat()
        elif value == "prison":
            values[name] = str(people.pk)
    found = references(admin.get(reverse("gallery", args=[gallery.pk]), values))
    assert len(found) == len(expected)
    for name, wanted in zip(found, expected, strict=True):
        assert wanted in (None, name)


@pytest.mark.parametrize(
    "wrong",
    [
        {"register": "x"},
        {"expires_before": "soon"},
        {"sort": "face"},
        {"sort": "reference"},
        {"after": "x"},
        {"images": "-1"},
    ],
)
def test_filters_that_are_none_are_shown_again(
    admin: Client, gallery: Gallery, people: SourceRegister, wrong: dict[str, str]
) -> None:
    page = admin.get(reverse("gallery", args=[gallery.pk]), wrong)
    assert page.status_code == 422
    assert page.context["page"] is None


def many(gallery: Gallery, count: int) -> None:
    Subject.objects.bulk_create(
        Subject(gallery=gallery, reference=f"P-{n:04d}") for n in range(count)
    )


@pytest.mark.parametrize("sort", ["", "newest", "expiry", "images"])
def test_pages_of_subjects_show_each_once_there_and_back(
    admin: Client, gallery: Gallery, sort: str
) -> None:
    """Also where most of them are equal in what the list is sorted by."""
    many(gallery, 2 * PAGE + 7)
    put(gallery, "P-0003")
    address, seen, key, pages = reverse("gallery", args=[gallery.pk]), [], None, []
    while True:
        page = admin.get(address, {"sort": sort} | ({"after": key} if key else {}))
        pages.append(references(page))
        seen += pages[-1]
        key, back = page.context["page"].next, page.context["page"].previous
        if key is None:
            break
    assert sorted(seen) == [f"P-{n:04d}" for n in range(2 * PAGE + 7)]
    assert len(pages) == 3
    for expected in pages[-2::-1]:
        page = admin.get(address, {"sort": sort, "before": back})
        assert references(page) == expected
        back = page.context["page"].previous
    assert back is None


def test_a_key_of_another_gallery_tells_nothing(
    admin: Client, gallery: Gallery, birch: Agency
) -> None:
    """A subject that is not there begins at the first page."""
    from portal.tenancy import scope

    many(gallery, 3)
    with scope(birch.pk):
        foreign = make_image(make_gallery(birch), "P-0001").subject_id
    page = admin.get(reverse("gallery", args=[gallery.pk]), {"after": str(foreign)})
    assert references(page) == ["P-0002", "P-0001", "P-0000"]


def test_pages_cost_the_same_whatever_is_in_the_gallery(
    admin: Client, gallery: Gallery, in_alder: Agency
) -> None:
    prison = other_register(in_alder, gallery)
    image = put(gallery, "P-x")
    pages = {
        "galleries": [],
        "gallery": [gallery.pk],
        "gallery_sources": [gallery.pk],
        "subjects_export": [gallery.pk],
        "registers": [],
        "register": [prison.pk],
        "subject": [image.subject_id],
    }

    def counts() -> dict[str, int]:
        found = {}
        for name, arguments in pages.items():
            with CaptureQueriesContext(connection) as queries:
                assert admin.get(reverse(name, args=arguments)).status_code == 200
            found[name] = len(queries)
        return found

    few = counts()
    for n in range(6):
        register = other_register(in_alder, gallery, f"Register {n}")
        put(gallery, f"P-{n}", register=register)
        put(gallery, "P-x", register=prison)
    for n in range(4):
        make_gallery(in_alder, f"G-{n}")
    assert counts() == few
    assert max(few.values()) <= 25, few


def test_the_list_of_subjects_is_exported_and_recorded(
    admin: Client, gallery: Gallery, people: SourceRegister
) -> None:
    Subject.objects.create(gallery=gallery, reference="=1+1")
    address = reverse("subjects_export", args=[gallery.pk])
    response = admin.get(address, {"q": "", "images": "many"})
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    (row,) = csv.DictReader(StringIO(response.content.decode()))
    assert (row["reference"], row["images"], row["registers"]) == (
        "P-five",
        "5",
        "Custody register",
    )
    assert row["first_expires_on"] == (timezone.localdate() + timedelta(days=80)).isoformat()
    entry = AuditEntry.objects.get(action="subjects.exported")
    assert entry.data == {"filters": ["images"], "rows": 1}
    assert entry.subject_id == str(gallery.pk)
    assert "'=1+1" in admin.get(address).content.decode()
    assert admin.get(address, {"images": "x"}).status_code == 302
    assert AuditEntry.objects.filter(action="subjects.exported").count() == 2


def test_a_subject_shows_where_its_images_come_from_and_what_was_done(
    admin: Client, gallery: Gallery, ada: User
) -> None:
    image = put(gallery, "P-1", expires_in=-1)
    page = admin.get(reverse("subject", args=[image.subject_id])).content.decode()
    for words in ("Custody register", "Police Act s. 1", "Expired", "Picture enrolled"):
        assert words in page
    assert image.sha256 in page
    assert AuditEntry.objects.filter(action="subject.viewed").count() == 1


NEW = {"name": "Custody 2", "retention_days": 30}
DESCRIBED = {
    "source": "Reports",
    "source_kind": "missing_person_reports",
    "legal_basis": "Act s. 9",
    "purposes": ["missing_person"],
}


def test_a_gallery_is_made_with_a_register_that_is_there(admin: Client, gallery: Gallery) -> None:
    register = main_register(gallery)
    response = admin.post(reverse("gallery_new"), NEW | {"register": register.pk})
    made = Gallery.objects.get(name="Custody 2")
    assert response["Location"] == reverse("gallery", args=[made.pk])
    assert main_register(made) == register
    assert SourceRegister.objects.count() == 1


def test_a_gallery_is_made_with_a_register_that_is_described(
    admin: Client, gallery: Gallery
) -> None:
    admin.post(reverse("gallery_new"), NEW | DESCRIBED)
    register = main_register(Gallery.objects.get(name="Custody 2"))
    assert (register.name, register.purposes) == ("Reports", ["missing_person"])
    assert register.kind == SourceKind.MISSING_PERSON_REPORTS


@pytest.mark.parametrize("missing", ["name", *DESCRIBED])
def test_a_gallery_without_provenance_is_none(
    admin: Client, gallery: Gallery, missing: str
) -> None:
    values = {name: value for name, value in (NEW | DESCRIBED).items() if name != missing}
    response = admin.post(reverse("gallery_new"), values)
    assert response.status_code == 422
    assert missing in response.context["form"].errors
    assert (Gallery.objects.count(), SourceRegister.objects.count()) == (1, 1)


def test_a_name_in_use_makes_no_register_either(admin: Client, gallery: Gallery) -> None:
    response = admin.post(reverse("gallery_new"), NEW | DESCRIBED | {"name": gallery.name})
    assert response.status_code == 422
    assert SourceRegister.objects.count() == 1


def test_registers_are_added_changed_and_retired_on_pages(admin: Client, gallery: Gallery) -> None:
    values: dict[str, Any] = {"name": "Prison", "kind": gallery.source_kind, "legal_basis": "Act"}
    values |= {"retention_days": 30, "purposes": ["missing_person"]}
    assert admin.post(reverse("register_new"), values | {"kind": ""}).status_code == 422
    assert admin.post(reverse("register_new"), values | {"purposes": []}).status_code == 422
    admin.post(reverse("register_new"), values)
    register = SourceRegister.objects.get(name="Prison")
    address = reverse("register", args=[register.pk])
    assert admin.post(address, values | {"retention_days": 0}).status_code == 422
    assert admin.post(address, values | {"name": "Custody register"}).status_code == 422
    ends = timezone.localdate() + timedelta(days=3)
    changed = values | {"agreement": "A-7", "agreement_ends": ends.isoformat(), "kind": "x"}
    assert admin.post(address, changed)["Location"] == address
    register.refresh_from_db()
    assert (register.agreement, register.agreement_ends) == ("A-7", ends)
    assert register.kind == gallery.source_kind
    for name in ("registers", "galleries"):
        assert "Its agreement" in admin.get(reverse(name)).content.decode()
    retire = reverse("register_retire", args=[register.pk])
    assert "This is not taken back" in admin.get(retire).content.decode()
    in_use = SourceRegister.objects.filter(pk=register.pk, retired_at=None)
    assert in_use.exists()
    admin.post(retire)
    assert not in_use.exists()
    assert "Retired" in admin.get(address).content.decode()


def test_who_only_sees_galleries_changes_no_register(
    client: Client, ana: User, gallery: Gallery
) -> None:
    client.force_login(ana)
    register = main_register(gallery)
    address = reverse("register", args=[register.pk])
    assert "Change its terms" not in client.get(address).content.decode()
    values = {"name": "x", "retention_days": 1, "purposes": ["missing_person"]}
    assert client.post(address, values).status_code == 403
    register.refresh_from_db()
    assert register.name == "Custody register"


def test_sources_are_added_and_removed_on_a_page(
    admin: Client, gallery: Gallery, in_alder: Agency, as_actor: Callable[[User, Agency], Actor]
) -> None:
    actor = command_actor("test", in_alder.pk)
    kind, other = gallery.source_kind, SourceKind.IDENTITY_DOCUMENTS
    prison = add_register(actor=actor, name="Prison", kind=kind, legal_basis="Act")
    foreign = add_register(actor=actor, name="Passports", kind=other, legal_basis="Act")
    gone = add_register(actor=actor, name="Old", kind=kind, legal_basis="Act")
    retire_register(actor=actor, register=gone)
    put(gallery, "P-1")
    address = reverse("gallery_sources", args=[gallery.pk])
    for row in (foreign, gone, main_register(gallery)):
        assert admin.post(address, {"register": row.pk}).status_code == 422
    admin.post(address, {"register": prison.pk})
    assert gallery.sources.filter(removed_at=None).count() == 2
    remove = [reverse("gallery_source_remove", args=[gallery.pk, r.pk]) for r in (prison, foreign)]
    in_use = reverse("gallery_source_remove", args=[gallery.pk, main_register(gallery).pk])
    page = admin.post(in_use, follow=True)
    assert "Pictures of this register are in the gallery" in page.content.decode()
    for one in remove:
        assert admin.post(one)["Location"] == address
    assert gallery.sources.filter(removed_at=None).count() == 1
