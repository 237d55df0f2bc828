"""Alerts: raised once, hidden from whom they concern, decided by another, and all on record."""

import logging
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.http import Http404
from django.utils import timezone

from accounts.models import Agency, Membership, Role
from oversight import alert_queries
from oversight.alert_queries import waiting
from oversight.alert_statistics import Decided, figures_for, figures_of
from oversight.faults import Fault
from oversight.misuse import registry
from oversight.misuse.facts import Finding, Severity
from oversight.misuse.unrelated_faces import RULE
from oversight.models import AlertEvent, MisuseAlert
from oversight.record_query import entries_for
from oversight.services import watching
from oversight.services.alert_acts import close_alert, hand_over_alert, reopen_alert, take_alert
from oversight.services.alerts import raise_alert
from portal.audit.contents import read_content
from portal.audit.models import AuditEntry
from portal.post import wait_until_sent
from portal.tenancy import scope
from searches.models import Search
from tests.factories import (
    make_actor,
    make_alert,
    make_case,
    make_gallery,
    make_probe,
    make_search,
    person_jpeg,
)
from tests.searches.procedure import Office, make_office

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]

NOTE = "The case has a second suspect, and the file says so"


@pytest.fixture
def office(alder: Agency) -> Office:
    return make_office(alder, second_auditor=[Role.AUDITOR], watched=[Role.AUDITOR, Role.ANALYST])


@pytest.fixture
def search(office: Office, alder: Agency) -> Search:
    return make_search(make_probe(make_case(alder), person_jpeg(1)), [make_gallery(alder)])


@pytest.fixture
def alert(office: Office, search: Search) -> MisuseAlert:
    return make_alert(search, office.people["watched"].pk)


def finding(*searches: uuid.UUID, key: str = "k", people: tuple[int, ...] = (1,)) -> Finding:
    return Finding(key, Severity.LOW, searches, frozenset(people), numbers={"faces": 3})


def actions() -> list[str]:
    found = AuditEntry.objects.filter(action__startswith="alert").order_by("id")
    return list(found.values_list("action", flat=True))


def test_an_open_alert_is_extended_and_never_doubled() -> None:
    one, two = uuid.uuid4(), uuid.uuid4()
    first = raise_alert(RULE, finding(one))
    assert raise_alert(RULE, finding(one)) is None
    assert first is not None
    stronger = replace(finding(one, two, people=(2,)), severity=Severity.HIGH)
    extended = raise_alert(RULE, stronger)
    assert extended is not None
    row = MisuseAlert.objects.get()
    assert (row.pk, row.severity, row.people) == (first.pk, "high", [1, 2])
    assert row.facts["searches"] == [str(one), str(two)]
    assert actions() == ["alert.opened", "alert.extended"]
    assert list(row.events.values_list("kind", flat=True)) == ["opened", "extended"]


def test_what_was_decided_is_raised_again_only_for_new_searches(office: Office) -> None:
    rule = replace(RULE, renewed_by=2)
    known = [uuid.uuid4(), uuid.uuid4()]
    alert = raise_alert(rule, finding(*known))
    assert alert is not None
    decide(office, alert)
    assert raise_alert(rule, finding(*known)) is None
    assert raise_alert(rule, finding(*known, uuid.uuid4())) is None
    again = raise_alert(rule, finding(*known, uuid.uuid4(), uuid.uuid4()))
    assert again is not None
    assert again.pk != alert.pk


def decide(office: Office, alert: MisuseAlert, disposition: str = "justified") -> MisuseAlert:
    actor = office.actor("auditor")
    take_alert(actor=actor, alert=alert)
    return close_alert(actor=actor, alert=alert, disposition=disposition, note=NOTE)


