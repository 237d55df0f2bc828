"""The lock after failed log-ins and the disabling of unused ones: counted, told, released."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.actor import Actor, command_actor
from accounts.faults import Fault
from accounts.models import Agency, Membership, Role, User
from accounts.services.agencies import add_member
from accounts.services.locking import (
    may_log_in,
    note_failure,
    note_success,
    release,
    release_from_platform,
    tell_of_locks,
)
from accounts.services.staff import staff_actor
from accounts.services.unused import disable_unused
from portal.audit.actions import Action
from portal.audit.models import AuditEntry
from portal.tenancy import platform_scope, scope
from tests.accounts.platform_cast import enter
from tests.accounts.races import ADDRESSES, at_once, committed_agency
from tests.conftest import PASSWORD, join
from tests.factories import make_policy

EACH_TEST_ALONE = True

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]

AsActor = Callable[[User, Agency], Actor]


def fail(user: User, times: int = 1) -> User:
    for _ in range(times):
        note_failure(email=user.email, source="192.0.2.1")
    user.refresh_from_db()
    return user


def entries(agency: Agency | None, action: Action) -> list[dict[str, object]]:
    agency_id = agency.pk if agency else None
    with scope(agency.pk) if agency else platform_scope():
        found = AuditEntry.objects.filter(agency_id=agency_id, action=action).order_by("id")
        return [entry.data for entry in found]


def membership_of(user: User, agency: Agency) -> Membership:
    with scope(agency.pk):
        return Membership.objects.get(user=user)


def away(user: User, days: float) -> User:
    past = timezone.now() - timedelta(days=days)
    User.objects.filter(pk=user.pk).update(date_joined=past, last_login=None)
    user.refresh_from_db()
    return user


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(Fault) as fault:
        call()
    return fault.value.code


# --- The lock -----------------------------------------------------------------------------------


def test_the_fifth_failure_in_the_window_locks(ana: User, alder: Agency) -> None:
    assert may_log_in(fail(ana, 4))
    assert not may_log_in(fail(ana))
    assert ana.login_state == "locked"
    assert entries(alder, Action.ACCOUNT_LOCKED) == [{"failures": 5}]


def test_failures_before_the_window_do_not_count(ana: User) -> None:
    fail(ana, 4)
    ana.recent_failures = [timezone.now() - timedelta(minutes=16)] * 4
    ana.save()
    assert may_log_in(fail(ana))
    assert len(ana.recent_failures) == 1


def test_a_log_in_forgets_the_failures(ana: User) -> None:
    fail(ana, 4)
    note_success(ana)
    assert may_log_in(fail(ana, 4))


def test_time_does_not_end_a_lock(ana: User) -> None:
    fail(ana, 5)
    User.objects.update(locked_at=timezone.now() - timedelta(days=30), recent_failures=[])
    ana.refresh_from_db()
    assert not may_log_in(ana)


def test_the_strictest_agency_of_a_person_counts(ana: User, alder: Agency, birch: Agency) -> None:
    join(birch, ana.email, "Ana", Role.ANALYST)
    make_policy(birch, lock_failures=2)
    assert not may_log_in(fail(ana, 2))
    assert len(entries(alder, Action.ACCOUNT_LOCKED)) == 1
    assert len(entries(birch, Action.ACCOUNT_LOCKED)) == 1


def test_addresses_without_an_account_leave_nothing(alder: Agency) -> None:
    for _ in range(6):
        note_failure(email="nobody@alder.example", source="192.0.2.1")
    assert not User.objects.filter(email="nobody@alder.example").exists()
    assert entries(alder, Action.ACCOUNT_LOCKED) == []


def test_twenty_failures_at_once_are_one_lock(transactional_db: None) -> None:
    with committed_agency() as agency:
        email = f"lee@{ADDRESSES}"
        actor = command_actor("test", agency.pk)
        member = partial(add_member, actor=actor, agency=agency, name="Lee", password=PASSWORD)
        user = member(email=email, roles=[Role.ANALYST]).user
        call = partial(note_failure, email=email, source="192.0.2.1")
        assert at_once(*[call] * 4) == [None] * 4
        user.refresh_from_db()
        assert len(user.recent_failures) == 4
        assert may_log_in(user)
        assert at_once(*[call] * 20) == [None] * 20
        user.refresh_from_db()
        assert len(user.recent_failures) == 5
        assert user.login_state == "locked"
        assert entries(agency, Action.ACCOUNT_LOCKED) == [{"failures": 5}]


def test_the_mails_are_sent_once_and_by_a_worker(
    ana: User,
    ada: User,
    bob: User,
    bells: list[tuple[str, tuple[object, ...]]],
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        fail(ana, 5)
    assert bells == [("accounts.tasks.tell_of_locks", ())]
    assert mail.outbox == []
    assert tell_of_locks() == 1
    assert {address for message in mail.outbox for address in message.to} == {ana.email, ada.email}
    assert tell_of_locks() == 0
    assert len(mail.outbox) == 2


# --- At the page of log-in ----------------------------------------------------------------------


def answer(email: str, password: str) -> bytes:
    client = Client()
    response = client.post(reverse("account_login"), {"login": email, "password": password})
    assert response.status_code == 200
    assert "_auth_user_id" not in client.session
    text: bytes = response.content
    token = response.context["csrf_token"]
    return text.replace(str(token).encode(), b"").replace(email.encode(), b"")


def test_wrong_passwords_at_the_page_lock_and_the_page_does_not_tell(ana: User) -> None:
    unknown = answer("nobody@alder.example", "wrong password!!")
    wrong = [answer(ana.email, "wrong password!!") for _ in range(5)]
    ana.refresh_from_db()
    assert ana.login_state == "locked"
    assert {*wrong, answer(ana.email, PASSWORD), answer(ana.email, "x")} == {unknown}


def test_somebody_unused_is_refused_though_no_task_ran(ana: User) -> None:
    unknown = answer("nobody@alder.example", PASSWORD)
    assert answer(away(ana, 90).email, PASSWORD) == unknown
    assert ana.login_state == ""


def test_running_sessions_go_on(client: Client, ana: User) -> None:
    client.force_login(ana)
    fail(ana, 5)
    assert client.get(reverse("home")).status_code == 200


# --- Release ------------------------------------------------------------------------------------


def test_an_admin_releases(ana: User, ada: User, alder: Agency, as_actor: AsActor) -> None:
    fail(ana, 5)
    with scope(alder.pk):
        release(actor=as_actor(ada, alder), membership=membership_of(ana, alder))
    ana.refresh_from_db()
    assert may_log_in(ana)
    assert ana.recent_failures == []
    assert entries(alder, Action.ACCOUNT_RELEASED) == [{"from": "locked"}]
    assert may_log_in(fail(ana, 4))


def test_who_may_not_release(
    ana: User, ada: User, eli: User, alder: Agency, as_actor: AsActor
) -> None:
    admin, examiner = as_actor(ada, alder), as_actor(eli, alder)
    member, own = membership_of(ana, alder), membership_of(ada, alder)
    with scope(alder.pk):
        assert refused(lambda: release(actor=admin, membership=member)) == "not_locked"
        fail(ana, 5)
        fail(ada, 5)
        with pytest.raises(PermissionDenied):
            release(actor=examiner, membership=member)
        assert refused(lambda: release(actor=admin, membership=own)) == "own_lock"
        Membership.objects.filter(user=ana).update(deactivated_at=timezone.now())
        assert refused(lambda: release(actor=admin, membership=member)) == "member_deactivated"
    ana.refresh_from_db()
    ada.refresh_from_db()
    assert (ana.login_state, ada.login_state) == ("locked", "locked")
    assert entries(alder, Action.ACCOUNT_RELEASED) == []


def test_another_agencys_admin_finds_nobody_to_release(
    client: Client, ana: User, bob: User, alder: Agency
) -> None:
    fail(ana, 5)
    client.force_login(bob)
    address = reverse("member_release", args=[membership_of(ana, alder).pk])
    assert client.post(address).status_code == 404
    ana.refresh_from_db()
    assert ana.login_state == "locked"


def test_the_page_confirms_and_releases(
    client: Client, ana: User, ada: User, alder: Agency
) -> None:
    fail(ana, 5)
    client.force_login(ada)
    assert "Locked" in client.get(reverse("people")).content.decode()
    member = reverse("member", args=[membership_of(ana, alder).pk])
    address = reverse("member_release", args=[membership_of(ana, alder).pk])
    assert address in client.get(member).content.decode()
    assert client.get(address).status_code == 200
    ana.refresh_from_db()
    assert ana.login_state == "locked"
    assert client.post(address)["Location"] == member
    ana.refresh_from_db()
    assert ana.login_state == ""
    assert client.post(address).status_code == 422


def test_people_can_be_listed_by_their_lock(client: Client, ana: User, ada: User) -> None:
    fail(ana, 5)
    client.force_login(ada)
    rows = client.get(reverse("people"), {"state": "locked"}).context["page"]
    assert [membership.user for membership in rows] == [ana]


def test_the_platforms_staff_release_each_other_and_nobody_else(ana: User, ada: User) -> None:
    sue, stan = (
        User.objects.create_user(f"{name}@platform.example", PASSWORD, name=name, is_staff=True)
        for name in ("sue", "stan")
    )
    fail(stan, 5)
    fail(ana, 5)
    actor = staff_actor(sue, "127.0.0.1")
    release_from_platform(actor=actor, user=stan)
    with pytest.raises(PermissionDenied):
        release_from_platform(actor=actor, user=ana)
    stan.refresh_from_db()
    ana.refresh_from_db()
    assert (stan.login_state, ana.login_state) == ("", "locked")
    assert entries(None, Action.ACCOUNT_RELEASED) == [{"from": "locked"}]


def test_the_staff_page_offers_the_release(client: Client) -> None:
    sue = User.objects.create_superuser("sue@platform.example", PASSWORD, name="Sue")
    stan = User.objects.create_user("stan@platform.example", PASSWORD, name="S", is_staff=True)
    enter(client, sue)
    address = reverse("admin:accounts_user_change", args=[stan.pk])
    assert 'name="release"' not in client.get(address).content.decode()
    fail(stan, 5)
    assert 'name="release"' in client.get(address).content.decode()
    values = {"name": "Stan", "is_active": "on", "release": "on"}
    assert client.post(address, values).status_code == 302
    stan.refresh_from_db()
    assert (stan.name, stan.login_state) == ("Stan", "")
    fail(sue, 5)
    own = client.post(reverse("admin:accounts_user_change", args=[sue.pk]), values)
    assert "You cannot release yourself" in own.content.decode()
    sue.refresh_from_db()
    assert sue.login_state == "locked"


def test_an_agency_does_not_release_the_platforms_staff(
    ana: User, ada: User, alder: Agency, as_actor: AsActor
) -> None:
    User.objects.filter(pk=ana.pk).update(is_staff=True)
    fail(ana, 5)
    admin, member = as_actor(ada, alder), membership_of(ana, alder)
    with scope(alder.pk):
        assert refused(lambda: release(actor=admin, membership=member)) == "staff_lock"


def test_the_operator_releases_an_only_admin(ada: User, alder: Agency) -> None:
    fail(ada, 5)
    call_command("release_account", ada.email)
    ada.refresh_from_db()
    assert may_log_in(ada)
    assert entries(alder, Action.ACCOUNT_RELEASED) == [{"from": "locked"}]
    for email in (ada.email, "nobody@alder.example"):
        with pytest.raises(CommandError):
            call_command("release_account", email)


# --- Unused accounts ----------------------------------------------------------------------------


def test_unused_accounts_are_disabled_after_warnings(ana: User, alder: Agency) -> None:
    told = []
    for days in (75.5, 76.5, 76.6, 86.5, 87.5, 87.6, 90.1, 91):
        away(ana, days)
        disable_unused()
        told.append(len(mail.outbox))
    assert told == [0, 1, 1, 1, 2, 2, 3, 3]
    ana.refresh_from_db()
    assert ana.login_state == "unused"
    assert not may_log_in(ana)
    assert entries(alder, Action.ACCOUNT_WARNED) == [{"days": 14}, {"days": 3}]
    assert entries(alder, Action.ACCOUNT_DISABLED) == [{"reason": "unused"}]


def test_who_logs_in_is_warned_anew_the_next_time(ana: User) -> None:
    away(ana, 77)
    disable_unused()
    note_success(ana)
    away(ana, 77)
    disable_unused()
    assert len(mail.outbox) == 2


def test_a_short_time_brings_no_warning_after_every_log_in(ana: User, alder: Agency) -> None:
    make_policy(alder, disable_after_days=10)
    disable_unused()
    away(ana, 6.5)
    disable_unused()
    assert mail.outbox == []
    away(ana, 7.5)
    disable_unused()
    assert len(mail.outbox) == 1


def test_the_tightest_agency_decides_when(ana: User, alder: Agency, birch: Agency) -> None:
    join(birch, ana.email, "Ana", Role.ANALYST)
    make_policy(birch, disable_after_days=30)
    away(ana, 31)
    assert disable_unused() == 1
    assert entries(alder, Action.ACCOUNT_DISABLED) == [{"reason": "unused"}]


def test_a_release_counts_as_use(ana: User, ada: User, alder: Agency, as_actor: AsActor) -> None:
    away(ana, 100)
    disable_unused()
    with scope(alder.pk):
        release(actor=as_actor(ada, alder), membership=membership_of(ana, alder))
    ana.refresh_from_db()
    assert may_log_in(ana)
    assert disable_unused() == 0
    assert entries(alder, Action.ACCOUNT_RELEASED) == [{"from": "unused"}]


def test_a_mail_server_that_is_away_loses_no_warning(
    ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away_server(*args: object, **kwargs: object) -> None:
        raise OSError

    away(ana, 77)
    with monkeypatch.context() as patch:
        patch.setattr("accounts.mails_access.at_once", away_server)
        disable_unused()
        fail(ana, 5)
        assert tell_of_locks() == 0
    assert disable_unused() == 0
    assert len(mail.outbox) == 1
    assert tell_of_locks() == 1


def test_the_database_wants_a_reason_for_a_disabled_account(ana: User) -> None:
    for values in (
        {"disabled_at": timezone.now()},
        {"disabled_reason": "unused"},
        {"disabled_at": timezone.now(), "disabled_reason": "mood"},
    ):
        with pytest.raises(IntegrityError, match="user_disabled"), transaction.atomic():
            User.objects.filter(pk=ana.pk).update(**values)


def test_a_wrong_password_costs_the_same_queries_for_everybody(
    client: Client, ana: User, ada: User, alder: Agency
) -> None:
    """How long the answer takes must not tell whether there is an account."""
    fail(ada, 5)
    seen = {}
    for email in ("nobody@alder.example", ana.email, ada.email):
        values = {"login": email, "password": "not the password at all"}
        with CaptureQueriesContext(connection) as captured:
            client.post(reverse("account_login"), values)
        seen[email] = [query["sql"].split()[0] for query in captured]
    assert len({tuple(words) for words in seen.values()}) == 1, seen
    ana.refresh_from_db()
    ada.refresh_from_db()
    assert (len(ana.recent_failures), len(ada.recent_failures)) == (1, 5)
