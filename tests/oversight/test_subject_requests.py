"""Requests of data subjects along their states, and what the database holds by itself."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import Agency, Role
from oversight.faults import Fault
from oversight.models import SubjectRequest
from oversight.public_access import public_actor
from oversight.services.requests import handling
from oversight.services.requests.deadlines import months_after
from oversight.services.requests.deciding import mark_erased, mark_sent
from oversight.services.requests.following import send_message, withdraw
from oversight.services.requests.reminding import remind_of_requests
from portal.audit.actions import Action
from portal.audit.contents import read_content
from portal.audit.models import AuditEntry
from tests.factories import make_actor, make_gallery, make_image
from tests.oversight.requests_cast import (
    decided,
    in_work,
    make_request,
    make_taken,
    two_handlers,
)

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_alder")]


def code_of(act: object, **values: object) -> str:
    with pytest.raises(Fault) as fault:
        act(**values)  # type: ignore[operator]
    return str(fault.value.code)


def actions() -> list[str]:
    entries = AuditEntry.objects.filter(action__startswith="subject_request").order_by("pk")
    return [entry.action.partition(".")[2] for entry in entries]


def test_a_request_goes_from_receipt_to_a_sent_letter(alder: Agency) -> None:
    make_image(make_gallery(alder), "P-7")
    one, two = two_handlers(alder)
    request = in_work(make_request(alder), one, "P-7")
    done = decided(request, two)
    assert (done.state, done.outcome) == ("decided", "granted")
    letter = done.letters.get()
    sent = mark_sent(actor=two, request=done, how="post")
    assert sent.sent_how == "post"
    assert actions() == [
        "received",
        "taken",
        "moved",
        "subject_added",
        "identity_checked",
        "moved",
        "decided",
        "letter_made",
        "letter_sent",
    ]
    entry = AuditEntry.objects.get(action=Action.REQUEST_LETTER_MADE)
    assert entry.data["sha256"] == letter.sha256
    why = AuditEntry.objects.get(action=Action.REQUEST_DECIDED)
    assert read_content(why) == {"reason": done.inside}


def test_nothing_personal_is_in_the_record_or_in_clear_in_the_database(alder: Agency) -> None:
    one, _two = two_handlers(alder)
    request = in_work(make_request(alder), one)
    handling.add_note(actor=one, request=request, text="Zhvanetsky called again")
    handling.ask_person(actor=one, request=request, text="Please, Jo Zhvanetsky, say when")
    with connection.cursor() as cursor:
        for table in ("oversight_subjectrequest", "oversight_requestnote", "audit_auditentry"):
            cursor.execute(f"SELECT string_agg(to_jsonb(t)::text, ' ') FROM {table} t")
            text = cursor.fetchone()[0]
            for word in ("Zhvanetsky", "home.example", "custody", "1980-02-03"):
                assert word not in text, (table, word)
                assert word.encode().hex() not in text, (table, word)


def test_who_checked_the_identity_does_not_decide_while_there_is_somebody_else(
    alder: Agency,
) -> None:
    one, two = two_handlers(alder)
    request = in_work(make_request(alder), one)
    assert code_of(decided, request=request, actor=one) == "request_second_person"
    request.refresh_from_db()
    assert request.state == "in_work"
    assert not request.letters.exists()
    decided(request, two)


def test_who_is_alone_decides(alder: Agency) -> None:
    one = make_actor(alder.pk, "alone", Role.SUPERVISOR)
    assert decided(in_work(make_request(alder), one), one).state == "decided"


@pytest.mark.parametrize("kind", ["access", "erasure"])
def test_nobody_is_granted_anything_unchecked(alder: Agency, kind: str) -> None:
    one, _two = two_handlers(alder)
    request = make_request(alder, kind=kind)
    handling.begin_work(actor=one, request=request)
    assert code_of(decided, request=request, actor=one) == "request_identity_unchecked"
    refused = decided(request, one, outcome="refused", ground="identity", erase_by=None)
    assert refused.outcome == "refused"


def test_a_correction_needs_no_check(alder: Agency) -> None:
    one, _two = two_handlers(alder)
    request = handling.begin_work(actor=one, request=make_request(alder, kind="correction"))
    assert decided(request, one, told="The date was corrected.").outcome == "granted"


def test_an_erasure_is_told_when_it_is_done(alder: Agency) -> None:
    one, two = two_handlers(alder)
    request = decided(in_work(make_request(alder, kind="erasure"), one), two)
    assert request.is_to_be_erased
    done = mark_erased(actor=one, request=request)
    assert done.letters.count() == 2
    assert code_of(mark_erased, actor=one, request=done) == "request_erased"


def test_a_month_is_a_month_and_is_extended_once(alder: Agency) -> None:
    assert months_after(date(2027, 1, 31), 1) == date(2027, 2, 28)
    assert months_after(date(2026, 11, 30), 3) == date(2027, 2, 28)
    one, _two = two_handlers(alder)
    request = make_request(alder)
    before = request.due_on
    reason = "Many files have to be looked at"
    longer = handling.extend(actor=one, request=request, text=reason)
    assert longer.due_on > before + timedelta(days=55)
    assert longer.extension == reason
    assert code_of(handling.extend, actor=one, request=longer, text=reason) == "request_extended"


def test_whoever_asked_does_not_handle_the_own_request(alder: Agency) -> None:
    one, _two = two_handlers(alder)
    request = make_request(alder, address=one.label.upper())
    assert code_of(handling.take, actor=one, request=request) == "request_own"
    request.refresh_from_db()
    assert request.owner_id is None


def test_who_has_no_right_changes_nothing(alder: Agency) -> None:
    request = make_request(alder)
    auditor = make_actor(alder.pk, "aud", Role.AUDITOR, Role.ADMIN, Role.ANALYST)
    before = AuditEntry.objects.count()
    with pytest.raises(PermissionDenied):
        handling.take(actor=auditor, request=request)
    with pytest.raises(PermissionDenied):
        decided(request, auditor)
    assert AuditEntry.objects.count() == before


def test_a_message_ends_the_waiting_and_the_person_withdraws(alder: Agency) -> None:
    one, _two = two_handlers(alder)
    request = make_request(alder)
    handling.ask_person(actor=one, request=request, text="When were you in custody?")
    request.refresh_from_db()
    assert request.state == "waiting"
    lapse = {"actor": one, "request": request, "text": "No answer was given"}
    assert code_of(handling.lapse, **lapse) == "request_not_lapsed"
    send_message(actor=public_actor(alder), request=request, text="In May")
    request.refresh_from_db()
    assert request.state == "identity"
    withdraw(actor=public_actor(alder), request=request)
    assert code_of(withdraw, actor=public_actor(alder), request=request) == "request_closed"


def refused(sql: str, *values: Any) -> str:
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
    return str(error.value)


def test_the_database_keeps_the_rules_by_itself(alder: Agency) -> None:
    one, two = two_handlers(alder)
    request = make_request(alder)
    table = "UPDATE oversight_subjectrequest SET "
    where = " WHERE id = %s"
    jump = table + "state = 'decided', outcome = 'granted', decided_at = now()" + where
    assert "request_order" in refused(jump, request.pk)
    in_work(request, one)
    sql = table + "identity_method = '', identity_at = NULL, state = 'decided',"
    unchecked = sql + " outcome = 'granted', decided_at = now()" + where
    assert "request_granted_to_the_person" in refused(unchecked, request.pk)
    alone = (
        table
        + "state = 'decided', outcome = 'granted', decided_at = now(),"
        + (f" decided_by_id = {one.user_id}" + where)
    )
    assert "request_second_person" in refused(alone, request.pk)
    later = table + "due_on = due_on + 5" + where
    assert "request_extended" in refused(later, request.pk)
    assert "does not change" in refused(table + "kind = 'erasure'" + where, request.pk)
    early = "INSERT INTO oversight_requestletter (id, agency_id, request_id, about, language,"
    early += " file_key, sha256, made_at, made_by_label) VALUES (gen_random_uuid(), %s, %s,"
    early += " 'decision', 'en', 'x', 'x', now(), 'x')"
    assert "request_letter" in refused(early, alder.pk, request.pk)
    decided(request, two)
    back = table + "state = 'in_work', outcome = '', decided_at = NULL" + where
    assert "request_closed" in refused(back, request.pk)
    assert "request_closed" in refused(table + "outcome = 'partly'" + where, request.pk)
    gone = "DELETE FROM oversight_subjectrequest" + where
    assert "not deleted" in refused(gone, request.pk)


def test_reminders_come_once_each(alder: Agency, mailoutbox: list[object]) -> None:
    two_handlers(alder)
    request = make_request(alder)
    now = timezone.now()
    assert remind_of_requests() == 0
    # As if it had been received 28 days ago.
    row = SubjectRequest(
        **{
            field.attname: getattr(request, field.attname)
            for field in SubjectRequest._meta.concrete_fields
            if field.attname not in ("id", "number", "received_at", "due_on")
        }
    )
    row.number, row.received_at = "R-OLD", now - timedelta(days=28)
    row.name, row.address = "x", "x@y.example"
    row.due_on = timezone.localdate() + timedelta(days=2)
    row.save(force_insert=True)
    assert remind_of_requests() == 1
    assert remind_of_requests() == 0


def test_two_of_the_same_form_are_one_request(alder: Agency) -> None:
    import uuid

    from oversight.services.requests.receiving import take_request
    from tests.oversight.requests_cast import asked

    key = uuid.uuid4()
    actor = public_actor(alder)
    first = take_request(actor=actor, agency=alder, asked=asked(), submission_key=key)
    again = take_request(actor=actor, agency=alder, asked=asked(), submission_key=key)
    assert first.request.pk == again.request.pk
    assert first.token == again.token
    other = {"actor": actor, "agency": alder, "asked": asked(name="Al"), "submission_key": key}
    assert code_of(take_request, **other) == "submission_conflict"
    assert SubjectRequest.objects.count() == 1
    assert make_taken(alder).token != first.token
