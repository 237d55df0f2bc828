"""The pages of cases and of the agency's list of categories."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.actor import command_actor
from accounts.models import Agency, Membership, Role, User
from accounts.purposes import Purpose
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import scope
from searches import timeline
from searches.models import Case, CaseCategory
from searches.services.case_limits import change_cap, hold_case
from searches.services.case_notes import add_note
from searches.services.cases import close_case
from tests.conftest import join
from tests.factories import (
    make_case,
    make_category,
    make_gallery,
    make_probe,
    make_search,
    person_jpeg,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells")]

REASON = "The court has asked for it"


@pytest.fixture
def sue(alder: Agency) -> User:
    return join(alder, "sue@alder.example", "Sue", Role.SUPERVISOR)


@pytest.fixture
def case(alder: Agency, ana: User) -> Case:
    """Ana owns it."""
    with scope(alder.pk):
        return make_case(alder, "2026-7", members=[ana], owner=ana)


def codes(response: Any, name: str = "form") -> list[str]:
    form = response.context[name]
    return [error.code for errors in form.errors.as_data().values() for error in errors]


def test_a_case_is_opened_by_a_purpose_where_the_agency_has_no_list(
    client: Client, alder: Agency, ana: User
) -> None:
    client.force_login(ana)
    page = client.get(reverse("case_new"))
    assert "category" not in page.context["form"].fields
    values = {"number": "2026-7", "title": "Harbour"}
    refused = client.post(reverse("case_new"), values)
    assert (refused.status_code, codes(refused)) == (422, ["required"])
    refused = client.post(reverse("case_new"), values | {"purpose": "curiosity"})
    assert (refused.status_code, codes(refused)) == (422, ["invalid_choice"])
    opened = client.post(reverse("case_new"), values | {"purpose": "identity_fraud"})
    with scope(alder.pk):
        case = Case.objects.get()
    assert opened["Location"] == reverse("case", args=[case.pk])
    assert (case.purpose, case.owner_id) == ("identity_fraud", ana.pk)
    page = client.get(opened["Location"])
    assert "Identity fraud" in page.text
    assert "0 of 20 searches" in page.text
    again = client.post(reverse("case_new"), values | {"purpose": "identity_fraud"})
    assert (again.status_code, codes(again)) == (422, ["unique"])


def test_a_case_is_opened_by_a_category_in_use(client: Client, alder: Agency, ana: User) -> None:
    with scope(alder.pk):
        used = make_category(alder, "Abduction", Purpose.VICTIM_IDENTIFICATION)
        retired = make_category(alder, "Old list", retired=True)
    client.force_login(ana)
    page = client.get(reverse("case_new"))
    assert "purpose" not in page.context["form"].fields
    assert "Abduction (Victim identification" in page.text
    assert "Old list" not in page.text
    values = {"number": "2026-7", "title": "Harbour"}
    for category in ("", retired.pk):
        refused = client.post(reverse("case_new"), values | {"category": category})
        assert refused.status_code == 422
    client.post(reverse("case_new"), values | {"category": used.pk})
    with scope(alder.pk):
        assert Case.objects.get().purpose == "victim_identification"


def test_the_list_shows_and_filters_what_one_may_see(
    client: Client, alder: Agency, ana: User, sue: User, case: Case
) -> None:
    with scope(alder.pk):
        other = make_case(alder, "2026-8", members=[])
        member = make_case(alder, "2026-9", members=[ana, sue])
        actor = command_actor("test", alder.pk)
        close_case(actor=actor, case=member, reason=REASON)
        hold_case(actor=actor, case=other, reason=REASON)

    def listed(user: User, **filters: str) -> set[str]:
        client.force_login(user)
        response = client.get(reverse("cases"), filters)
        assert response.status_code == 200
        with scope(alder.pk):
            return {row.number for row in response.context["page"]}

    assert listed(ana) == {"2026-7", "2026-9"}
    assert listed(sue) == {"2026-7", "2026-8", "2026-9"}
    assert listed(sue, whose="member") == {"2026-9"}
    assert listed(sue, whose="owner") == set()
    assert listed(ana, whose="owner") == {"2026-7"}
    assert listed(ana, status="closed") == {"2026-9"}
    assert listed(sue, status="open", q="8") == {"2026-8"}
    assert listed(sue, status="nonsense", whose="nonsense") == {"2026-7", "2026-8", "2026-9"}
    empty = client.get(reverse("cases"), {"q": "<nobody>"})
    assert "&lt;nobody&gt;" in empty.text


def test_who_is_in_no_case_is_told_so(client: Client, alder: Agency, case: Case) -> None:
    client.force_login(join(alder, "new@alder.example", "New", Role.ANALYST))
    for name in ("cases", "home"):
        assert "You are a member of no case yet" in client.get(reverse(name)).text
    assert client.get(reverse("case", args=[case.pk])).status_code == 403


def test_the_page_of_a_case_offers_what_the_person_may_do(
    client: Client, alder: Agency, ana: User, sue: User, case: Case
) -> None:
    joined = join(alder, "joe@alder.example", "Joe", Role.ANALYST)
    otto = join(alder, "otto@alder.example", "Otto", Role.AUDITOR)
    client.force_login(ana)
    client.post(reverse("case_member_add", args=[case.pk]), {"person": joined.pk})
    acts = ("close", "reopen", "hold", "cap", "owner", "member_add")
    offered = {
        ana: {"close", "owner", "member_add", "notes", "probe_new"},
        joined: {"notes", "probe_new"},
        sue: {"hold", "cap", "owner", "member_add"},
        otto: set(),
    }
    for user, wanted in offered.items():
        client.force_login(user)
        text = client.get(reverse("case", args=[case.pk])).text
        addresses = {act: reverse(f"case_{act}", args=[case.pk]) for act in acts}
        addresses["notes"] = f'action="{reverse("case_notes", args=[case.pk])}"'
        addresses["probe_new"] = reverse("probe_new", args=[case.pk])
        assert {act for act, address in addresses.items() if address in text} == wanted, user
        assert "Sue" in text
        assert "Otto" in text  # everybody knows who else sees it


def test_members_come_and_go(client: Client, alder: Agency, ana: User, case: Case) -> None:
    joe = join(alder, "joe@alder.example", "Joe", Role.ANALYST)
    eli = join(alder, "eli@alder.example", "Eli", Role.EXAMINER)
    client.force_login(ana)
    add = reverse("case_member_add", args=[case.pk])
    for person in ("", eli.pk, ana.pk, 0):
        refused = client.post(add, {"person": person})
        assert refused.status_code == 422
        assert codes(refused, "member_form")
    assert client.post(add, {"person": joe.pk}).status_code == 302
    with scope(alder.pk):
        row = case.members.get(user_id=joe.pk)
    end = reverse("case_member_end", args=[case.pk, row.pk])
    assert "joe@alder.example does not see case 2026-7" in client.get(end).text
    assert client.post(end).status_code == 302
    assert client.post(end).status_code == 404
    client.force_login(joe)
    assert client.get(reverse("case", args=[case.pk])).status_code == 403
    client.force_login(ana)
    with scope(alder.pk):
        own = case.members.get(user_id=ana.pk)
    refused = client.post(reverse("case_member_end", args=[case.pk, own.pk]))
    assert refused.status_code == 422
    assert "case_owner_stays" in refused.text


def test_a_member_who_lost_their_access_is_marked(
    client: Client, alder: Agency, ana: User, case: Case
) -> None:
    client.force_login(ana)
    assert "Without access" not in client.get(reverse("case", args=[case.pk])).text
    joe = join(alder, "joe@alder.example", "Joe", Role.ANALYST)
    client.post(reverse("case_member_add", args=[case.pk]), {"person": joe.pk})
    with scope(alder.pk):
        Membership.objects.filter(user=joe).update(roles=[Role.EXAMINER])
    assert "Without access" in client.get(reverse("case", args=[case.pk])).text


def test_the_owner_hands_the_case_over(
    client: Client, alder: Agency, ana: User, case: Case
) -> None:
    joe = join(alder, "joe@alder.example", "Joe", Role.ANALYST)
    client.force_login(ana)
    address = reverse("case_owner", args=[case.pk])
    assert client.post(address, {"person": ""}).status_code == 422
    assert client.post(address, {"person": joe.pk}).status_code == 302
    assert client.get(address).status_code == 403  # Ana owns it no more
    with scope(alder.pk):
        assert Case.objects.get(pk=case.pk).owner_id == joe.pk


def test_notes_are_written_and_read_newest_first(
    client: Client, alder: Agency, ana: User, case: Case
) -> None:
    client.force_login(ana)
    address = reverse("case_notes", args=[case.pk])
    for text in ("First <b>note</b>", "Second note"):
        assert client.post(address, {"text": text}).status_code == 302
    for text in ("", "   ", "x" * 4001):
        refused = client.post(address, {"text": text})
        assert refused.status_code == 422
        assert codes(refused, "note_form")
    for page in (client.get(reverse("case", args=[case.pk])), client.get(address)):
        assert page.text.index("Second note") < page.text.index("First &lt;b&gt;note")
    with scope(alder.pk):
        assert case.notes.count() == 2


@pytest.mark.parametrize("act", ["close", "reopen", "hold", "lift", "cap"])
def test_weighty_acts_ask_for_a_reason_on_a_page_of_their_own(
    client: Client, alder: Agency, ana: User, sue: User, case: Case, act: str
) -> None:
    with scope(alder.pk):
        actor = command_actor("test", alder.pk)
        if act == "reopen":
            close_case(actor=actor, case=case, reason=REASON)
        if act == "lift":
            hold_case(actor=actor, case=case, reason=REASON)
        before = Case.objects.filter(pk=case.pk).values().get()
    client.force_login(ana if act == "close" else sue)
    address = reverse(f"case_{act}", args=[case.pk])
    assert client.get(address).status_code == 200
    for reason in ("", "too short"):
        refused = client.post(address, {"reason": reason, "cap": 5})
        assert refused.status_code == 422
        assert codes(refused) in (["required"], ["reason_too_short"])
    with scope(alder.pk):
        assert Case.objects.filter(pk=case.pk).values().get() == before
    done = client.post(address, {"reason": REASON, "cap": 5})
    assert done["Location"] == reverse("case", args=[case.pk])
    with scope(alder.pk):
        assert Case.objects.filter(pk=case.pk).values().get() != before
    again = client.post(address, {"reason": REASON, "cap": 5})
    assert again.status_code == 422
    assert codes(again)[0].startswith("case_")


def test_a_case_without_searches_left_and_a_closed_one_take_no_picture(
    client: Client, alder: Agency, ana: User, case: Case
) -> None:
    with scope(alder.pk):
        actor = command_actor("test", alder.pk)
        change_cap(actor=actor, case=case, cap=1, reason=REASON)
        make_search(make_probe(case, person_jpeg(1)), [make_gallery(alder)], run=False)
    client.force_login(ana)
    address = reverse("case", args=[case.pk])
    page = client.get(address).text
    assert "1 of 1 search" in page
    assert "case_cap_reached" in page
    assert 'type="file"' not in page
    with scope(alder.pk):
        close_case(actor=actor, case=case, reason=REASON)
    page = client.get(address).text
    assert 'type="file"' not in page
    assert "Closed" in page


def test_the_history_says_what_was_done_and_nothing_of_what_was_seen(
    client: Client, alder: Agency, ana: User, case: Case
) -> None:
    with scope(alder.pk):
        search = make_search(make_probe(case, person_jpeg(1)), [make_gallery(alder)])
        add_note(actor=command_actor("test", alder.pk), case=case, text="A secret")
        make_case(alder, "2026-8")
    client.force_login(ana)
    client.get(reverse("case", args=[case.pk]))
    client.get(reverse("search", args=[search.pk]))
    page = client.get(reverse("case_timeline", args=[case.pk]))
    words = [str(moment.words) for moment in page.context["moments"]]
    assert words == [
        "Note written",
        "Search run",
        "Search submitted",
        "Picture uploaded",
        "Another owner",
        "Member added",
        "Case opened",
    ]
    assert page.context["moments"][5].detail == "ana@alder.example"
    assert "secret" not in page.text
    with scope(alder.pk):
        seen = AuditEntry.objects.filter(action__endswith=".viewed")
        assert seen.count() > 0


def test_the_history_is_a_closed_list_of_acts_with_words() -> None:
    assert all(str(words) for words in timeline.WORDS.values())
    looking = {action for action in Action if action.endswith((".viewed", ".exported"))}
    assert not looking & set(timeline.WORDS)
    assert not [action for action in timeline.WORDS if "examin" in action]


def test_the_admin_keeps_the_list_of_categories(
    client: Client, alder: Agency, ada: User, ana: User
) -> None:
    client.force_login(ada)
    address = reverse("categories")
    assert address in client.get(reverse("agency_settings")).text
    assert "There is no category yet" in client.get(address).text
    for values in ({"name": "", "purpose": "missing_person"}, {"name": "x", "purpose": "y"}):
        assert client.post(address, values).status_code == 422
    values = {"name": "Abduction", "purpose": "missing_person"}
    assert client.post(address, values).status_code == 302
    twice = client.post(address, values | {"name": "ABDUCTION"})
    assert (twice.status_code, codes(twice)) == (422, ["unique"])
    with scope(alder.pk):
        row = CaseCategory.objects.get()
    own = reverse("category", args=[row.pk])
    assert client.post(own, {"name": " "}).status_code == 422
    assert client.post(own, {"name": "Kidnapping"}).status_code == 302
    use = reverse("category_use", args=[row.pk])
    assert client.post(use, {"use": "off"}).status_code == 302
    page = client.get(address).text
    assert "Kidnapping" in page
    assert "Retired" in page
    assert client.post(use, {"use": "on"}).status_code == 302
    with scope(alder.pk):
        row.refresh_from_db()
        assert (row.name, row.retired_at) == ("Kidnapping", None)
    client.force_login(ana)
    assert address not in client.get(reverse("home")).text
