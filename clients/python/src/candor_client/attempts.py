"""How often, and after how long, a request is sent again.

Sent again is what got no answer, 429, 502, 503 or 504, if doing it twice is the same as doing it
once: GET, PUT, DELETE, and POST, which gets an Idempotency-Key of its own before the first attempt.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, TypeVar
from uuid import uuid4

import httpx

from candor_client.calls import Call, Pause, Script, Sending
from candor_client.errors import AnswerUnexpected, ApiProblem, Unreachable

T = TypeVar("T")
KEY = "Idempotency-Key"
REPEATABLE = {"GET", "HEAD", "PUT", "DELETE", "POST"}
PASSING = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
_random = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Retries:
    """At most `most` further attempts; the n-th waits up to `first` * 2**n seconds, by chance.

    `longest` bounds that. A Retry-After is obeyed up to `patience` seconds; a longer one is not
    waited for: the answer is raised.
    """

    most: int = 5
    first: float = 0.5
    longest: float = 20.0
    patience: float = 120.0

    def wait(self, number: int) -> float:
        return _random.uniform(0, min(self.longest, self.first * 2**number))

    def wait_after(self, response: httpx.Response, number: int) -> float | None:
        """Seconds until the next attempt; None when it is too long to wait."""
        asked = _retry_after(response)
        if asked is None:
            return self.wait(number)
        return None if asked > self.patience else asked + self.wait(0)


def attempts(call: Call[T], retries: Retries) -> Script[T]:
    """The script of one call: attempts with pauses between them, then what its parser makes."""
    if call.method == "POST" and KEY not in call.headers:
        call = replace(call, headers={**call.headers, KEY: str(uuid4())})
    most = retries.most if call.method in REPEATABLE else 0
    for number in range(most + 1):
        wait: float | None
        try:
            response: httpx.Response = yield Sending(call)
        except httpx.TransportError as error:
            if number == most:
                raise Unreachable(f"No answer: {type(error).__name__}") from error
            wait = retries.wait(number)
        else:
            wait = _wait_after(response, number, most, retries)
            if wait is None:
                return _result(call, response)
        yield Pause(wait)
    raise AssertionError("the last attempt returns or raises")


def _wait_after(response: httpx.Response, number: int, most: int, retries: Retries) -> float | None:
    """Seconds until the next attempt; None when this answer is the one."""
    if response.status_code not in PASSING or number == most:
        return None
    return retries.wait_after(response, number)


def _result(call: Call[T], response: httpx.Response) -> T:
    if response.has_redirect_location:
        raise AnswerUnexpected(f"The portal is at {response.headers['Location']}")
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        request_id = response.headers.get("X-Request-Id", "")
        raise ApiProblem(response.status_code, _members(response), request_id)
    return call.parse(response)


def _members(response: httpx.Response) -> Mapping[str, Any]:
    """What a problem says; a proxy's error page says nothing that we understand."""
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds that the header asks for, in either of its forms."""
    said = response.headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdigit():
        return float(said)
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0)
