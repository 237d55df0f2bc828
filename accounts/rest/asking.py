"""What an address asks for before it answers: a permission, and parameters that it knows.

A misspelt filter must not answer with everything.
"""

from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request

from accounts.actor import Actor
from accounts.faults import Fault
from accounts.permissions import Permission
from accounts.rest.fields import PARAMETER
from accounts.rest.problems import Problem

OF_LISTS = frozenset({"cursor", "page_size", "ordering"})


# For each method (in small letters) a permission, or several of which one is enough.
Requires = Mapping[str, Permission | tuple[Permission, ...]]


def permissions_for(requires: Requires, method: str) -> tuple[Permission, ...]:
    """Of which one is enough; none where the view asks for nothing by itself."""
    found = requires.get("get" if method == "HEAD" else method.lower(), ())
    return found if isinstance(found, tuple) else (found,)


def require_one(actor: Actor, permissions: tuple[Permission, ...]) -> None:
    """Raise PermissionDenied (403) unless the actor has one of these, if there are any."""
    if permissions and not any(actor.can(one) for one in permissions):
        actor.require(permissions[0])


def is_list(view: Any) -> bool:
    """A view that says how its rows are ordered answers with pages of them."""
    return getattr(view, "ordering", None) is not None


def require_known(request: Request, view: Any) -> None:
    """Raise Problem (400) for a parameter that is not among those of the view."""
    known = {PARAMETER} | set(view.parameters) if request.method in ("GET", "HEAD") else set()
    if known and is_list(view):
        filterset = getattr(view, "filterset_class", None)
        known |= OF_LISTS | set(filterset.base_filters if filterset else ())
    if unknown := sorted(set(request.query_params) - known):
        raise Problem(400, Fault("query_invalid"), parameter=unknown[0][:100])
