"""Two at the same moment: one link, one seat, the last two administrators."""

import re
import threading
from collections.abc import Iterator

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from pytest_django.plugin import DjangoDbBlocker

from accounts.access import actor_of
from accounts.actor import Actor
from accounts.faults import Fault
from accounts.models import Agency, Membership, Role, User
from accounts.services.invitations import invite_member
from accounts.services.joining import accept_with_password
from accounts.services.people import change_roles, reactivate_member
from portal.tenancy import scope
from tests.accounts.races import ADDRESSES, at_once, committed_agency
from tests.conftest import join
from tests.factories import make_license

EACH_TEST_ALONE = True

STRONG = "seven green lamps at noon"


@pytest.fixture
def town(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Agency]:
    """An agency whose rows are committed."""
    with django_db_blocker.unblock(), committed_agency() as agency:
        yield agency


def person(town: Agency, name: str, *roles: Role) -> tuple[User, Membership, Actor]:
    user = join(town, f"{name}@{ADDRESSES}", name, *roles)
    with scope(town.pk):
        membership = Membership.objects.get(user=user)
    return user, membership, actor_of(user, town, membership, "127.0.0.1")


def tokens(town: Agency, admin: Actor, *names: str) -> list[str]:
    with scope(town.pk):
        for name in names:
            invite_member(
                actor=admin, email=f"{name}@{ADDRESSES}", roles=["analyst"], language="en"
            )
    bodies = [str(message.body) for message in mail.outbox]
    return re.findall(r"/invitation/([^/\s]+)/", " ".join(bodies))


def codes(results: list[object]) -> list[str]:
    """Codes of faults, "ok" for the rest; anything unexpected is raised."""
    found = []
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, Fault):
            raise result
        found.append(result.code if isinstance(result, Fault) else "ok")
    return sorted(found)


def accept(token: str) -> Membership:
    return accept_with_password(source="127.0.0.1", token=token, name="New", password=STRONG)


def members(town: Agency) -> int:
    with scope(town.pk):
        return Membership.objects.filter(deactivated_at=None).count()


def test_parallel_use_of_one_link_gives_one_membership(town: Agency) -> None:
    _, _, admin = person(town, "admin", Role.ADMIN)
    (token,) = tokens(town, admin, "new")
    results = at_once(*[lambda: accept(token)] * 20)
    assert codes(results) == ["invitation_dead"] * 19 + ["ok"]
    assert members(town) == 2
    assert User.objects.filter(email=f"new@{ADDRESSES}").count() == 1


def test_the_last_seat_is_taken_once(town: Agency) -> None:
    _, _, admin = person(town, "admin", Role.ADMIN)
    both = tokens(town, admin, "one", "two")
    make_license(town, seats=2)
    results = at_once(*[lambda token=token: accept(token) for token in both])
    assert codes(results) == ["ok", "seats_used_up"]
    assert members(town) == 2


def test_the_last_seat_is_invited_or_reactivated_once(town: Agency) -> None:
    _, _, admin = person(town, "admin", Role.ADMIN)
    _, gone, _ = person(town, "gone", Role.ANALYST)
    with scope(town.pk):
        Membership.objects.filter(pk=gone.pk).update(deactivated_at="2026-01-01T00:00Z")
    make_license(town, seats=2)

    def back() -> None:
        with scope(town.pk):
            reactivate_member(actor=admin, membership=Membership.objects.get(pk=gone.pk))

    results = at_once(back, lambda: tokens(town, admin, "one"))
    assert codes(results) == ["ok", "seats_used_up"]


def test_the_last_seat_is_given_by_command_once(town: Agency) -> None:
    """`add_member` of the command line waits for the same lock as the pages."""
    _, _, admin = person(town, "admin", Role.ADMIN)
    make_license(town, seats=2)
    calls = [lambda n=n: join(town, f"n{n}@{ADDRESSES}", "N", Role.ANALYST) for n in range(3)]
    results = at_once(*calls, lambda: tokens(town, admin, "one"))
    assert codes(results) == ["ok", "seats_used_up", "seats_used_up", "seats_used_up"]
    # Who got no seat has no account either.
    invited = 1 if results[-1] and not isinstance(results[-1], Fault) else 0
    assert members(town) == 2 - invited
    assert User.objects.filter(email__regex=f"^n[0-9]@{ADDRESSES}").count() == 1 - invited


def test_of_two_administrators_who_demote_each_other_one_wins(town: Agency) -> None:
    _, first, first_actor = person(town, "first", Role.ADMIN)
    _, second, second_actor = person(town, "second", Role.ADMIN)

    def demote(actor: Actor, membership: Membership) -> None:
        with scope(town.pk):
            change_roles(actor=actor, membership=membership, roles=["auditor"])

    results = at_once(
        lambda: demote(first_actor, second),
        lambda: demote(second_actor, first),
    )
    assert codes(results) == ["last_admin", "ok"]
    with scope(town.pk):
        assert Membership.objects.filter(roles__contains=["admin"]).count() == 1


@pytest.mark.parametrize("how", ["roles", "deactivated_at", "delete"])
def test_the_database_lets_one_of_two_demotions_commit(town: Agency, how: str) -> None:
    """Past the services: both have written before either commits."""
    pks = [person(town, name, Role.ADMIN)[1].pk for name in ("first", "second")]
    written = threading.Barrier(2)

    def demote(pk: int) -> None:
        with scope(town.pk), transaction.atomic():
            rows = Membership.objects.filter(pk=pk)
            if how == "delete":
                rows.delete()
            else:
                value = ["auditor"] if how == "roles" else "2026-01-01T00:00Z"
                rows.update(**{how: value})
            written.wait(20)

    results = at_once(*[lambda pk=pk: demote(pk) for pk in pks])
    refused = [result for result in results if isinstance(result, IntegrityError)]
    assert len(refused) == 1, results
    assert "last admin" in str(refused[0])
    assert results.count(None) == 1
    with scope(town.pk):
        admins = Membership.objects.filter(roles__contains=["admin"], deactivated_at=None)
        assert admins.count() == 1


def test_the_database_keeps_the_only_administrator(town: Agency) -> None:
    _, membership, _ = person(town, "admin", Role.ADMIN)
    with scope(town.pk), pytest.raises(IntegrityError, match="last admin"):
        Membership.objects.filter(pk=membership.pk).update(roles=["analyst"])
    # The scope is left before the commit here: the trigger looks for itself.
    with pytest.raises(IntegrityError, match="last admin"), transaction.atomic():
        with scope(town.pk):
            Membership.objects.filter(pk=membership.pk).update(roles=["analyst"])
    _, second, _ = person(town, "second", Role.ADMIN)
    with transaction.atomic():
        with scope(town.pk):
            Membership.objects.filter(pk=membership.pk).update(roles=["analyst"])
    with scope(town.pk):
        assert Membership.objects.get(pk=second.pk).roles == ["admin"]
