"""What the page of a case shows, worked out beforehand."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from accounts.actor import Actor
from accounts.models import Membership
from accounts.permissions import Permission, roles_with
from searches.models import Case, CaseMember, CaseNote
from searches.sealed import texts_of
from searches.services.membership import is_owner, may_manage, searches_used


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member, their name, and whether they still reach the case at all."""

    member: CaseMember
    name: str
    has_access: bool
    is_owner: bool


@dataclass(frozen=True, slots=True)
class People:
    """Who sees a case: its members of now (the owner first), and who sees every case.

    `labels` name everybody who was ever a member; `others` are the people who could be added, for
    those who may add them.
    """

    members: list[MemberRow]
    overseers: list[Membership]
    labels: dict[int, str]
    others: list[Membership]

    def include(self, user_id: int | None) -> bool:
        return any(row.member.user_id == user_id for row in self.members)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the person who looks at a case may do in it."""

    is_member: bool
    may_search: bool
    may_note: bool
    may_manage: bool
    may_close: bool
    may_supervise: bool


def standing_of(actor: Actor, case: Case, people: People) -> Standing:
    member = actor.user_id is None or people.include(actor.user_id)
    works = actor.can(Permission.WORK_ON_CASES)
    return Standing(
        is_member=member,
        may_search=member and not case.is_closed and actor.can(Permission.SEARCH),
        may_note=member and works,
        may_manage=may_manage(actor, case),
        may_close=works and is_owner(actor, case) and not case.is_closed,
        may_supervise=actor.can(Permission.SUPERVISE_CASES),
    )


def people_of(case: Case, actor: Actor) -> People:
    rows = list(case.members.all())
    now = {row.user_id: row for row in rows if row.ended_at is None}
    found = _memberships(set(now), everybody=may_manage(actor, case))
    members = [member_row(case, row, found.get(row.user_id)) for row in now.values()]
    return People(
        members=sorted(members, key=lambda row: not row.is_owner),
        overseers=[m for m in found.values() if _has(m, Permission.VIEW_ALL_CASES)],
        labels={row.user_id: row.label for row in rows},
        others=[
            m for user, m in found.items() if user not in now and _has(m, Permission.VIEW_CASES)
        ],
    )


def _memberships(members: set[int], *, everybody: bool) -> dict[int, Membership]:
    """The people of a case's page by their numbers, in the order of their names."""
    seeing = Permission.VIEW_CASES if everybody else Permission.VIEW_ALL_CASES
    wanted = Q(user_id__in=members) | Q(roles__overlap=roles_with(seeing))
    return _by_user(wanted)


def memberships(users: set[int]) -> dict[int, Membership]:
    """The memberships of people by their numbers."""
    return _by_user(Q(user_id__in=users))


def _by_user(wanted: Q) -> dict[int, Membership]:
    found = Membership.objects.filter(wanted).select_related("user")
    return {m.user_id: m for m in found.order_by("user__name", "pk")}


def _has(membership: Membership, permission: Permission) -> bool:
    roles = roles_with(permission)
    return membership.deactivated_at is None and any(role in roles for role in membership.roles)


def member_row(case: Case, member: CaseMember, person: Membership | None) -> MemberRow:
    """A member as the page shows them; `person` is their membership in the agency."""
    return MemberRow(
        member=member,
        name=person.user.name if person else "",
        has_access=person is not None and _has(person, Permission.VIEW_CASES),
        is_owner=member.user_id == case.owner_id,
    )


def note_rows(notes: Sequence[CaseNote]) -> list[tuple[CaseNote, str]]:
    """Notes with their texts."""
    return list(zip(notes, texts_of(notes, "text_sealed"), strict=True))


def facts_of(case: Case) -> dict[str, int]:
    used = searches_used(case)
    return {"used": used, "left": max(0, case.search_cap - used)}
