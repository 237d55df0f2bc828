"""Whatever ends a loan ends the work under it."""

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actor import command_actor
from accounts.models import Activity, Membership, Role
from accounts.services.agency_lifecycle import suspend_agency
from portal.tenancy import scope
from searches.faults import Fault
from searches.models import Examination, ExaminationItem, ExaminationState, Search, Stage
from searches.services.lending import revoke_loan
from searches.services.lent_out import decline_loan, give_back_expired, recall_loan
from tests.conftest import join
from tests.factories import make_certificate, make_policy
from tests.searches.lending.cast import DECISION, REASON, Ask, Lender, open_as, pages_of, statuses
from tests.searches.procedure import Office, examine

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models", "bells", "in_alder")]


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
