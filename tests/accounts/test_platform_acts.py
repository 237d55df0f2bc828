"""What the platform's staff do: agencies, their first admin, and other staff."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.actor import command_actor
from accounts.models import (
    Agency,
    Invitation,
    License,
    Plan,
    Role,
    SignOnDomain,
    StaffSession,
    User,
)
from accounts.platform.registered import site
from accounts.services.agencies import create_agency
from portal.audit.models import AuditEntry
from portal.tenancy import platform_scope, scope
from tests.accounts.platform_cast import REASON, enter, recorded
from tests.conftest import PASSWORD, join

EACH_TEST_ALONE = True

pytestmark = pytest.mark.django_db


def test_lists_cost_the_same_for_many_rows(inside: Client, sue: User) -> None:
    def cost(name: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert inside.get(reverse(f"admin:{name}_changelist")).status_code == 200
        return len(queries)

    def grow(first: int) -> None:
        for n in range(first, first + 10):
            create_agency(actor=command_actor("test", None), name=f"A {n}", slug=f"a-{n}")
            email = f"staff{n}@platform.example"
            User.objects.create_user(email, PASSWORD, name=f"S {n}", is_staff=True)
            with platform_scope():
                now = timezone.now()
                StaffSession.objects.create(
                    user=sue, reason=REASON, ended_at=now, expires_at=now + timedelta(minutes=1)
                )

    names = [
        "accounts_agency",
        "accounts_user",
        "accounts_staffsession",
        "audit_auditentry",
    ]
    grow(0)
    few = {name: cost(name) for name in names}
    grow(10)
    assert {name: cost(name) for name in names} == few
    assert max(few.values()) <= 25, few


NEW = {
    "name": "Cedar Police",
    "slug": "cedar",
    "jurisdiction": "Cedar County",
    "contact_name": "Cy",
    "contact_email": "cy@cedar.example",
    "time_zone": "Europe/Paris",
    "state": "trial",
}


def test_staff_create_and_change_agencies(inside: Client) -> None:
    response = inside.post(reverse("admin:accounts_agency_add"), NEW)
    assert response.status_code == 302
    with platform_scope():
        cedar = Agency.objects.get()
    assert (cedar.slug, cedar.state, cedar.contact_name) == ("cedar", "trial", "Cy")
    assert len(bytes(cedar.data_key)) > 30
    address = reverse("admin:accounts_agency_change", args=[cedar.pk])
    changed = {**NEW, "name": "Cedar City Police", "slug": "other", "state": "closed"}
    assert inside.post(address, changed).status_code == 302
    with platform_scope():
        cedar.refresh_from_db()
    assert (cedar.name, cedar.slug, cedar.state) == ("Cedar City Police", "cedar", "trial")
    assert recorded(cedar) == ["agency.created", "agency.changed"]
    assert recorded()[-2:] == ["agency.created", "agency.changed"]


def test_staff_invite_the_first_admin_and_nobody_after(inside: Client, alder: Agency) -> None:
    address = reverse("admin:accounts_agency_first_admin", args=[alder.pk])
    assert inside.post(address, {"email": "no address", "language": "en"}).status_code == 422
    for email in ("typo@alder.example", "ada@alder.example"):
        assert inside.post(address, {"email": email, "language": "fr"}).status_code == 302
    with scope(alder.pk):
        typo, right = Invitation.objects.order_by("sent_at")
    assert (typo.email, typo.is_live) == ("typo@alder.example", False)
    assert (right.email, right.roles, right.is_live) == ("ada@alder.example", ["admin"], True)
    assert [message.to for message in mail.outbox] == [
        ["typo@alder.example"],
        ["ada@alder.example"],
    ]
    assert recorded(alder)[-2:] == ["invitation.sent", "agency.admin_invited"]
    assert recorded()[-1] == "agency.admin_invited"
    join(alder, "ada@alder.example", "Ada", Role.ADMIN)
    before = recorded(alder)
    refused = inside.post(address, {"email": "eve@platform.example", "language": "en"})
    assert refused.status_code == 422
    assert "agency_has_people" in refused.text
    assert "<form method" not in inside.get(address).text.split("content-main")[1]
    with scope(alder.pk):
        assert not Invitation.objects.filter(email="eve@platform.example").exists()
    assert [name for name in recorded(alder) if name != "agency.viewed"] == [
        name for name in before if name != "agency.viewed"
    ]


def test_a_first_invitation_that_was_not_sent_is_made_again(
    inside: Client, alder: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = reverse("admin:accounts_agency_first_admin", args=[alder.pk])
    values = {"email": "ada@alder.example", "language": "en"}

    def away(*args: object) -> None:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr("accounts.mails.send_invitation", away)
        unsent = inside.post(address, values)
    assert (unsent.status_code, "mail_not_sent" in unsent.text) == (422, True)
    assert "agency.admin_invited" in recorded(alder)
    assert inside.post(address, values).status_code == 302
    with scope(alder.pk):
        assert [one.is_live for one in Invitation.objects.order_by("sent_at")] == [False, True]
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    "wrong", [{"slug": "Ce dar"}, {"state": "closed"}, {"time_zone": "Mars"}, {"name": ""}]
)
def test_wrong_agencies_are_not_created(inside: Client, wrong: dict[str, str]) -> None:
    assert inside.post(reverse("admin:accounts_agency_add"), {**NEW, **wrong}).status_code == 200
    with platform_scope():
        assert not Agency.objects.exists()


def test_staff_move_agencies_with_a_reason(inside: Client, alder: Agency) -> None:
    address = reverse("admin:accounts_agency_change_state", args=[alder.pk])
    assert inside.post(address, {"act": "suspend", "reason": "no"}).status_code == 422
    assert inside.post(address, {"act": "resume", "reason": ""}).status_code == 422
    assert inside.post(address, {"act": "suspend", "reason": "Unpaid since May"}).status_code == 302
    assert inside.post(address, {"act": "resume"}).status_code == 302
    assert inside.post(address, {"act": "activate"}).status_code == 302
    assert inside.post(address, {"act": "close", "reason": "Contract is over"}).status_code == 302
    with platform_scope():
        alder.refresh_from_db()
    assert (alder.state, alder.state_reason) == ("closed", "Contract is over")
    acts = [name for name in recorded(alder) if name != "agency.viewed"]
    moves = ["agency.suspended", "agency.resumed", "agency.activated", "agency.closed"]
    assert acts == ["agency.created", *moves, "offboarding.opened"]
    assert [name for name in recorded() if name in moves] == moves


def test_superusers_add_and_deactivate_staff(inside: Client, sue: User) -> None:
    values = {"email": " Stu@Platform.Example ", "name": "Stu", "password": "a long first password"}
    assert inside.post(reverse("admin:accounts_user_add"), values).status_code == 302
    stu = User.objects.get(email="stu@platform.example")
    assert (stu.is_staff, stu.is_superuser) == (True, False)
    assert stu.check_password("a long first password")
    address = reverse("admin:accounts_user_change", args=[stu.pk])
    # is_active unchecked; what is not offered is ignored
    assert inside.post(address, {"name": "Stu", "is_superuser": "on"}).status_code == 302
    stu.refresh_from_db()
    assert (stu.is_active, stu.is_superuser) == (False, False)
    assert recorded()[-2:] == ["staff.added", "staff.changed"]
    own = reverse("admin:accounts_user_change", args=[sue.pk])
    assert "own_account" not in inside.post(own, {"name": "Sue", "is_active": "on"}).text
    refused = inside.post(own, {"name": "Sue"})
    assert refused.status_code == 200
    sue.refresh_from_db()
    assert sue.is_active


def test_weak_first_passwords_are_refused(inside: Client) -> None:
    values = {"email": "stu@platform.example", "name": "Stu", "password": "password"}
    assert inside.post(reverse("admin:accounts_user_add"), values).status_code == 200
    assert not User.objects.filter(email="stu@platform.example").exists()


def test_staff_without_rights_change_nobody(client: Client, stan: User, sue: User) -> None:
    enter(client, stan)
    address = reverse("admin:accounts_user_change", args=[sue.pk])
    assert client.post(address, {"name": "X"}).status_code == 403
    assert client.post(reverse("admin:accounts_user_add"), {}).status_code == 403
    sue.refresh_from_db()
    assert sue.name == "Sue"


def test_people_of_agencies_are_not_shown(inside: Client, ana: User) -> None:
    assert "ana@alder.example" not in inside.get(reverse("admin:accounts_user_changelist")).text
    page = reverse("admin:accounts_user_change", args=[ana.pk])
    assert inside.get(page).status_code == 302  # "does not exist", says Django's admin
    assert inside.post(page, {"name": "X"}).status_code == 302
    ana.refresh_from_db()
    assert ana.name == "Ana"


def test_the_record_and_the_sessions_are_read_only(inside: Client, alder: Agency) -> None:
    with platform_scope():
        session, entry = StaffSession.objects.get(), AuditEntry.objects.latest("id")
    for name, row in (("accounts_staffsession", session), ("audit_auditentry", entry)):
        address = reverse(f"admin:{name}_change", args=[row.pk])
        assert inside.post(address, {"reason": "another reason"}).status_code == 403
        assert inside.post(reverse(f"admin:{name}_add"), {}).status_code == 403
    for model in ("agency", "user", "staffsession"):
        assert inside.post(f"/platform/accounts/{model}/{alder.pk}/delete/").status_code == 404
    assert {Agency, Plan, License, User, SignOnDomain, StaffSession, AuditEntry} <= set(
        site._registry
    )


def test_entries_of_agencies_are_not_in_the_platforms_list(inside: Client, ana: User) -> None:
    page = inside.get(reverse("admin:audit_auditentry_changelist"))
    assert page.status_code == 200
    assert "agency.created" in page.text
    assert "member.added" not in page.text
