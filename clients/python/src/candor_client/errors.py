"""What can go wrong. Nothing here ever contains the token."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class CandorError(Exception):
    """Base of every error that this package raises of its own accord."""


class Unreachable(CandorError):
    """The portal did not answer, however often it was tried; `__cause__` is the last error."""


class AnswerUnexpected(CandorError):
    """Something answered that is no Candor portal, or one of another version."""


class WaitedTooLong(CandorError, TimeoutError):
    """What was waited for had not come to pass in time; `last` is how it stood then."""

    def __init__(self, last: Any) -> None:
        super().__init__("The time is over")
        self.last = last


class EndedOtherwise(CandorError):
    """What was waited for cannot come to pass any more; `last` is how it ended."""

    def __init__(self, last: Any) -> None:
        super().__init__(f"It has ended: {last.standing}")
        self.last = last


class WebhookRefused(CandorError):
    """A request that the portal has not signed, or too long ago."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of a request; `field` is empty for all of it."""

    field: str
    code: str
    detail: str


class ApiProblem(CandorError):
    """The portal refused (RFC 9457). Programs read `code`, people `detail`.

    `members` is the whole answer, `request_id` what the portal's operators find it by.
    """

    def __init__(self, status: int, members: Mapping[str, Any], request_id: str) -> None:
        self.status = status
        self.code = str(members.get("code", f"http_{status}"))
        self.detail = str(members.get("detail", ""))
        self.errors = tuple(_field_errors(members.get("errors")))
        self.members = members
        self.request_id = request_id
        super().__init__(f"{status} {self.code}: {self.detail} (request {request_id})")


def _field_errors(found: Any) -> list[FieldError]:
    if not isinstance(found, list):
        return []
    return [
        FieldError(*(str(one.get(name, "")) for name in ("field", "code", "detail")))
        for one in found
        if isinstance(one, Mapping)
    ]