def test_taking_handing_over_deciding_and_opening_again(office: Office, alert: MisuseAlert) -> None:
    first, second = office.actor("auditor"), office.actor("second_auditor")
    take_alert(actor=first, alert=alert)
    reason = "I am away for three weeks"
    to = office.people["second_auditor"].pk
    hand_over_alert(actor=first, alert=alert, user_id=to, reason=reason)
    with pytest.raises(Fault) as refused:
        close_alert(actor=first, alert=alert, disposition="justified", note=NOTE)
    assert refused.value.code == "alert_not_yours"
    closed = close_alert(actor=second, alert=alert, disposition="rule_broken", note=NOTE)
    assert (closed.note, closed.closed_by_id, closed.is_closed) == (NOTE, to, True)
    assert NOTE.encode() not in bytes(closed.note_sealed)
    opened = reopen_alert(actor=first, alert=alert, reason="A witness says otherwise")
    assert (opened.owner_id, opened.disposition, opened.closed_at) == (first.user_id, "", None)
    assert actions() == [
        "alert.opened", "alert.taken", "alert.handed_over", "alert.closed", "alert.reopened",
    ]  # fmt: skip
    entry = AuditEntry.objects.get(action="alert.closed")
    assert entry.data == {"rule": "unrelated_faces", "disposition": "rule_broken"}
    assert read_content(entry) == {"note": NOTE}
    assert entry.case_id == str(alert.case_id)
    closing = AlertEvent.objects.get(kind="closed")
    assert (closing.note, closing.disposition) == (NOTE, "rule_broken")


Act = Callable[..., Any]
ACTS: list[tuple[Act, dict[str, Any]]] = [
    (take_alert, {}),
    (hand_over_alert, {"user_id": 0, "reason": NOTE}),
    (close_alert, {"disposition": "justified", "note": NOTE}),
    (reopen_alert, {"reason": NOTE}),
]


@pytest.mark.parametrize(("act", "values"), ACTS)
def test_nobody_handles_what_concerns_them(
    office: Office, alert: MisuseAlert, act: Act, values: dict[str, Any]
) -> None:
    before, entries = MisuseAlert.objects.values().get(), AuditEntry.objects.count()
    with pytest.raises(Fault) as refused:
        act(actor=office.actor("watched"), alert=alert, **values)
    assert refused.value.code == "alert_concerns_you"
    with pytest.raises(PermissionDenied):
        act(actor=office.actor("supervisor"), alert=alert, **values)
    assert MisuseAlert.objects.values().get() == before
    assert (AuditEntry.objects.count(), AlertEvent.objects.count()) == (entries, 1)


def test_whom_it_concerns_sees_neither_it_nor_its_count(office: Office, alert: MisuseAlert) -> None:
    watched, other = office.actor("watched"), office.actor("auditor")
    assert (waiting(watched), waiting(other)) == (0, 1)
    assert list(alert_queries.listed(watched, "open")) == []
    record = AuditEntry.objects.filter(agency_id=alert.agency_id, action="alert.opened")
    hidden = alert_queries.entries_hidden_from(watched)
    assert hidden is not None
    assert record.exists()
    assert not record.exclude(hidden).exists()
    assert not entries_for(watched).filter(action="alert.opened").exists()
    assert alert_queries.entries_hidden_from(other) is None
    assert entries_for(other).filter(action="alert.opened").exists()
    with pytest.raises(Http404):
        alert_queries.alert_for(watched, alert.pk)
    assert alert_queries.alert_for(other, alert.pk) == alert
    assert sum(one.raised for one in figures_for(watched)) == 0
    assert sum(one.raised for one in figures_for(other)) == 1


def test_it_is_handed_only_to_who_may_have_it(office: Office, alert: MisuseAlert) -> None:
    actor = office.actor("auditor")
    take_alert(actor=actor, alert=alert)
    for name, code in [
        ("watched", "alert_handler_unknown"),
        ("analyst", "alert_handler_unknown"),
        ("auditor", "alert_yours"),
    ]:
        with pytest.raises(Fault) as refused:
            pk = office.people[name].pk
            hand_over_alert(actor=actor, alert=alert, user_id=pk, reason=NOTE)
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"disposition": "", "note": NOTE}, "alert_decision_unknown"),
        ({"disposition": "fine", "note": NOTE}, "alert_decision_unknown"),
        ({"disposition": "justified", "note": " short "}, "alert_reason_too_short"),
        ({"disposition": "justified", "note": "x" * 4001}, "alert_text_too_long"),
    ],
)
def test_a_decision_needs_its_kind_and_its_words(
    office: Office, alert: MisuseAlert, values: dict[str, str], code: str
) -> None:
    actor = office.actor("auditor")
    take_alert(actor=actor, alert=alert)
    with pytest.raises(Fault) as refused:
        close_alert(actor=actor, alert=alert, **values)
    assert refused.value.code == code
    assert MisuseAlert.objects.get().closed_at is None


