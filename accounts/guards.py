"""Who reaches a view of an agency's pages."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponse

from accounts.http import AgencyRequest
from accounts.permissions import Permission

View = Callable[..., HttpResponse]


def needs(permission: Permission) -> Callable[[View], View]:
    """A view that only people with this permission reach."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: AgencyRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            request.actor.require(permission)
            return view(request, *args, **kwargs)

        return guarded

    return decorate
