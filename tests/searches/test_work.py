"""My work: everybody sees what they may do next, and examiners nothing else of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agency
from searches import work
from searches.models import Basis, Gallery, Search
from searches.services.examining import return_examination, start_examination
from tests.factories import PDF, make_case, make_probe, make_search, person_jpeg
from tests.searches.procedure import Office, examine, filled_gallery, searched

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]

WARRANT: dict[str, Any] = {
    "basis": Basis.AUTHORIZED,
    "reference": "Court of Harbour, 12/2026",
    "document": PDF,
}


@pytest.fixture
def gallery(alder: Agency) -> Gallery:
    return filled_gallery(alder, 6)


@pytest.fixture
def search(office: Office, gallery: Gallery) -> Search:
    """Waits for its first examination."""
    return searched(office, person_jpeg(1), gallery, limit=3)


def titles(client: Client, office: Office, name: str) -> dict[str, int]:
    """The sections of a person's page, with the number of tasks in each."""
    client.force_login(office.people[name])
    answer = client.get(reverse("work"))
    assert answer.status_code == 200
    return {s.kind.name: len(s.tasks) for s in answer.context["sections"]}


def takers(office: Office) -> set[str]:
    """Who is offered a round."""
    found = set()
    for name in office.people:
        actor = office.actor(name)
        if work.to_examine(actor).exists() and name in ("first", "second", "third"):
            found.add(name)
        if work.to_adjudicate(actor).exists() and name in ("supervisor", "deputy"):
            found.add(name)
    return found


def test_everybody_has_the_sections_of_their_roles(
    client: Client, office: Office, search: Search, gallery: Gallery
) -> None:
    make_search(
        make_probe(search.case, person_jpeg(2)),
        [gallery],
        run=False,
        actor=office.actor("analyst"),
        **WARRANT,
    )
    assert titles(client, office, "analyst") == {"searches": 2}
    assert titles(client, office, "first") == {"examinations": 0, "waiting": 1}
    supervisor = {"authorizations": 1, "examinations": 0, "adjudications": 0, "overdue": 0}
    assert titles(client, office, "supervisor") == supervisor
    assert titles(client, office, "deputy") == supervisor | {"searches": 0}
    assert titles(client, office, "auditor") == {}


def test_a_round_is_offered_to_those_who_may_take_it(office: Office, search: Search) -> None:
    assert takers(office) == {"first", "second", "third"}
    taken = start_examination(actor=office.actor("first"), search=search)
    assert takers(office) == set()
    return_examination(actor=office.actor("first"), examination=taken)
    assert takers(office) == {"first", "second", "third"}
    examine(office.actor("second"), search, {1})
    assert takers(office) == {"third"}  # the first has seen the faces, the second examined them
    examine(office.actor("third"), search)
    assert takers(office) == {"supervisor", "deputy"}


def test_what_is_offered_can_be_started(office: Office, search: Search) -> None:
    for name in ("first", "second"):
        offered = work.to_examine(office.actor(name)).get()
        examine(office.actor(name), offered, {1} if name == "first" else set())
    assert not work.to_adjudicate(office.actor("first")).filter(stage="examination").exists()
    examine(office.actor("deputy"), work.to_adjudicate(office.actor("deputy")).get())


def test_nobody_adjudicates_their_own(office: Office, gallery: Gallery, search: Search) -> None:
    own = make_search(
        make_probe(search.case, person_jpeg(2)), [gallery], limit=3, actor=office.actor("deputy")
    )
    examine(office.actor("first"), own, {1})
    examine(office.actor("second"), own)
    assert not work.to_adjudicate(office.actor("deputy")).exists()
    assert work.to_adjudicate(office.actor("supervisor")).get() == own


def test_an_examiner_sees_nothing_but_until_when(
    client: Client, office: Office, search: Search
) -> None:
    for first_says in ({1}, None):
        client.force_login(office.people["third"])
        text = client.get(reverse("work")).content.decode().partition("<main")[2]
        for secret in (
            search.case.number,
            search.case.title,
            search.reason,
            "Analyst",
            "candidate",
        ):
            assert secret not in text
        assert str(search.pk)[:8] in text
        assert "Until" in text
        if first_says:
            examine(office.actor("first"), search, first_says)