def test_what_is_over_is_over(office: Office, alert: MisuseAlert) -> None:
    actor = office.actor("auditor")
    with pytest.raises(Fault, match="alert_not_closed"):
        reopen_alert(actor=actor, alert=alert, reason=NOTE)
    decide(office, alert)
    with pytest.raises(Fault, match="alert_closed"):
        take_alert(actor=actor, alert=alert)
    assert raise_alert(RULE, replace(finding(uuid.uuid4()), key=alert.key)) is not None
    with pytest.raises(Fault, match="alert_raised_again"):
        reopen_alert(actor=actor, alert=alert, reason=NOTE)


def test_an_alert_that_comes_to_concern_its_owner_is_released(
    office: Office, alert: MisuseAlert
) -> None:
    actor = office.actor("auditor")
    take_alert(actor=actor, alert=alert)
    assert actor.user_id is not None
    more = finding(uuid.uuid4(), key=alert.key, people=(actor.user_id,))
    raise_alert(RULE, more)
    row = MisuseAlert.objects.get()
    assert (row.owner_id, row.owner_label) == (None, "")
    assert "released" in row.events.values_list("kind", flat=True)


# --- The database --------------------------------------------------------------------------------


def refused(match: str, **values: object) -> None:
    before = MisuseAlert.objects.values().get()
    with pytest.raises(DatabaseError, match=match), transaction.atomic():
        MisuseAlert.objects.update(**values)
    assert MisuseAlert.objects.values().get() == before


def test_the_database_keeps_what_was_found(office: Office, alert: MisuseAlert) -> None:
    refused("does not change", rule="burst")
    refused("does not change", people=[])
    refused("does not change", case=None)
    refused("alert_nobody_their_own", owner_id=office.people["watched"].pk)
    refused("without its event", closed_at=timezone.now())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        MisuseAlert.objects.all()._raw_delete("default")
    with pytest.raises(DatabaseError), transaction.atomic():
        AlertEvent.objects.update(by_label="Somebody else")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AlertEvent.objects.all().delete()


def test_the_database_wants_decision_and_note_to_close(office: Office, alert: MisuseAlert) -> None:
    actor = office.actor("auditor")
    take_alert(actor=actor, alert=alert)
    event = AlertEvent(alert=alert, kind="closed", by_label="x", disposition="justified")
    event.note = NOTE
    event.save()
    values = {"closed_at": timezone.now(), "closed_by_id": actor.user_id}
    refused("alert_closed_with_decision", disposition="justified", **values)
    refused("without its event", disposition="false_alarm", note_sealed=b"x", **values)
    empty = AlertEvent(alert=alert, kind="reopened", by_label="x")
    with pytest.raises(DatabaseError, match="alert_event_says_why"), transaction.atomic():
        empty.save()


def test_nothing_is_opened_again_without_its_event(office: Office, alert: MisuseAlert) -> None:
    decide(office, alert)
    nothing = {"closed_at": None, "closed_by_id": None, "disposition": "", "note_sealed": b""}
    refused("without its event", **nothing)
    refused("does not change", disposition="false_alarm")


def test_two_open_alerts_of_one_finding_cannot_be(alert: MisuseAlert) -> None:
    values = {"rule": alert.rule, "key": alert.key, "severity": "low", "facts": {}, "people": []}
    with pytest.raises(DatabaseError, match="alert_open_once"), transaction.atomic():
        MisuseAlert.objects.create(**values)
    with pytest.raises(DatabaseError, match="begins open"), transaction.atomic():
        MisuseAlert.objects.create(**values | {"key": "x"}, owner_id=5)


