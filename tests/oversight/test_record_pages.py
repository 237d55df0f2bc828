"""The record as a page: filters that combine, pages by key, one entry with its content."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from accounts.actor import command_actor
from accounts.models import Agency, Role, User
from oversight import action_words
from oversight.models import RecordWord, word_hash
from oversight.record_query import PAGE
from portal.audit.actions import Action
from portal.audit.checkpoints import take_checkpoint
from portal.audit.contents import destroy_content
from portal.audit.linking import link_pending
from portal.audit.models import AuditContent, AuditEntry
from portal.audit.recorder import record
from portal.tenancy import scope
from searches.services.case_limits import change_cap
from tests.conftest import join
from tests.factories import make_case
from tests.oversight.cast import auditor, change, client_of, entry_at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]


def listed(response: object) -> list[int]:
    return [row.entry.pk for row in response.context["rows"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize("action", Action)
def test_every_action_has_words_in_one_group(action: Action) -> None:
    having = [words for _title, words in action_words.GROUPS if action in words]
    assert len(having) == 1
    assert action_words.words_of(action) != action.value
    assert action_words.words_of("gone.away") == "gone.away"


def test_the_latest_comes_first_and_pages_follow_each_other(alder: Agency) -> None:
    uma = auditor(alder)
    client = client_of(uma)
    now = timezone.now()
    mine = [entry_at(alder, now - timedelta(minutes=200 - n), uma) for n in range(PAGE * 2 + 5)]
    address = reverse("record") + "?action=case.viewed"
    first = client.get(address)
    assert listed(first) == mine[::-1][:PAGE]
    assert 'rel="prev"' not in first.content.decode()
    second = client.get(f"{address}&before={listed(first)[-1]}")
    assert listed(second) == mine[::-1][PAGE : 2 * PAGE]
    last = client.get(f"{address}&before={listed(second)[-1]}")
    assert listed(last) == mine[::-1][2 * PAGE :]
    assert last.context["page"].older is None
    back = client.get(f"{address}&after={last.context['page'].newer}")
    assert listed(back) == listed(second)
    assert listed(client.get(f"{address}&after={back.context['page'].newer}")) == listed(first)


def test_a_period_goes_by_time_with_pages_too(alder: Agency) -> None:
    uma = auditor(alder)
    client = client_of(uma)
    noon = timezone.now().replace(hour=12) - timedelta(days=9)
    # Written in another order than they happened, many of them in one moment.
    late = [entry_at(alder, noon, uma) for _ in range(PAGE + 2)]
    early = entry_at(alder, noon - timedelta(hours=1), uma)
    entry_at(alder, noon - timedelta(days=1), uma)
    entry_at(alder, noon + timedelta(days=1), uma)
    day = f"{noon:%Y-%m-%d}"
    address = f"{reverse('record')}?first={day}&last={day}"
    first = client.get(address)
    assert listed(first) == late[::-1][:PAGE]
    second = client.get(f"{address}&before={listed(first)[-1]}")
    assert listed(second) == [*late[::-1][PAGE:], early]
    back = client.get(f"{address}&after={second.context['page'].newer}")
    assert listed(back) == listed(first)


def test_days_are_those_of_the_person(alder: Agency) -> None:
    change(alder, time_zone="Pacific/Auckland")
    uma = auditor(alder)
    at = timezone.now().replace(year=2026, month=3, day=10, hour=20)  # the 11th over there
    pk = entry_at(alder, at, uma)
    client = client_of(uma)
    assert listed(client.get(reverse("record") + "?first=2026-03-11&last=2026-03-11")) == [pk]
    assert listed(client.get(reverse("record") + "?first=2026-03-10&last=2026-03-10")) == []


def test_filters_combine_and_can_be_taken_off_one_by_one(alder: Agency) -> None:
    uma, ana = auditor(alder), join(alder, "ana@alder.example", "Ana", Role.ANALYST)
    now = timezone.now()
    by_ana = entry_at(alder, now, ana, "login.failed")
    entry_at(alder, now, uma, "login.failed")
    entry_at(alder, now, ana)
    client = client_of(uma)
    page = client.get(reverse("record") + f"?person={ana.pk}&action=login.failed&q=10.1.2.3")
    assert listed(page) == [by_ana]
    assert [chip.value for chip in page.context["chips"]] == [
        "10.1.2.3",
        "ana@alder.example",
        "Log-in refused",
    ]
    without = page.context["chips"][2].without
    assert len(listed(client.get(reverse("record") + without))) == 2


def test_outcomes_of_acts(alder: Agency) -> None:
    uma = auditor(alder)
    with scope(alder.pk):
        refused = record(
            command_actor("test", alder.pk), Action.LOGIN_FAILED, data={"step": "password"}
        )
    client = client_of(uma)
    assert listed(client.get(reverse("record") + "?outcome=refused")) == [refused.pk]
    assert refused.pk not in listed(client.get(reverse("record") + "?outcome=done"))
    assert listed(client.get(reverse("record") + "?outcome=failed")) == []


def test_a_case_is_found_by_its_number_and_by_its_id(alder: Agency) -> None:
    uma = auditor(alder)
    with scope(alder.pk):
        case, other = make_case(alder, "A-17"), make_case(alder, "A-18")
    client = client_of(uma)
    found = listed(client.get(reverse("record") + "?case=a-17"))
    assert found
    assert found == listed(client.get(reverse("record") + f"?case={case.pk}"))
    assert not set(found) & set(listed(client.get(reverse("record") + f"?case={other.pk}")))


@pytest.mark.parametrize("text", ["UPPER", "#{pk}", "{pk}", "10.9.8.7 feedbeef01", "{subject}"])
def test_one_box_finds_ids_addresses_hashes_and_codes(alder: Agency, text: str) -> None:
    uma = auditor(alder)
    with scope(alder.pk):
        case = make_case(alder, "A-17")
        pk = entry_at(alder, timezone.now(), uma)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO audit_auditentry (agency_id, action, outcome, actor_label, source,"
                " subject_type, subject_id, data) VALUES (%s, 'image.rejected', 'done', 'x',"
                " '10.9.8.7', 'case', %s, %s) RETURNING id",
                [alder.pk, str(case.pk), '{"a": [{"b": "FEEDBEEF01"}], "c": "upper", "n": 4}'],
            )
            special = cursor.fetchone()[0]
    wanted = pk if "{pk}" in text else special
    asked = text.format(pk=pk, subject=case.pk)
    found = listed(client_of(uma).get(reverse("record"), {"q": asked}))
    assert wanted in found
    if "{subject}" not in text:
        assert found == [wanted]


def test_words_stand_for_nothing_outside_the_agency(alder: Agency, birch: Agency) -> None:
    """What Birch did is found by no filter of Alder's, and its entries are no pages there."""
    uma = auditor(alder)
    with scope(birch.pk):
        theirs = entry_at(birch, timezone.now(), auditor(birch, "una"))
        assert RecordWord.objects.filter(word=word_hash("10.1.2.3")).exists()
    client = client_of(uma)
    assert listed(client.get(reverse("record"), {"q": "10.1.2.3"})) == []
    assert listed(client.get(reverse("record"), {"q": f"#{theirs}"})) == []
    assert client.get(reverse("record_entry", args=[theirs])).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "person=999999",
        "person=x",
        "action=nothing.done",
        "outcome=x",
        "case=unknown",
        "first=2026-13-01",
        "last=9999-12-31",
        "first=0001-01-01",
        "first=2026-05-02&last=2026-05-01",
        "before=x",
        "before=-1",
        "after=99999999999999999999",
        "q=" + "x" * 201,
        "q=%00",
    ],
)
def test_what_makes_no_sense_is_a_refused_form(alder: Agency, query: str) -> None:
    client = client_of(auditor(alder))
    with scope(alder.pk):
        before = AuditEntry.objects.count()
    response = client.get(f"{reverse('record')}?{query}")
    assert response.status_code == 422
    with scope(alder.pk):
        assert AuditEntry.objects.count() == before


