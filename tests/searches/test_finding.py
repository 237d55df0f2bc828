"""The search box: it finds what the lists show to the same person, and opens nothing else."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Agency, Role, User
from portal.audit.models import AuditEntry
from searches.models import Case, Gallery, Search, Subject
from tests.conftest import join
from tests.factories import (
    make_case,
    make_gallery,
    make_image,
    make_probe,
    make_search,
    person_jpeg,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]


@pytest.fixture
def gallery(alder: Agency) -> Gallery:
    gallery = make_gallery(alder)
    make_image(gallery, "P-100")
    return gallery


@pytest.fixture
def case(alder: Agency) -> Case:
    return make_case(alder, "2026-77", members=[])


@pytest.fixture
def search(case: Case, gallery: Gallery) -> Search:
    return make_search(make_probe(case, person_jpeg(1)), [gallery])


def found(client: Client, user: User, text: str) -> dict[str, list[str]]:
    """The ids of what a person finds, by kind."""
    client.force_login(user)
    answer = client.get(reverse("find"), {"q": text})
    assert answer.status_code == 200
    sections = answer.context["sections"]
    return {one.kind.name: [str(row.pk) for row in one.found.rows] for one in sections}


def test_each_kind_is_found_by_those_who_may_list_it(
    client: Client, alder: Agency, ana: User, ada: User, search: Search
) -> None:
    supervisor = join(alder, "sue@alder.example", "Sue", Role.SUPERVISOR)
    subject = Subject.objects.get()
    code = str(search.pk)[:8]
    assert found(client, supervisor, "026-7") == {"cases": [str(search.case_id)]}
    assert found(client, supervisor, code) == {"searches": [str(search.pk)]}
    assert found(client, supervisor, str(search.pk).upper()) == {"searches": [str(search.pk)]}
    for text in ("P-100", "p-100"):
        assert found(client, supervisor, text) == {"subjects": [str(subject.pk)]}
    assert list(found(client, ada, "sue@alder")) == ["people"]
    # The analyst is no member of the case, the admin sees none.
    for user in (ana, ada):
        for text in ("2026-77", code, str(search.pk)):
            assert found(client, user, text) == {}
        assert found(client, user, "P-100") == {"subjects": [str(subject.pk)]}
    assert found(client, ana, "sue@alder") == {}


def test_another_agency_finds_nothing(client: Client, bob: User, ana: User, search: Search) -> None:
    subject = Subject.objects.get()
    for text in (
        "2026-77",
        str(search.pk),
        str(search.pk)[:8],
        "P-100",
        "Ana",
        "ana@alder.example",
    ):
        assert found(client, bob, text) == {}, text
    assert found(client, bob, str(subject.pk)) == {}
    assert list(found(client, bob, "bob@birch")) == ["people"]


def test_who_may_list_nothing_is_refused_and_has_no_box(
    client: Client, eli: User, ana: User, search: Search
) -> None:
    client.force_login(eli)
    assert client.get(reverse("find"), {"q": str(search.pk)[:8]}).status_code == 403
    assert reverse("find") not in client.get(reverse("home")).text
    assert client.post(reverse("find")).status_code == 405
    client.force_login(ana)
    assert f'action="{reverse("find")}"' in client.get(reverse("home")).text


@pytest.mark.parametrize(
    "text", ["", " ", "%", "_", "\\", "\0", "'; --", "<b>", "0f", "-" * 40, "f" * 33, "x" * 5000]
)
def test_strange_texts_find_nothing(
    client: Client, alder: Agency, search: Search, text: str
) -> None:
    user = join(alder, "all@alder.example", "Everybody", *Role)
    client.force_login(user)
    answer = client.get(reverse("find"), {"q": text})
    assert answer.status_code == 200
    assert answer.context["sections"] == []
    assert "<b>" not in answer.text


def test_ten_are_shown_and_the_lists_have_the_others(
    client: Client, alder: Agency, ana: User, gallery: Gallery
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(reverse("find"), {"q": "P-"})
        assert answer.status_code == 200
        return len(queries)

    client.force_login(ana)
    make_case(alder, "P-0")
    few = cost()
    for n in range(11):
        make_case(alder, f"P-0{n}")
    assert cost() == few <= 20
    sections = {
        s.kind.name: s.found for s in client.get(reverse("find"), {"q": "P-"}).context["sections"]
    }
    assert {name: len(one.rows) for name, one in sections.items()} == {"cases": 10}
    listed = client.get(sections["cases"].more[0].href).context["page"]
    assert listed.paginator.count == 12


def test_a_subject_is_found_by_the_whole_reference_in_every_gallery(
    client: Client, alder: Agency, ana: User, gallery: Gallery
) -> None:
    others = [make_image(make_gallery(alder, name), "P-100") for name in ("Wanted", "Missing")]
    there = {str(image.subject_id) for image in others} | {
        str(Subject.objects.earliest("created_at").pk)
    }
    assert set(found(client, ana, " p-100 ")["subjects"]) == there
    for part in ("P-10", "-100", "P-1000"):
        assert found(client, ana, part) == {}


def test_looking_leaves_as_little_as_a_list(client: Client, alder: Agency, search: Search) -> None:
    user = join(alder, "all@alder.example", "Everybody", *Role)
    client.force_login(user)
    before = AuditEntry.objects.count()
    for text in ("2026-77", str(search.pk), "P-100", "Everybody"):
        assert client.get(reverse("find"), {"q": text}).context["sections"]
    assert AuditEntry.objects.count() == before
    client.get(reverse("subject", args=[Subject.objects.get().pk]))
    assert AuditEntry.objects.count() == before + 1
