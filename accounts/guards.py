"""Who reaches a view of an agency's pages."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http.response import HttpResponseBase

from accounts.http import AgencyRequest
from accounts.permissions import Permission

View = Callable[..., HttpResponseBase]


def needs(permission: Permission) -> Callable[[View], View]:
    """A view that only people with this permission reach."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: AgencyRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            request.actor.require(permission)
            return view(request, *args, **kwargs)

        return guarded

    return decorate
