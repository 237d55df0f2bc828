"""Dangerous acts want a proof of who is there that is a few minutes old at most."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core.exceptions import ReauthenticationRequired
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.login import records

View = Callable[..., HttpResponseBase]


def fresh(view: View) -> View:
    """A view whose POST asks for password or factor first, unless that was just given.

    allauth keeps what was posted (files excepted) and carries the act out after the proof.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        policy = getattr(request, "policy", None)
        minutes = None if policy is None else policy.reauthentication_minutes
        if request.method == "POST" and not records.is_recent(request, minutes):
            raise ReauthenticationRequired
        return view(request, *args, **kwargs)

    return guarded
