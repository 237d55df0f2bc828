"""An examiner lent to another agency: two consents, one examination, and nothing else."""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.access import actor_of
from accounts.actor import Actor, command_actor
from accounts.models import Activity, Agency, Membership, Role, User
from accounts.permissions import Permission
from accounts.services.agency_lifecycle import suspend_agency
from portal.audit.models import AuditEntry
from portal.post import wait_until_sent
from portal.tenancy import platform_scope, scope, user_scope
from searches.faults import Fault
from searches.models import (
    Candidate,
    Examination,
    ExaminationItem,
    ExaminationState,
    ExaminerLoan,
    FaceImage,
    Gallery,
    Search,
    Stage,
)
from searches.services.examining import decide, start_examination
from searches.services.lending import lend_examiner, revoke_loan
from searches.services.lent_out import decline_loan, give_back_expired, recall_loan
from searches.services.looking_up import look_up_loan, look_up_waiting
from tests.conftest import join
from tests.factories import make_certificate, make_policy, make_search, person_jpeg
from tests.searches.procedure import Office, examine, filled_gallery, searched

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]

REASON = "Both of our examiners know the victim"
DECISION = {"nose": "dissimilar", "disposition": "excluded", "comment": ""}


@dataclass
class Lender:
    """Birch, which lends its examiners; Eva is one of them."""

    agency: Agency
    eva: User
    admin: User
    supervisor: User

    def actor(self, user: User) -> Actor:
        with scope(self.agency.pk):
            member = Membership.objects.get(user=user)
            return actor_of(user, Agency.objects.get(pk=self.agency.pk), member, "127.0.0.1")


@pytest.fixture
def lender(birch: Agency) -> Lender:
    make_policy(birch, lend_examiners=True)
    return Lender(
        birch,
        join(birch, "eva@birch.example", "Eva", Role.EXAMINER),
        join(birch, "adam@birch.example", "Adam", Role.ADMIN),
        join(birch, "sam@birch.example", "Sam", Role.SUPERVISOR),
    )


@pytest.fixture
def gallery(alder: Agency) -> Gallery:
    return filled_gallery(alder, 8)


@pytest.fixture
def search(office: Office, gallery: Gallery) -> Search:
    """Done, with two candidates, and not examined yet."""
    return searched(office, person_jpeg(1), gallery, limit=2)


Ask = Callable[..., ExaminerLoan]


@pytest.fixture
def ask(office: Office, search: Search) -> Ask:
    """Alder's supervisor asks, and a worker looks the address up."""

    def do(email: str = "eva@birch.example", days: int = 7) -> ExaminerLoan:
        loan = lend_examiner(
            actor=office.actor("supervisor"), search=search, email=email, days=days, reason=REASON
        )
        look_up_loan(loan.pk)
        loan.refresh_from_db()
        return loan

    return do


def open_as(client: Client, user: User, loan: ExaminerLoan) -> int:
    client.force_login(user)
    return client.post(reverse("lent", args=[loan.pk])).status_code


def pages_of(loan: ExaminerLoan) -> list[str]:
    """Everything that a loan opens."""
    whole = ("", "_submit", "_return", "_probe_face", "_probe_close_up", "_probe_picture")
    of_a_face = ("_face", "_face_portrait", "_face_close_up", "_face_picture")
    return [
        *(reverse(f"lent_examination{name}", args=[loan.pk]) for name in whole),
        reverse("lent_examination_probe_original", args=[loan.pk]),
        *(reverse(f"lent_examination{name}", args=[loan.pk, 1]) for name in of_a_face),
    ]


