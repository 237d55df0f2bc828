"""Asking for an examiner: two consents, and nobody learns who exists."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Activity, Agency, Membership, Role, User
from portal.post import wait_until_sent
from portal.tenancy import scope
from searches.faults import Fault
from searches.models import ExaminerLoan, Gallery, Search, Stage
from searches.services.examining import start_examination
from searches.services.lending import lend_examiner
from searches.services.looking_up import look_up_loan, look_up_waiting
from tests.conftest import join
from tests.factories import make_certificate, make_search
from tests.searches.lending.cast import REASON, Ask, Lender, actions
from tests.searches.procedure import Office, examine

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]


def test_the_switch_is_off_until_an_admin_turns_it_on(birch: Agency, ask: Ask) -> None:
    join(birch, "eva@birch.example", "Eva", Role.EXAMINER)
    loan = ask()
    assert (loan.borrowed_id, loan.lending_agency_id) == (None, None)
    assert loan.looked_up_at is not None


def test_an_examiner_of_an_agency_that_lends_is_asked(lender: Lender, ask: Ask) -> None:
    loan = ask()
    assert (loan.borrowed_id, loan.lending_agency_id) == (lender.eva.pk, lender.agency.pk)
    assert loan.reason == REASON
    assert REASON.encode() not in bytes(loan.reason_sealed)


@pytest.mark.parametrize(
    "case", ["nobody", "analyst", "untrained", "left", "inactive", "colleague"]
)
def test_who_is_no_examiner_elsewhere_is_not_asked(
    lender: Lender, alder: Agency, ask: Ask, case: str
) -> None:
    email = "eva@birch.example"
    if case == "nobody":
        email = "nobody@nowhere.example"
    elif case == "analyst":
        email = join(lender.agency, "an@birch.example", "An", Role.ANALYST).email
    elif case == "untrained":
        make_certificate(lender.agency, lender.eva, days_left=-1, activity=Activity.EXAMINE)
    elif case == "left":
        with scope(lender.agency.pk):
            Membership.objects.filter(user=lender.eva).update(deactivated_at=timezone.now())
    elif case == "inactive":
        User.objects.filter(pk=lender.eva.pk).update(is_active=False)
    else:  # of the asking agency too, but not any more when she is looked up
        email = join(lender.agency, "two@birch.example", "Two", Role.EXAMINER).email
        join(alder, email, "Two", Role.EXAMINER)
        with pytest.raises(Fault, match="loan_to_colleague"):
            ask(email)
        return
    assert ask(email).borrowed_id is None
    assert "examiner.lent_out" not in actions(lender.agency)


def test_only_a_supervisor_lends_and_never_for_a_search_of_their_own(
    office: Office, search: Search, gallery: Gallery, lender: Lender
) -> None:
    values: dict[str, Any] = {
        "search": search,
        "email": lender.eva.email,
        "days": 7,
        "reason": REASON,
    }
    for name in ("analyst", "first", "auditor"):
        with pytest.raises(PermissionDenied):
            lend_examiner(actor=office.actor(name), **values)
    own = make_search(search.probe, [gallery], actor=office.actor("deputy"))
    with pytest.raises(Fault, match="own_search"):
        lend_examiner(actor=office.actor("deputy"), **values | {"search": own})
    row = ExaminerLoan(
        search=own,
        round=1,
        email=lender.eva.email,
        asked_by_id=office.people["deputy"].pk,
        asked_by_label="x",
        expires_at=timezone.now() + timedelta(days=1),
    )
    row.reason = REASON
    with pytest.raises(DatabaseError, match="own_search"), transaction.atomic():
        row.save(force_insert=True)
    assert not ExaminerLoan.objects.exists()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"days": 0}, "loan_days_out_of_range"),
        ({"days": 31}, "loan_days_out_of_range"),
        ({"reason": "short"}, "reason_too_short"),
        ({"reason": "x" * 4001}, "text_too_long"),
    ],
)
def test_what_is_asked_for_has_limits(
    office: Office, search: Search, changed: dict[str, object], code: str
) -> None:
    values = {"email": "x@birch.example", "days": 7, "reason": REASON, **changed}
    with pytest.raises(Fault, match=code):
        lend_examiner(actor=office.actor("supervisor"), search=search, **values)  # type: ignore[arg-type]
    assert not ExaminerLoan.objects.exists()


def test_a_taken_round_and_an_adjudication_are_not_entitled(
    office: Office, search: Search, ask: Ask
) -> None:
    start_examination(actor=office.actor("first"), search=search)
    with pytest.raises(Fault, match="examination_taken"):
        ask()
    examine(office.actor("first"), search, {1})
    examine(office.actor("second"), search)
    assert search.stage == Stage.ADJUDICATION
    with pytest.raises(Fault, match="adjudication_not_lent"):
        ask()


def test_the_page_of_the_search_leads_a_supervisor_to_it(
    client: Client, office: Office, search: Search
) -> None:
    for name, is_there in (("supervisor", True), ("analyst", False), ("auditor", False)):
        client.force_login(office.people[name])
        page = client.get(reverse("search", args=[search.pk])).content.decode()
        assert (reverse("search_lend", args=[search.pk]) in page) == is_there


def test_an_address_is_asked_once_and_three_at_a_time(search: Search, ask: Ask) -> None:
    for number in range(3):
        ask(f"x{number}@birch.example")
    with pytest.raises(Fault, match="loan_standing"):
        ask("X1@birch.example ")
    with pytest.raises(Fault, match="loans_too_many"):
        ask("x3@birch.example")
    assert search.loans.count() == 3


def test_the_answer_and_the_page_are_the_same_for_every_address(
    client: Client,
    office: Office,
    search: Search,
    lender: Lender,
    bells: list[tuple[str, tuple[object, ...]]],
    django_capture_on_commit_callbacks: Any,
) -> None:
    client.force_login(office.people["supervisor"])
    address = reverse("search_lend", args=[search.pk])
    known, rung = ["eva@birch.example", "sam@birch.example", "xyz@birch.example"], len(bells)
    for email in known:
        with django_capture_on_commit_callbacks(execute=True):
            response = client.post(address, {"email": email, "days": 7, "reason": REASON})
        assert (response.status_code, response["Location"]) == (302, address)
    wait_until_sent()
    assert mail.outbox == []  # a worker looks and writes, whatever the address
    loans = {loan.email: loan for loan in ExaminerLoan.objects.all()}
    assert [args[1] for _, args in bells[rung:]] == [str(loans[email].pk) for email in known]
    before = rows_of(client.get(address), loans)
    for email in known:
        assert look_up_loan(loans[email].pk) == (email == "eva@birch.example")
    after = rows_of(client.get(address), loans)
    assert len(before) == 3
    assert set(before) == set(after)
    assert len(set(after)) == 1
    assert "Birch" not in after[0]


def rows_of(response: Any, loans: dict[str, ExaminerLoan]) -> list[str]:
    """The rows of a page without the address and the id of each loan, and without its times."""
    rows = response.content.decode().split('id="asked"')[1].split("</ul>")[0].split("<li")[1:]
    for email, loan in loans.items():
        rows = [row.replace(email, "ADDRESS").replace(str(loan.pk), "LOAN") for row in rows]
    return [re.sub(r"<time .*?</time>", "TIME", row).strip() for row in rows]


def test_mails_go_to_the_examiner_and_the_admins_and_say_nothing(
    lender: Lender, ask: Ask, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        loan = ask()
        ask("xyz@birch.example")
        ask("sam@birch.example")
    wait_until_sent()
    assert sorted(m.to[0] for m in mail.outbox) == ["adam@birch.example", "eva@birch.example"]
    for message in mail.outbox:
        for secret in ("Alder", "alder", REASON, str(loan.search_id), "2026-001", str(loan.pk)):
            assert secret not in message.subject + str(message.body)


def test_a_lost_bell_is_rung_again_by_the_clock(
    office: Office, search: Search, lender: Lender
) -> None:
    values = {"search": search, "days": 7, "reason": REASON}
    lend_examiner(actor=office.actor("supervisor"), email="eva@birch.example", **values)  # type: ignore[arg-type]
    assert look_up_waiting() == 1
    assert look_up_waiting() == 0
    assert ExaminerLoan.objects.get().borrowed_id == lender.eva.pk
