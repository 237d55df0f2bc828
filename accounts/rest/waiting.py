"""Waiting for a change: one answer that comes late (RFC 7240), or a stream of events (SSE).

Both poll the database with one cheap query. Nothing is held between two polls: no transaction, and
in a stream no scope. Whose token it is, and what it may do, is asked again before anything is told.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import close_old_connections
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from accounts.actor import Actor
from accounts.faults import Fault
from accounts.rest import places
from accounts.rest.authentication import bearer_of, secret_of
from accounts.rest.problems import Problem
from accounts.rest.views import AgencyApiView
from portal.http import source_of
from portal.tenancy import scope

LONGEST = 30  # seconds that a program may wish to wait for one answer
RECONNECT = 1000  # milliseconds until a program whose stream has ended asks again
_WAIT = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?(\d{1,6})\"?\s*(?=$|[,;])", re.IGNORECASE)

State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pace:
    """How often is looked, and by which clock."""

    poll: float = 0.5
    heartbeat: float = 10.0
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic


PACE = Pace()


@dataclass(frozen=True, slots=True)
class Watched:
    """What is waited for.

    `ask` is the one cheap query for what is told of it; Http404 when it is gone. `is_over` says of
    its answer that nothing more will come. `admit` raises PermissionDenied or Http404 for whoever
    may not see it (any more).
    """

    ask: Callable[[], State]
    is_over: Callable[[State], bool]
    admit: Callable[[Actor], object]


def digest_of(state: State) -> str:
    """A name of the state, equal for equal ones: the `id` of its event."""
    text = json.dumps(state, sort_keys=True, cls=JSONEncoder)
    return sha256(text.encode()).hexdigest()[:32]


def wished_wait(request: Any) -> int | None:
    """Seconds of `Prefer: wait=20`, at most LONGEST; None when there is no such wish."""
    found = _WAIT.search(request.headers.get("Prefer", ""))
    return min(int(found[1]), LONGEST) if found else None


def answered_late(
    view: AgencyApiView, watched: Watched, answer: Callable[[], Response]
) -> Response:
    """`answer()`; for a program that has it already and wishes to wait, once it is another one.

    At once when too many wait already.
    """
    seconds = wished_wait(view.request)
    before = digest_of(watched.ask()) if seconds is not None else ""
    response = _named(answer())
    if seconds is None:
        return response
    if _is_known(view.request, response["ETag"]):
        if not places.take():
            return response  # without the header that says that it was waited
        try:
            changed = _changes(watched, before, seconds)
        finally:
            places.give_back()
        if changed:
            watched.admit(_bearer_now(view))
            response = _named(answer())
    response["Preference-Applied"] = f"wait={seconds}"
    patch_vary_headers(response, ["Prefer"])
    return response


def _bearer_now(view: AgencyApiView) -> Actor:
    try:
        return bearer_of(secret_of(view.request), source_of(view.request._request))[0]
    except Fault as fault:
        raise AuthenticationFailed(fault.message, fault.code) from fault


def _named(response: Response) -> Response:
    body: bytes = JSONRenderer().render(response.data)
    response["ETag"] = f'"{sha256(body).hexdigest()[:32]}"'
    return response


def _is_known(request: Any, etag: str) -> bool:
    known = [
        one.removeprefix("W/") for one in parse_etags(request.headers.get("If-None-Match", ""))
    ]
    return etag in known or "*" in known


def _changes(watched: Watched, before: str, seconds: int) -> bool:
    """Whether it has become another state than `before` within that time."""
    until = PACE.now() + seconds
    while True:
        state = watched.ask()
        if digest_of(state) != before:
            return True
        if watched.is_over(state) or PACE.now() >= until:
            return False
        PACE.sleep(PACE.poll)


def streamed(view: AgencyApiView, watched: Watched, seconds: int) -> HttpResponseBase:
    """Server-sent events: the state, unless the program has it, and each that comes after it.

    Who asks again at the end (Last-Event-ID) gets 204, at which a browser stops asking. Raises
    Problem (429) when too many wait already.
    """
    watched.admit(view.actor)
    seen = view.request.headers.get("Last-Event-ID", "")
    state = watched.ask()
    if seen == digest_of(state) and watched.is_over(state):
        return HttpResponse(status=204)
    if not places.take():
        raise Problem(429, Fault("too_many_waiting"), wait=RECONNECT // 1000)
    secret, source = secret_of(view.request), source_of(view.request._request)

    def still_may() -> None:
        with scope(view.agency.pk):
            watched.admit(bearer_of(secret, source)[0])

    def ask() -> State:
        with scope(view.agency.pk):
            return watched.ask()

    events = _events(Watched(ask, watched.is_over, watched.admit), still_may, seen, seconds)
    headers = {"X-Accel-Buffering": "no"}
    seated = places.Seated(events)
    return StreamingHttpResponse(seated, content_type="text/event-stream", headers=headers)


def _events(
    watched: Watched, still_may: Callable[[], None], seen: str, seconds: int
) -> Iterator[bytes]:
    yield f"retry: {RECONNECT}\n\n".encode()
    began = beat = PACE.now()
    while True:
        close_old_connections()
        now = PACE.now()
        try:
            state = watched.ask()
            is_new, is_quiet = digest_of(state) != seen, now - beat >= PACE.heartbeat
            if is_new or is_quiet:
                still_may()
        except (Fault, PermissionDenied, Http404):
            return
        if is_new:
            seen = digest_of(state)
            yield _event(seen, state)
        elif is_quiet:
            yield b": waiting\n\n"
        beat = now if is_new or is_quiet else beat
        if watched.is_over(state) or now - began >= seconds:
            return
        PACE.sleep(PACE.poll)


def _event(name: str, state: State) -> bytes:
    data = json.dumps(state, cls=JSONEncoder)
    return f"event: state\nid: {name}\ndata: {data}\n\n".encode()
