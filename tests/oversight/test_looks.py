"""Who looked at a case, a search, a subject: everybody who did, and nobody before their time."""

from collections.abc import Sequence

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Agency, Role
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches.models import Disposition, Search
from searches.services.examining import decide, submit_examination
from tests.factories import make_case, person_jpeg
from tests.oversight.cast import auditor, client_of
from tests.searches.procedure import (
    CHECKLISTS,
    Office,
    examine,
    filled_gallery,
    make_office,
    searched,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]


@pytest.fixture
def office(alder: Agency) -> Office:
    return make_office(
        alder, both=[Role.EXAMINER, Role.SUPERVISOR], seer=[Role.EXAMINER, Role.AUDITOR]
    )


@pytest.fixture
def search(alder: Agency, office: Office) -> Search:
    with scope(alder.pk):
        return searched(office, person_jpeg(1), filled_gallery(alder, 7), limit=4)


def lookers(client: Client, kind: str, pk: object) -> dict[str, int]:
    response = client.get(reverse("looked", args=[kind, pk]))
    assert response.status_code == 200
    return {one.label: one.count for one in response.context["people"]}


def look(office: Office, name: str, *addresses: str) -> None:
    client = client_of(office.people[name])
    for address in addresses:
        assert client.get(address).status_code == 200, address


def face_address(search: Search, name: str, office: Office) -> Sequence[str]:
    with scope(office.agency.pk):
        taken = search.examinations.get(examiner_id=office.people[name].pk)
    return [
        reverse("examination", args=[taken.pk]),
        reverse("examination_face", args=[taken.pk, 1]),
    ]


def test_each_look_counts_for_whoever_looked(office: Office, search: Search) -> None:
    here = reverse("search", args=[search.pk])
    look(office, "analyst", here, here, reverse("case", args=[search.case_id]))
    look(office, "supervisor", here)
    look(office, "analyst", reverse("probe", args=[search.probe_id]))
    uma = client_of(office.people["auditor"])
    assert lookers(uma, "search", search.pk) == {
        "analyst@alder.example": 3,
        "supervisor@alder.example": 1,
    }
    assert lookers(uma, "case", search.case_id)["analyst@alder.example"] == 4
    with scope(office.agency.pk):
        entry = AuditEntry.objects.filter(action=Action.LOOKS_VIEWED).latest("pk")
    assert (entry.subject_type, entry.subject_id) == ("case", str(search.case_id))


def test_of_a_subject_the_candidates_it_was_among_count(office: Office, search: Search) -> None:
    with scope(office.agency.pk):
        among = search.candidates.order_by("rank")[0].subject_id
        other = filled_gallery(office.agency, 1, "Another").subjects.get().pk
        examine(office.actor("first"), search)
        examine(office.actor("second"), search)
    look(office, "analyst", reverse("search", args=[search.pk]))
    look(office, "supervisor", reverse("subject", args=[among]), reverse("subject", args=[other]))
    uma = client_of(office.people["auditor"])
    assert lookers(uma, "subject", among) == {
        "analyst@alder.example": 1,
        "supervisor@alder.example": 1,
    }
    assert lookers(uma, "subject", other) == {"supervisor@alder.example": 1}


@pytest.mark.parametrize("who", ["supervisor", "both", "seer"])
def test_who_may_still_examine_learns_of_no_examiner(
    office: Office, search: Search, who: str
) -> None:
    with scope(office.agency.pk):
        examine(office.actor("first"), search, {1})
        subject = search.candidates.order_by("rank")[0].subject_id
        of_first = list(
            AuditEntry.objects.filter(actor_id=office.people["first"].pk).values_list(
                "pk", flat=True
            )
        )
        assert of_first
    client = client_of(office.people["second"])
    client.post(reverse("examination_take", args=[search.pk]))
    look(office, "second", *face_address(search, "second", office))
    blind = client_of(office.people[who])
    things = {"case": search.case_id, "search": search.pk, "subject": subject}
    for kind, pk in things.items():
        page = blind.get(reverse("looked", args=[kind, pk]))
        assert not {"first@alder.example", "second@alder.example"} & {
            one.label for one in page.context["people"]
        }
        assert page.context["rows"] == [
            row for row in page.context["rows"] if not row.entry.action.startswith(("face", "exam"))
        ]
    if who == "seer":
        for number in of_first:
            assert blind.get(reverse("record_entry", args=[number])).status_code == 404
        listed = blind.get(reverse("record"), {"person": office.people["first"].pk})
        assert listed.context["rows"] == []
        assert listed.context["blind"]
    # The auditor, who examines nothing, sees both.
    uma = client_of(office.people["auditor"])
    assert "second@alder.example" in lookers(uma, "search", search.pk)
    assert uma.get(reverse("record_entry", args=[of_first[0]])).status_code == 200


@pytest.mark.parametrize("who", ["supervisor", "seer"])
def test_after_the_conclusion_everybody_reads_who_examined(
    office: Office, search: Search, who: str
) -> None:
    with scope(office.agency.pk):
        examine(office.actor("first"), search, {1})
    client = client_of(office.people["second"])
    client.post(reverse("examination_take", args=[search.pk]))
    look(office, "second", *face_address(search, "second", office))
    with scope(office.agency.pk):
        taken = search.examinations.get(round=2)
        for item in taken.items.select_related("candidate"):
            rank = item.candidate.rank if item.candidate else 0
            chosen = Disposition.RETAINED if rank == 1 else Disposition.EXCLUDED
            decide(
                actor=office.actor("second"),
                examination=taken,
                position=item.position,
                disposition=chosen,
                features=CHECKLISTS[chosen],
                comment="",
            )
        submit_examination(actor=office.actor("second"), examination=taken)
        search.refresh_from_db()
        assert search.stage == "concluded"
    reader = client_of(office.people[who])
    assert "second@alder.example" in lookers(reader, "search", search.pk)


@pytest.mark.parametrize("kind", ["case", "search", "subject"])
def test_others_learn_nothing(office: Office, search: Search, birch: Agency, kind: str) -> None:
    with scope(office.agency.pk):
        subject = search.candidates.order_by("rank")[0].subject_id
    pk = {"case": search.case_id, "search": search.pk, "subject": subject}[kind]
    address = reverse("looked", args=[kind, pk])
    stranger, uma = client_of(auditor(birch)), client_of(office.people["auditor"])
    denied = [client_of(office.people[name]) for name in ("analyst", "first")]
    with scope(office.agency.pk):
        before = AuditEntry.objects.count()
    assert stranger.get(address).status_code == 404
    assert [client.get(address).status_code for client in denied] == [403, 403]
    assert uma.get(f"/oversight/looked/person/{pk}/").status_code == 404
    with scope(office.agency.pk):
        assert AuditEntry.objects.count() == before


def test_the_pages_lead_there_for_those_who_may(office: Office, search: Search) -> None:
    with scope(office.agency.pk):
        subject = search.candidates.order_by("rank")[0].subject_id
    things = {"case": search.case_id, "search": search.pk, "subject": subject}
    for kind, pk in things.items():
        link = reverse("looked", args=[kind, pk])
        here = reverse(kind, args=[pk])
        assert link in client_of(office.people["auditor"]).get(here).content.decode()
        assert link not in client_of(office.people["analyst"]).get(here).content.decode()


def test_nobody_looked_yet(alder: Agency, search: Search, office: Office) -> None:
    with scope(alder.pk):
        case = make_case(alder, "New")
    page = client_of(office.people["auditor"]).get(reverse("looked", args=["case", case.pk]))
    assert "Nobody has looked at this yet." in page.content.decode()
