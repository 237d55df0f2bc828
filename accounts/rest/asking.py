"""Which parameters an address takes: a misspelt filter must not answer with everything."""

from typing import Any

from rest_framework.request import Request

from accounts.faults import Fault
from accounts.rest.fields import PARAMETER
from accounts.rest.problems import Problem

OF_LISTS = frozenset({"cursor", "page_size", "ordering"})


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