def statuses(client: Client, addresses: list[str]) -> set[int]:
    return {client.get(address).status_code for address in addresses}


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let the time of every loan pass."""
    clock = SimpleNamespace(now=lambda: timezone.now() + timedelta(days=31))

    def pass_by() -> None:
        for module in ("searches.models.loan", "searches.services.lent_out"):
            monkeypatch.setattr(f"{module}.timezone", clock)

    return pass_by


def actions(agency: Agency) -> list[str]:
    with scope(agency.pk):
        rows = AuditEntry.objects.filter(agency_id=agency.pk).order_by("pk")
        kinds = ("examiner.", "loan.", "lent_out.")
        return [str(row.action) for row in rows if row.action.startswith(kinds)]


# --- The two consents ---------------------------------------------------------------------------


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


# --- Nobody learns who exists -------------------------------------------------------------------


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


# --- The examination ----------------------------------------------------------------------------


def test_first_by_an_own_examiner_second_by_a_lent_one_then_the_conclusion(
    client: Client, office: Office, search: Search, lender: Lender, ask: Ask
) -> None:
    examine(office.actor("first"), search)
    loan = ask()
    client.force_login(lender.eva)
    assert "Alder Police" in client.get(reverse("loans")).content.decode()
    response = client.post(reverse("lent", args=[loan.pk]))
    assert response["Location"] == reverse("lent_examination", args=[loan.pk])
    # The pictures of the gallery are made up and cannot be cut; the others can be shown.
    shown = [at for at in pages_of(loan) if not at.endswith(("1/close-up/", "1/picture/"))]
    assert statuses(client, shown) == {200, 302}
    examination = Examination.objects.get(round=2)
    for item in examination.items.all():
        at = reverse("lent_examination_decide", args=[loan.pk, item.position])
        decided = client.post(at, DECISION)
        assert decided["Location"].startswith(f"/lent/{loan.pk}/examination/"), decided["Location"]
    done = client.post(reverse("lent_examination_submit", args=[loan.pk]))
    assert done["Location"] == reverse("loans")
    search.refresh_from_db()
    assert (search.stage, search.conclusions.get().outcome) == (Stage.CONCLUDED, "no_lead")
    examination.refresh_from_db()
    assert (examination.examiner_id, examination.examiner_label) == (
        lender.eva.pk,
        lender.eva.email,
    )
    assert statuses(client, pages_of(loan)) == {410}  # nothing is left to see
    client.force_login(office.people["supervisor"])
    page = client.get(reverse("search_lend", args=[search.pk])).content.decode()
    assert "Eva (eva@birch.example)" in page
    assert "Birch Police" in page


def test_the_pages_name_neither_the_examination_nor_the_case(
    client: Client, search: Search, lender: Lender, ask: Ask
) -> None:
    loan = ask()
    assert open_as(client, lender.eva, loan) == 302
    examination = Examination.objects.get()
    for address in (pages_of(loan)[0], reverse("lent_examination_face", args=[loan.pk, 1])):
        page = client.get(address).content.decode()
        for hidden in (examination.pk, search.pk, search.case_id, search.case.number, "Robbery"):
            assert str(hidden) not in page
        assert f"/lent/{loan.pk}/examination/" in page
        assert "Birch Police" in page  # they stay at home


def test_both_records_say_what_happened_and_the_lender_nothing_of_the_search(
    client: Client, alder: Agency, search: Search, lender: Lender, ask: Ask, office: Office
) -> None:
    loan = ask()
    assert actions(lender.agency) == ["examiner.lent_out"]
    assert actions(alder) == ["examiner.lent"]
    open_as(client, lender.eva, loan)
    open_as(client, lender.eva, loan)
    revoke_loan(actor=office.actor("supervisor"), loan=loan)
    used = ["lent_out.used"] * 2
    assert actions(lender.agency) == ["examiner.lent_out", *used, "lent_out.ended"]
    assert actions(alder) == ["examiner.lent", "loan.used", "loan.used", "loan.revoked"]
    with scope(lender.agency.pk):
        for row in AuditEntry.objects.filter(subject_type="examinerloan"):
            assert set(row.data) <= {"agency", "person", "expires", "by"}
            assert "alder" not in row.actor_label


def test_nothing_else_of_the_owner_exists_for_the_person_lent(
    client: Client, search: Search, gallery: Gallery, lender: Lender, ask: Ask
) -> None:
    loan = ask()
    open_as(client, lender.eva, loan)
    examination = Examination.objects.get()
    image = FaceImage.objects.filter(gallery=gallery).earliest("pk")
    addresses = {
        reverse("search", args=[search.pk]),
        reverse("case", args=[search.case_id]),
        reverse("probe", args=[search.probe_id]),
        reverse("probe_picture", args=[search.probe_id]),
        reverse("gallery", args=[gallery.pk]),
        reverse("subject", args=[image.subject_id]),
        reverse("portrait", args=[image.pk]),
        reverse("examination", args=[examination.pk]),
        reverse("examination_face", args=[examination.pk, 1]),
    }
    assert statuses(client, list(addresses)) <= {403, 404}
    taken = client.post(reverse("examination_take", args=[search.pk]))
    assert taken.status_code == 404
    client.post(reverse("switch_agency"), {"agency": search.agency_id})
    assert client.get(reverse("home")).context["agency"] == lender.agency
    assert client.get(reverse("loans")).context["can"] == {"examine"}


def test_another_search_of_the_same_agency_stays_closed(
    client: Client, office: Office, search: Search, gallery: Gallery, lender: Lender, ask: Ask
) -> None:
    """The address names the loan alone, so there is nothing to exchange in it."""
    loan = ask()
    other = make_search(search.probe, [gallery], actor=office.actor("analyst"))
    open_as(client, lender.eva, loan)
    assert Examination.objects.get().search_id == loan.search_id
    lent_actor = Actor(
        lender.eva.pk, lender.eva.email, other.agency_id, frozenset({Permission.EXAMINE}), "test"
    )
    with pytest.raises(Fault), transaction.atomic():
        start_examination(actor=lent_actor, search=other)
    assert not other.examinations.exists()


def test_a_loan_is_for_one_person_and_one_round(
    client: Client, office: Office, search: Search, lender: Lender, ask: Ask
) -> None:
    loan = ask()
    mia = join(lender.agency, "mia@birch.example", "Mia", Role.EXAMINER)
    client.force_login(mia)
    address = reverse("lent", args=[loan.pk])
    assert client.get(address).status_code == 404
    assert client.post(address).status_code == 404
    assert statuses(client, pages_of(loan)) == {404}
    assert client.post(reverse("loan_decline", args=[loan.pk])).status_code == 404
    examine(office.actor("first"), search)  # round 1 is done by somebody else
    assert open_as(client, lender.eva, loan) == 410
    assert search.examinations.count() == 1


def test_before_it_is_begun_the_loan_shows_no_face(
    client: Client, lender: Lender, ask: Ask
) -> None:
    loan = ask()
    client.force_login(lender.eva)
    assert client.get(reverse("lent", args=[loan.pk])).status_code == 200
    assert statuses(client, pages_of(loan)) == {404}
    assert ask("second@birch.example").opened_at is None


# --- The ends -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "end",
    [
        "revoked",
        "declined",
        "recalled",
        "expired",
        "switch",
        "owner suspended",
        "joined",
    ],
)
def test_whatever_ends_a_loan_ends_the_work_at_once(
    client: Client,
    office: Office,
    lender: Lender,
    ask: Ask,
    later: Callable[[], None],
    end: str,
) -> None:
    loan = ask()
    assert open_as(client, lender.eva, loan) == 302
    decision = reverse("lent_examination_decide", args=[loan.pk, 1])
    assert client.post(decision, DECISION).status_code == 302
    if end == "revoked":
        client.force_login(office.people["supervisor"])
        assert client.post(reverse("loan_revoke", args=[loan.pk])).status_code == 302
    elif end == "declined":
        assert client.post(reverse("loan_decline", args=[loan.pk])).status_code == 302
    elif end == "recalled":
        client.force_login(lender.admin)
        assert client.post(reverse("loan_recall", args=[loan.pk])).status_code == 302
    elif end == "expired":
        later()
    elif end == "switch":
        make_policy(lender.agency, lend_examiners=False)
    elif end == "owner suspended":
        suspend_agency(
            actor=command_actor("test", None), agency=office.agency, reason="Unpaid bill"
        )
    else:
        join(office.agency, lender.eva.email, "Eva", Role.ANALYST)
    client.force_login(lender.eva)
    before = list(ExaminationItem.objects.order_by("pk").values())
    if end == "joined":  # she now chooses where to work; at home the loan is over
        client.post(reverse("switch_agency"), {"agency": lender.agency.pk})
    assert statuses(client, pages_of(loan)) == {410}
    for name, at in (("_decide", [2]), ("_submit", []), ("_return", [])):
        address = reverse(f"lent_examination{name}", args=[loan.pk, *at])
        assert client.post(address, DECISION).status_code == 410
    assert client.post(reverse("lent", args=[loan.pk])).status_code == 410
    assert list(ExaminationItem.objects.order_by("pk").values()) == before
    ended = ("revoked", "declined", "recalled")
    state = ExaminationState.RETURNED if end in ended else ExaminationState.OPEN
    assert Examination.objects.get().state == state


@pytest.mark.parametrize("end", ["untrained", "role", "left", "suspended"])
def test_who_may_not_examine_at_home_may_not_elsewhere(
    client: Client, lender: Lender, ask: Ask, end: str
) -> None:
    loan = ask()
    open_as(client, lender.eva, loan)
    join(lender.agency, "other@birch.example", "Other", Role.EXAMINER)
    with scope(lender.agency.pk):
        member = Membership.objects.filter(user=lender.eva)
        if end == "untrained":
            make_certificate(lender.agency, lender.eva, days_left=-1, activity=Activity.EXAMINE)
        elif end == "role":
            member.update(roles=[Role.ANALYST])
        elif end == "left":
            member.update(deactivated_at=timezone.now())
        else:
            operator = command_actor("test", None)
            suspend_agency(actor=operator, agency=lender.agency, reason="Unpaid since May")
    client.force_login(lender.eva)
    assert statuses(client, [*pages_of(loan), reverse("lent", args=[loan.pk])]) == {403}
    decision = reverse("lent_examination_decide", args=[loan.pk, 1])
    assert client.post(decision, DECISION).status_code == 403
    assert not ExaminationItem.objects.exclude(disposition="").exists()


def test_what_an_expired_loan_leaves_open_is_given_back_by_the_clock(
    client: Client,
    office: Office,
    search: Search,
    lender: Lender,
    ask: Ask,
    later: Callable[[], None],
) -> None:
    loan = ask()
    open_as(client, lender.eva, loan)
    assert give_back_expired() == 0
    later()
    assert give_back_expired() == 1
    assert Examination.objects.get().state == ExaminationState.RETURNED
    examine(office.actor("first"), search)
    assert search.stage == Stage.SECOND_EXAMINATION


def test_an_ended_loan_does_not_end_twice(office: Office, lender: Lender, ask: Ask) -> None:
    loan = ask()
    recall_loan(actor=lender.actor(lender.supervisor), pk=loan.pk)
    acts: tuple[Callable[[], object], ...] = (
        lambda: revoke_loan(actor=office.actor("supervisor"), loan=loan),
        lambda: recall_loan(actor=lender.actor(lender.admin), pk=loan.pk),
        lambda: decline_loan(actor=lender.actor(lender.eva), pk=loan.pk),
    )
    for act in acts:
        with pytest.raises(Fault, match="loan_over"):
            act()
    with pytest.raises(PermissionDenied):
        recall_loan(actor=lender.actor(lender.eva), pk=loan.pk)


def test_the_lending_agency_sees_who_is_lent_and_nothing_of_the_search(
    client: Client, search: Search, lender: Lender, ask: Ask
) -> None:
    loan = ask()
    ask("xyz@birch.example")
    for person in (lender.admin, lender.supervisor):
        client.force_login(person)
        page = client.get(reverse("lent_out")).content.decode()
        assert "Eva (eva@birch.example)" in page
        assert "Alder Police" in page
        for hidden in (search.pk, search.case.number, REASON, "xyz@", "supervisor@alder"):
            assert str(hidden) not in page
    client.force_login(lender.eva)
    assert client.get(reverse("lent_out")).status_code == 403
    assert client.post(reverse("loan_recall", args=[loan.pk])).status_code == 403
    loan.refresh_from_db()
    assert loan.stands


def test_no_third_agency_sees_or_ends_a_loan(client: Client, lender: Lender, ask: Ask) -> None:
    from tests.conftest import licensed

    loan = ask()
    cedar = licensed("Cedar Police", "cedar")
    make_policy(cedar, lend_examiners=True)
    all_of_it = join(cedar, "all@cedar.example", "All", *Role)
    client.force_login(all_of_it)
    for name in ("lent", "loan_decline", "loan_recall", "loan_revoke"):
        assert client.post(reverse(name, args=[loan.pk])).status_code == 404
    assert statuses(client, pages_of(loan)) == {404}
    loan.refresh_from_db()
    assert loan.stands


# --- By hand, in the database -------------------------------------------------------------------

CONTENT = [
    "searches_search",
    "searches_probe",
    "searches_candidate",
    "searches_examination",
    "searches_examinationitem",
    "searches_case",
    "searches_faceimage",
    "searches_searchtoken",
]


def count(table: str, agency: Agency) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table}" WHERE agency_id = %s', [agency.pk])
        return int(cursor.fetchone()[0])


def test_a_loan_opens_no_row_of_the_owner_in_any_scope_of_the_lender(
    client: Client, alder: Agency, lender: Lender, ask: Ask
) -> None:
    loan = ask()
    open_as(client, lender.eva, loan)
    assert all(count(table, alder) for table in CONTENT)
    for inside in (scope(lender.agency.pk), user_scope(lender.eva.pk), platform_scope()):
        with inside:
            assert {table: count(table, alder) for table in CONTENT} == dict.fromkeys(CONTENT, 0)
    with user_scope(lender.eva.pk):
        assert count("searches_examinerloan", alder) == 0
    with scope(lender.agency.pk):
        assert count("searches_examinerloan", alder) == 1  # the one that names it, to read
        for sql in (
            "UPDATE searches_examinerloan SET expires_at = now() + interval '20 days'",
            "UPDATE searches_examinerloan SET declined_at = NULL",
            "DELETE FROM searches_examinerloan",
        ):
            with connection.cursor() as cursor:
                cursor.execute(sql)
                assert cursor.rowcount == 0, sql


def insert_examination(search: Search, person: int, number: int = 1) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO searches_examination (agency_id, id, search_id, round, examiner_id,"
            " examiner_label, state, started_at) VALUES (%s, %s, %s, %s, %s, 'x', 'open', now())",
            [search.agency_id, uuid.uuid4(), search.pk, number, person],
        )


def test_the_database_lets_no_stranger_examine(
    office: Office, search: Search, gallery: Gallery, lender: Lender, ask: Ask
) -> None:
    with pytest.raises(DatabaseError, match="not_entitled"):
        insert_examination(search, lender.eva.pk)
    with pytest.raises(DatabaseError, match="not_entitled"):
        insert_examination(search, 999_999)
    loan = ask()
    other = make_search(search.probe, [gallery], actor=office.actor("analyst"))
    with pytest.raises(DatabaseError, match="not_entitled"):
        insert_examination(other, lender.eva.pk)
    revoke_loan(actor=office.actor("supervisor"), loan=loan)
    with pytest.raises(DatabaseError, match="not_entitled"):
        insert_examination(search, lender.eva.pk)
    ask()
    examine(office.actor("first"), search)
    with pytest.raises(DatabaseError, match="not_entitled"):
        insert_examination(search, lender.eva.pk, 2)  # lent for the first round
    assert not Examination.objects.filter(examiner_id=lender.eva.pk).exists()


def test_the_database_knows_when_a_loan_has_expired(
    search: Search, lender: Lender, ask: Ask
) -> None:
    loan = ask("nobody@birch.example")
    columns = "agency_id, search_id, round, email, reason_sealed, asked_by_id, asked_by_label"
    # For the database a transaction begins long before now: a loan that ends between the two.
    for seconds, refused in ((0.000001, True), (86400.0, False)):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO searches_examinerloan (id, {columns}, revoked_by_label, granted_at,"
                f" expires_at) SELECT %s, {columns}, '', now(), now() + %s * interval '1 second'"
                " FROM searches_examinerloan WHERE id = %s",
                [uuid.uuid4(), seconds, loan.pk],
            )
            cursor.execute(
                "UPDATE searches_examinerloan SET looked_up_at = now(), borrowed_id = %s,"
                " lending_agency_id = %s WHERE looked_up_at IS NULL",
                [lender.eva.pk, lender.agency.pk],
            )
        if refused:
            with pytest.raises(DatabaseError, match="not_entitled"):
                insert_examination(search, lender.eva.pk)
        else:
            insert_examination(search, lender.eva.pk)


@pytest.mark.parametrize("end", ["revoked", "switch", "left", "suspended"])
def test_the_database_takes_no_decision_after_the_end(
    client: Client, office: Office, lender: Lender, ask: Ask, end: str
) -> None:
    loan = ask()
    open_as(client, lender.eva, loan)
    examination = Examination.objects.get()
    if end == "revoked":
        ExaminerLoan.objects.update(revoked_at=timezone.now())
    elif end == "switch":
        make_policy(lender.agency, lend_examiners=False)
    elif end == "left":
        with scope(lender.agency.pk):
            Membership.objects.filter(user=lender.eva).update(deactivated_at=timezone.now())
    else:
        operator = command_actor("test", None)
        suspend_agency(actor=operator, agency=lender.agency, reason="Unpaid since May")
    actor = Actor(
        lender.eva.pk, lender.eva.email, loan.agency_id, frozenset({Permission.EXAMINE}), "test"
    )
    with pytest.raises(DatabaseError, match="not_entitled"), transaction.atomic():
        decide(
            actor=actor,
            examination=examination,
            position=1,
            disposition="excluded",
            features={"nose": "dissimilar"},
            comment="",
        )
    assert not ExaminationItem.objects.exclude(disposition="").exists()
    with pytest.raises(DatabaseError), transaction.atomic():
        now = timezone.now()
        Examination.objects.update(state=ExaminationState.SUBMITTED, submitted_at=now)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("expires_at = expires_at + interval '1 day'", "loan_fixed"),
        ("round = 2", "loan_fixed"),
        ("email = 'other@birch.example'", "loan_fixed"),
        ("borrowed_id = borrowed_id + 1", "loan_fixed"),
        ("lending_agency_id = lending_agency_id + 1", "loan_fixed"),
        ("reason_sealed = ''", "loan_fixed"),
        ("reason_sealed = 'other'", "loan_fixed"),
        ("asked_by_label = 'other'", "loan_fixed"),
        ("search_id = gen_random_uuid()", "loan_fixed"),
    ],
)
def test_a_loan_does_not_change(lender: Lender, ask: Ask, change: str, words: str) -> None:
    ask()
    with pytest.raises(DatabaseError, match=words), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE searches_examinerloan SET {change}")


def test_an_end_is_for_good_and_rows_are_not_deleted(
    office: Office, lender: Lender, ask: Ask
) -> None:
    loan = ask()
    revoke_loan(actor=office.actor("supervisor"), loan=loan)
    for sql in (
        "UPDATE searches_examinerloan SET revoked_at = NULL",
        "UPDATE searches_examinerloan SET revoked_at = NULL, declined_at = now()",
        "DELETE FROM searches_examinerloan",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    loan.refresh_from_db()
    assert loan.revoked_at is not None


@pytest.mark.parametrize("without", ["consent", "role", "membership"])
def test_the_database_asks_the_lending_agency_itself(
    alder: Agency, search: Search, lender: Lender, ask: Ask, without: str
) -> None:
    """The owning agency cannot write itself a loan of somebody whose agency does not lend."""
    loan = ask("nobody@birch.example")
    other = ask("nobody2@birch.example")
    person = lender.eva.pk
    if without == "consent":
        make_policy(lender.agency, lend_examiners=False)
    elif without == "role":
        person = join(lender.agency, "an@birch.example", "An", Role.ANALYST).pk
    else:
        person = 999_999
    with connection.cursor() as cursor:
        with pytest.raises(DatabaseError, match="loan_fixed"), transaction.atomic():
            cursor.execute(
                "UPDATE searches_examinerloan SET borrowed_id = %s, lending_agency_id = %s"
                " WHERE id = %s",
                [person, lender.agency.pk, loan.pk],
            )
        columns = "agency_id, search_id, round, email, reason_sealed, asked_by_id, asked_by_label"
        with transaction.atomic():
            cursor.execute(
                f"INSERT INTO searches_examinerloan (id, {columns}, revoked_by_label, granted_at,"
                f" expires_at) SELECT %s, {columns}, '', now(), now() + interval '1 day'"
                " FROM searches_examinerloan WHERE id = %s",
                [uuid.uuid4(), other.pk],
            )
        with pytest.raises(DatabaseError, match="not_lending"), transaction.atomic():
            cursor.execute(
                "UPDATE searches_examinerloan SET looked_up_at = now(), borrowed_id = %s,"
                " lending_agency_id = %s WHERE looked_up_at IS NULL",
                [person, lender.agency.pk],
            )
        cursor.execute("SELECT current_setting('candor.agency_id')")
        assert cursor.fetchone() == (str(alder.pk),)  # the look elsewhere left nothing behind


def test_scopes_are_as_before_after_the_look_into_the_lending_agency(
    client: Client, alder: Agency, lender: Lender, ask: Ask
) -> None:
    open_as(client, lender.eva, ask())
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('candor.agency_id')")
        assert cursor.fetchone() == (str(alder.pk),)
    assert Candidate.objects.count() == 2
