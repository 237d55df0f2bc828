"""What people may do: a closed list, and one table from roles to it (docs/permissions.md)."""

from collections.abc import Iterable
from enum import StrEnum

from accounts.models import Role


class Permission(StrEnum):
    VIEW_CASES = "cases.view"
    OPEN_CASE = "cases.open"
    SEARCH = "searches.submit"
    VIEW_CANDIDATES = "candidates.view"
    VIEW_GALLERIES = "galleries.view"
    MANAGE_GALLERIES = "galleries.manage"
    ENROL = "galleries.enrol"


ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ANALYST: frozenset(
        {
            Permission.VIEW_CASES,
            Permission.OPEN_CASE,
            Permission.SEARCH,
            Permission.VIEW_CANDIDATES,
            Permission.VIEW_GALLERIES,
        }
    ),
    Role.EXAMINER: frozenset({Permission.VIEW_CASES, Permission.VIEW_CANDIDATES}),
    Role.SUPERVISOR: frozenset(
        {Permission.VIEW_CASES, Permission.VIEW_CANDIDATES, Permission.VIEW_GALLERIES}
    ),
    Role.AUDITOR: frozenset(
        {Permission.VIEW_CASES, Permission.VIEW_CANDIDATES, Permission.VIEW_GALLERIES}
    ),
    Role.ADMIN: frozenset(
        {Permission.VIEW_GALLERIES, Permission.MANAGE_GALLERIES, Permission.ENROL}
    ),
}


def permissions_of(roles: Iterable[str]) -> frozenset[Permission]:
    """Everything the roles together allow. Raises ValueError for an unknown role."""
    granted = [ROLE_PERMISSIONS[Role(role)] for role in roles]
    return frozenset().union(*granted)