def test_overdue_work_is_marked_and_comes_first(
    client: Client, office: Office, gallery: Gallery, search: Search
) -> None:
    other = make_search(make_probe(search.case, person_jpeg(2)), [gallery], limit=3)
    Search.objects.filter(pk=other.pk).update(due_at=timezone.now() - timedelta(days=1))
    client.force_login(office.people["first"])
    answer = client.get(reverse("work"))
    waiting = answer.context["sections"][1]
    assert [task.is_overdue for task in waiting.tasks] == [True, False]
    assert "Overdue since" in answer.content.decode()


def test_a_supervisor_sees_what_is_overdue_and_not_who_has_it(
    client: Client, office: Office, gallery: Gallery, search: Search
) -> None:
    other = make_search(make_probe(search.case, person_jpeg(2)), [gallery], limit=3)
    start_examination(actor=office.actor("first"), search=search)
    assert titles(client, office, "supervisor")["overdue"] == 0
    Search.objects.filter(pk=search.pk).update(due_at=timezone.now() - timedelta(days=2))
    Search.objects.filter(pk=other.pk).update(due_at=timezone.now() - timedelta(days=1))
    client.force_login(office.people["supervisor"])
    answer = client.get(reverse("work"))
    late = next(one for one in answer.context["sections"] if one.kind.name == "overdue")
    assert [task.detail.partition(" · ")[2] for task in late.tasks] == [
        "somebody has it in hand",
        "nobody has taken it",
    ]
    assert late.tasks[0].href == reverse("search", args=[search.pk])
    assert "first@" not in answer.content.decode()
    assert "overdue" not in titles(client, office, "second")
    assert "overdue" not in titles(client, office, "analyst")


def test_locked_results_are_offered_to_nobody(
    office: Office, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("searches.services.grounds.URGENT_HOURS", -1)
    searched(office, person_jpeg(1), gallery, basis=Basis.URGENT)
    assert takers(office) == set()
    assert work.to_authorize(office.actor("supervisor")).count() == 1


def test_open_examinations_are_ones_own(client: Client, office: Office, search: Search) -> None:
    start_examination(actor=office.actor("first"), search=search)
    assert titles(client, office, "first") == {"examinations": 1, "waiting": 0}
    assert titles(client, office, "second") == {"examinations": 0, "waiting": 0}


def test_home_tells_the_same_numbers(client: Client, office: Office, search: Search) -> None:
    client.force_login(office.people["first"])
    answer = client.get(reverse("home"))
    (part,) = answer.context["parts"]
    assert part.name == "examiner"
    numbers = {figure.href: figure.value for figure in part.figures}
    waiting = reverse("work_section", args=["waiting"])
    assert numbers == {reverse("work_section", args=["examinations"]): "0", waiting: "1"}
    assert [task.code for task in part.listings[0].rows] == [str(search.pk)[:8]]
    assert reverse("work") in answer.content.decode()


def test_a_section_has_a_page_of_its_own(client: Client, office: Office, search: Search) -> None:
    client.force_login(office.people["first"])
    assert client.get(reverse("work_section", args=["waiting"])).status_code == 200
    for other in ("authorizations", "searches", "nothing"):
        assert client.get(reverse("work_section", args=[other])).status_code == 404


def test_the_page_costs_the_same_and_stays_short(
    client: Client, office: Office, gallery: Gallery, search: Search
) -> None:
    client.force_login(office.people["first"])
    probes = [make_probe(make_case(office.agency, f"C-{n}"), person_jpeg(2)) for n in range(2)]

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("work")).status_code == 200
        return len(queries)

    few = cost()
    for probe in probes * 13:
        make_search(probe, [gallery], limit=2)
    assert cost() == few
    section = client.get(reverse("work")).context["sections"][1]
    assert (len(section.tasks), section.has_more) == (25, True)