def test_looking_is_recorded_by_the_names_of_the_filters(alder: Agency) -> None:
    uma = auditor(alder)
    client_of(uma).get(reverse("record") + f"?person={uma.pk}&q=10.1.2.3")
    with scope(alder.pk):
        entry = AuditEntry.objects.filter(action=Action.RECORD_VIEWED).get()
    assert entry.data == {"filters": ["q", "person"]}
    assert (entry.actor_id, entry.actor_label) == (uma.pk, uma.email)


def changed_cap(alder: Agency, ada: User) -> AuditEntry:
    with scope(alder.pk):
        case = make_case(alder, "A-17")
        actor = command_actor("test", alder.pk)
        change_cap(actor=actor, case=case, cap=7, reason="A second house was searched")
        return AuditEntry.objects.get(action=Action.CASE_CAP_CHANGED)


def test_an_entry_says_everything_and_reading_it_is_recorded(alder: Agency, ada: User) -> None:
    entry = changed_cap(alder, ada)
    client = client_of(auditor(alder))
    page = client.get(reverse("record_entry", args=[entry.pk])).content.decode()
    assert "A second house was searched" in page
    assert "case.cap_changed" in page
    assert "Not linked yet" in page
    assert reverse("case", args=[entry.case_id]) in page
    with scope(alder.pk):
        read = AuditEntry.objects.filter(action=Action.RECORD_ENTRY_VIEWED).get()
    assert read.data == {"entry": entry.pk, "content": True, "case": entry.case_id}
    link_pending(alder.pk)
    assert "Not signed yet" in client.get(reverse("record_entry", args=[entry.pk])).content.decode()
    made = take_checkpoint(alder.pk)
    assert made is not None
    page = client.get(reverse("record_entry", args=[entry.pk])).content.decode()
    assert made.key_id in page