# --- Mails, the watch and the statistic ----------------------------------------------------------


def test_auditors_are_told_that_something_waits_and_no_more(
    office: Office, search: Search, django_capture_on_commit_callbacks: Any
) -> None:
    wait_until_sent()
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        alert = make_alert(search, office.people["watched"].pk)
    wait_until_sent()
    to = {address for one in mail.outbox for address in one.to}
    assert to == {"auditor@alder.example", "second_auditor@alder.example"}
    for one in mail.outbox:
        words = f"{one.subject} {one.body}"
        for secret in (search.case.number, alert.rule, str(alert.pk), "watched", str(search.pk)):
            assert secret not in words


def test_where_no_auditor_may_look_the_administrators_are_told(
    office: Office, alder: Agency, search: Search, django_capture_on_commit_callbacks: Any
) -> None:
    make_actor(alder.pk, "boss", Role.ADMIN)
    auditors = Membership.objects.filter(roles__contains=[Role.AUDITOR])
    wait_until_sent()
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        make_alert(search, *auditors.values_list("user_id", flat=True))
    wait_until_sent()
    assert [one.to for one in mail.outbox] == [["boss@alder.example"]]
    assert "auditor" in mail.outbox[0].subject
    assert "alert" not in str(mail.outbox[0].body)


def test_a_rule_that_fails_stops_neither_the_search_nor_the_others(
    search: Search, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(world: object) -> list[Finding]:
        raise RuntimeError("a bug")

    def finds(world: object) -> list[Finding]:
        return [finding(search.pk, key="found")]

    rules = {
        "one": replace(RULE, code="one", find=break_down),
        "two": replace(RULE, code="two", find=finds),
    }
    monkeypatch.setattr(watching, "RULES", rules)
    caplog.set_level(logging.ERROR)
    now = timezone.now()
    assert watching.watch_since(search.agency_id, now) == 1
    assert watching.watch_since(search.agency_id, now) == 0  # delivered twice
    assert [one.rule for one in MisuseAlert.objects.all()] == ["two"]
    assert "The rule one failed" in caplog.text
    search.refresh_from_db()
    assert search.stage == "examination"


def test_every_agency_is_watched_apart(
    search: Search, birch: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[int, int] = {}

    def finds(world: Any) -> list[Finding]:
        seen[len(seen)] = len(world.searches)
        return [finding(one.id, key=str(one.case)) for one in world.searches]

    monkeypatch.setattr(watching, "RULES", {"one": replace(RULE, code="one", find=finds)})
    assert watching.watch_all() == 1
    assert sorted(seen.values()) == [0, 1]
    assert watching.watch_all() == 0
    with scope(birch.pk):
        assert MisuseAlert.objects.count() == 0
    assert MisuseAlert.objects.count() == 1


def test_a_search_that_did_not_run_is_not_looked_at(alder: Agency) -> None:
    waits = make_search(
        make_probe(make_case(alder), person_jpeg(1)), [make_gallery(alder)], run=False
    )
    assert waits.finished_at is None
    assert watching.watch_since(alder.pk, waits.created_at) == 0


def test_the_statistic_says_too_few_below_five() -> None:
    now = timezone.now()
    rows = [
        Decided("burst", now - timedelta(days=n), now, disposition)
        for n, disposition in enumerate(
            ["misuse_confirmed", "rule_broken", "justified", "false_alarm"], start=1
        )
    ]
    by_rule = {one.rule.code: one for one in figures_of([*rows, Decided("burst", now, None, "")])}
    few = by_rule["burst"]
    assert (few.raised, few.is_open, few.decided, few.share, few.days) == (5, 1, 4, None, None)
    more = [*rows, Decided("burst", now - timedelta(days=9), now, "false_alarm")]
    enough = {one.rule.code: one for one in figures_of(more)}["burst"]
    assert (enough.useful, enough.decided, enough.share) == (2, 5, 40)
    assert enough.days == pytest.approx(3)
    assert set(by_rule) == set(registry.RULES)
