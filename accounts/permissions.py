"""What people may do: a closed list, and one table from roles to it (docs/permissions.md)."""

from collections.abc import Iterable
from enum import StrEnum

from accounts.faults import Fault
from accounts.models import Role


class Permission(StrEnum):
    VIEW_CASES = "cases.view"
    VIEW_ALL_CASES = "cases.view_all"
    OPEN_CASE = "cases.open"
    WORK_ON_CASES = "cases.work"
    SUPERVISE_CASES = "cases.supervise"
    MANAGE_CATEGORIES = "cases.categories"
    SEARCH = "searches.submit"
    AUTHORIZE = "searches.authorize"
    EXAMINE = "searches.examine"
    ADJUDICATE = "searches.adjudicate"
    LEND = "searches.lend"
    RECALL = "examiners.recall"
    DISCLOSE = "searches.disclose"
    VIEW_STATISTICS = "searches.statistics"
    VIEW_CANDIDATES = "candidates.view"
    VIEW_GALLERIES = "galleries.view"
    MANAGE_GALLERIES = "galleries.manage"
    ENROL = "galleries.enrol"
    ERASE = "galleries.erase"
    VIEW_PEOPLE = "people.view"
    MANAGE_PEOPLE = "people.manage"
    VIEW_CERTIFICATES = "certificates.view"
    MANAGE_CERTIFICATES = "certificates.manage"
    VIEW_PROFICIENCY = "proficiency.view"
    MANAGE_TOKENS = "tokens.manage"
    MANAGE_WEBHOOKS = "webhooks.manage"
    VIEW_POLICIES = "policies.view"
    MANAGE_POLICIES = "policies.manage"
    VIEW_LICENSE = "license.view"
    VIEW_PLATFORM_ACTS = "record.view_platform_acts"
    VIEW_RECORD = "record.view"
    VIEW_LOOKS = "record.view_looks"
    REVIEW_RECORD = "record.review"
    PUBLISH_RECORD = "record.publish"
    HANDLE_ALERTS = "alerts.handle"
    VIEW_TRANSPARENCY = "transparency.view"
    PUBLISH_TRANSPARENCY = "transparency.publish"
    HANDLE_REQUESTS = "requests.handle"
    MANAGE_PUBLIC_PAGE = "public_page.manage"
    VIEW_INVOICES = "invoices.view"
    VIEW_USAGE = "usage.view"
    OFFBOARD = "agency.offboard"


ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ANALYST: frozenset(
        {
            Permission.VIEW_CASES,
            Permission.OPEN_CASE,
            Permission.WORK_ON_CASES,
            Permission.SEARCH,
            Permission.VIEW_CANDIDATES,
            Permission.VIEW_GALLERIES,
        }
    ),
    Role.EXAMINER: frozenset({Permission.EXAMINE}),
    Role.SUPERVISOR: frozenset(
        {
            Permission.VIEW_CASES,
            Permission.VIEW_ALL_CASES,
            Permission.WORK_ON_CASES,
            Permission.SUPERVISE_CASES,
            Permission.AUTHORIZE,
            Permission.ADJUDICATE,
            Permission.LEND,
            Permission.RECALL,
            Permission.DISCLOSE,
            Permission.VIEW_STATISTICS,
            Permission.VIEW_PROFICIENCY,
            Permission.VIEW_CANDIDATES,
            Permission.VIEW_GALLERIES,
            Permission.VIEW_PEOPLE,
            Permission.VIEW_LICENSE,
            Permission.VIEW_USAGE,
            Permission.VIEW_POLICIES,
            Permission.VIEW_LOOKS,
            Permission.VIEW_TRANSPARENCY,
            Permission.HANDLE_REQUESTS,
            Permission.ERASE,
        }
    ),
    Role.AUDITOR: frozenset(
        {
            Permission.VIEW_CASES,
            Permission.VIEW_ALL_CASES,
            Permission.DISCLOSE,
            Permission.VIEW_STATISTICS,
            Permission.VIEW_PROFICIENCY,
            Permission.VIEW_CANDIDATES,
            Permission.VIEW_GALLERIES,
            Permission.VIEW_PEOPLE,
            Permission.VIEW_CERTIFICATES,
            Permission.VIEW_POLICIES,
            Permission.VIEW_PLATFORM_ACTS,
            Permission.VIEW_INVOICES,
            Permission.VIEW_LICENSE,
            Permission.VIEW_USAGE,
            Permission.VIEW_RECORD,
            Permission.VIEW_LOOKS,
            Permission.REVIEW_RECORD,
            Permission.HANDLE_ALERTS,
            Permission.VIEW_TRANSPARENCY,
        }
    ),
    Role.ADMIN: frozenset(
        {
            Permission.MANAGE_CATEGORIES,
            Permission.RECALL,
            Permission.VIEW_GALLERIES,
            Permission.MANAGE_GALLERIES,
            Permission.ENROL,
            Permission.ERASE,
            Permission.VIEW_PEOPLE,
            Permission.MANAGE_PEOPLE,
            Permission.VIEW_CERTIFICATES,
            Permission.MANAGE_CERTIFICATES,
            Permission.VIEW_PROFICIENCY,
            Permission.MANAGE_TOKENS,
            Permission.MANAGE_WEBHOOKS,
            Permission.VIEW_POLICIES,
            Permission.MANAGE_POLICIES,
            Permission.VIEW_PLATFORM_ACTS,
            Permission.VIEW_INVOICES,
            Permission.VIEW_LICENSE,
            Permission.VIEW_USAGE,
            Permission.OFFBOARD,
            Permission.PUBLISH_RECORD,
            Permission.VIEW_TRANSPARENCY,
            Permission.PUBLISH_TRANSPARENCY,
            Permission.MANAGE_PUBLIC_PAGE,
        }
    ),
}


def known_roles(roles: Iterable[str]) -> list[str]:
    """The roles once each, in their order. Raises Fault for an unknown role or none at all."""
    wanted = set(roles)
    if not wanted or not wanted <= set(Role.values):
        raise Fault("roles_unknown")
    return [role for role in Role.values if role in wanted]


def roles_with(permission: Permission) -> list[Role]:
    """The roles that give this permission, in their order."""
    return [role for role in Role if permission in ROLE_PERMISSIONS[role]]


def permissions_of(roles: Iterable[str]) -> frozenset[Permission]:
    """Everything the roles together allow. Raises ValueError for an unknown role."""
    granted = [ROLE_PERMISSIONS[Role(role)] for role in roles]
    return frozenset().union(*granted)
