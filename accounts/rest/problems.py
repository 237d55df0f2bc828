"""Errors as problem details (RFC 9457): programs read `code`, people `detail`.

`type` is a URN of the code, `instance` one of the request, and `errors` says which fields are
meant. The codes are those of the pages (docs/codes.md).
"""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.http import Http404, HttpRequest, JsonResponse, UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from accounts.actor import TrainingNeeded
from accounts.faults import Fault
from accounts.rest.authentication import CHALLENGE
from portal.away import PartAway
from portal.faults import CodedFault

MEDIA_TYPE = "application/problem+json"
UNPROCESSABLE = 422
AWAY_SECONDS = 30

# DRF's own errors that say no more than their kind.
PLAIN: dict[type[Exception], tuple[int, str]] = {
    exceptions.ParseError: (400, "body_malformed"),
    exceptions.NotFound: (404, "not_found"),
    exceptions.MethodNotAllowed: (405, "method_not_allowed"),
    exceptions.NotAcceptable: (406, "not_acceptable"),
    exceptions.UnsupportedMediaType: (415, "media_type_unsupported"),
    exceptions.PermissionDenied: (403, "permission_denied"),
    exceptions.Throttled: (429, "too_many_requests"),
    TrainingNeeded: (403, "training_needed"),
    PermissionDenied: (403, "permission_denied"),
    RequestDataTooBig: (413, "body_too_large"),
    UnreadablePostError: (408, "body_not_received"),
    Http404: (404, "not_found"),
}


class Problem(Exception):
    """An answer that is no success, with its status and any further members.

    `wait`: after how many seconds it may be tried again.
    """

    def __init__(
        self, status: int, fault: CodedFault, *, wait: int | None = None, **members: Any
    ) -> None:
        super().__init__(fault.code)
        self.status, self.fault, self.members = status, fault, members
        self.wait = wait


def problem_of(error: Exception) -> Problem | None:
    """An error as the API tells it; None for one that is nobody's but ours (500)."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, PartAway):
        return Problem(503, Fault(error.code), wait=AWAY_SECONDS)
    if isinstance(error, CodedFault):
        return Problem(UNPROCESSABLE, error)
    if isinstance(error, exceptions.ValidationError):
        listed = list(_listed(error.detail, error.get_codes()))
        return Problem(UNPROCESSABLE, Fault("input_invalid"), errors=listed)
    if isinstance(error, ValidationError):
        return Problem(UNPROCESSABLE, Fault("input_invalid"), errors=_of_model(error))
    if isinstance(error, exceptions.NotAuthenticated):
        return Problem(401, Fault("token_missing"))
    if isinstance(error, exceptions.AuthenticationFailed):
        return Problem(401, Fault(str(error.get_codes())))
    for kind, (status, code) in PLAIN.items():
        if isinstance(error, kind):
            return Problem(status, Fault(code))
    return None


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler."""
    problem = problem_of(error)
    if problem is None:
        return None
    set_rollback()
    request = context["request"]
    response = Response(
        body_of(problem, request.request_id), problem.status, content_type=MEDIA_TYPE
    )
    if problem.status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = CHALLENGE
    if wait := getattr(error, "wait", None) or problem.wait:
        response["Retry-After"] = str(int(wait))
    return response


def plain_answer(status: int, fault: CodedFault, request: HttpRequest) -> JsonResponse:
    """The same outside of DRF: an address that is none, a failure of ours."""
    request_id: str = request.request_id  # type: ignore[attr-defined]
    body = body_of(Problem(status, fault), request_id)
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE)


def body_of(problem: Problem, request_id: str) -> dict[str, Any]:
    return {
        "type": f"urn:candor:problem:{problem.fault.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.fault.code,
        "detail": problem.fault.message,
        "instance": f"urn:candor:request:{request_id}",
        **problem.members,
    }


def _listed(detail: Any, codes: Any, path: str = "") -> Iterator[dict[str, str]]:
    """DRF's nested errors as a flat list; a field inside another is `outer.inner`."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            below = f"{path}.{name}" if path else str(name)
            yield from _listed(inner, codes[name], below)
    elif isinstance(detail, list):
        for number, inner in enumerate(detail):
            below = path if isinstance(inner, str) else f"{path}.{number}"
            yield from _listed(inner, codes[number], below)
    else:
        field = "" if path == api_settings.NON_FIELD_ERRORS_KEY else path
        yield {"field": field, "code": str(codes), "detail": str(detail)}


def _of_model(error: ValidationError) -> list[dict[str, str]]:
    """What a model or a form refused."""
    by_field = error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}
    return [
        {
            "field": "" if name == "__all__" else name,
            "code": str(one.code or "invalid"),
            "detail": " ".join(one.messages),
        }
        for name, errors in by_field.items()
        for one in errors
    ]