def test_erased_content_is_said_to_be_erased(alder: Agency, ada: User) -> None:
    entry = changed_cap(alder, ada)
    with scope(alder.pk):
        assert destroy_content(alder.pk, case=entry.case_id) == 1
    page = client_of(auditor(alder)).get(reverse("record_entry", args=[entry.pk])).content.decode()
    assert "It was erased" in page
    assert "second house" not in page


def test_content_that_is_not_what_was_recorded_is_an_alarm(alder: Agency, ada: User) -> None:
    entry = changed_cap(alder, ada)
    with scope(alder.pk):
        row = AuditContent.objects.get(entry_id=entry.pk)
        AuditContent.objects.filter(entry_id=entry.pk).delete()
        row.sealed = bytes(row.sealed)[:-1] + bytes([bytes(row.sealed)[-1] ^ 1])
        row.save(force_insert=True)
    page = client_of(auditor(alder)).get(reverse("record_entry", args=[entry.pk]))
    assert page.status_code == 200
    assert "What is stored is not what was recorded." in page.content.decode()


def test_a_page_costs_the_same_whatever_it_lists(alder: Agency) -> None:
    uma = auditor(alder)
    client = client_of(uma)

    def count(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        assert not any("COUNT(" in one["sql"] and "audit" in one["sql"] for one in queries)
        assert not any("OFFSET" in one["sql"] for one in queries)
        return len(queries)

    def grow() -> None:
        for _ in range(10):
            with scope(alder.pk):
                make_case(alder, f"C-{AuditEntry.objects.count()}")
            entry_at(alder, timezone.now(), uma)

    grow()
    few = count(reverse("record"))
    grow()
    assert count(reverse("record")) == few
    assert few <= 20


@pytest.mark.parametrize("language", ["en", "fr"])
def test_it_speaks_the_languages_of_the_portal(alder: Agency, language: str, ada: User) -> None:
    entry = changed_cap(alder, ada)
    uma = auditor(alder)
    User.objects.filter(pk=uma.pk).update(language=language)
    client = client_of(uma)
    with translation.override(language):
        for address in (
            reverse("record"),
            reverse("record") + "?q=nothing-at-all",
            reverse("record_entry", args=[entry.pk]),
            reverse("record_export"),
            reverse("reviews"),
            reverse("oversight"),
            reverse("looked", args=["case", entry.case_id]),
        ):
            response = client.get(address)
            assert response.status_code == 200, address
            assert f'lang="{language}"' in response.content.decode()
