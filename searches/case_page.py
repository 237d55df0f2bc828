"""What the page of a case shows, worked out beforehand."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.actor import Actor
from accounts.models import Membership
from accounts.permissions import Permission, roles_with
from searches.models import Case, CaseMember, CaseNote
from searches.sealed import texts_of
from searches.services.membership import is_member, is_owner, may_manage, searches_used


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member, their name, and whether they still reach the case at all."""

    member: CaseMember
    name: str
    has_access: bool
    is_owner: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What the person who looks at a case may do in it."""

    is_member: bool
    may_search: bool
    may_note: bool
    may_manage: bool
    may_close: bool
    may_supervise: bool


def standing_of(actor: Actor, case: Case) -> Standing:
    member = is_member(actor, case.pk)
    works = actor.can(Permission.WORK_ON_CASES)
    return Standing(
        is_member=member,
        may_search=member and not case.is_closed and actor.can(Permission.SEARCH),
        may_note=member and works,
        may_manage=may_manage(actor, case),
        may_close=works and is_owner(actor, case) and not case.is_closed,
        may_supervise=actor.can(Permission.SUPERVISE_CASES),
    )


def member_rows(case: Case) -> list[MemberRow]:
    """The members of now, the owner first."""
    members = list(case.members.filter(ended_at=None))
    people = Membership.objects.filter(user_id__in=[m.user_id for m in members])
    found = {m.user_id: m for m in people.select_related("user")}
    seeing = set(roles_with(Permission.VIEW_CASES))
    rows = []
    for member in members:
        person = found.get(member.user_id)
        rows.append(
            MemberRow(
                member=member,
                name=person.user.name if person else "",
                has_access=person is not None
                and person.deactivated_at is None
                and not seeing.isdisjoint(person.roles),
                is_owner=member.user_id == case.owner_id,
            )
        )
    return sorted(rows, key=lambda row: not row.is_owner)


def overseers() -> Sequence[Membership]:
    """The people who see every case of the agency, by name."""
    roles = roles_with(Permission.VIEW_ALL_CASES)
    active = Membership.objects.filter(deactivated_at=None, roles__overlap=roles)
    return list(active.select_related("user").order_by("user__name", "pk"))


def note_rows(notes: Sequence[CaseNote]) -> list[tuple[CaseNote, str]]:
    """Notes with their texts."""
    return list(zip(notes, texts_of(notes, "text_sealed"), strict=True))


def facts_of(case: Case) -> dict[str, int]:
    used = searches_used(case)
    return {"used": used, "left": max(0, case.search_cap - used)}
