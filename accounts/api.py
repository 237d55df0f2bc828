"""What the API's views have in common. Apart from api_auth, which DRF's own views import."""

from contextlib import ExitStack
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException, NotAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

from accounts.api_auth import CHALLENGE
from accounts.faults import Fault


class AgencyApiView(APIView):
    """Base of the API's views: answers inside the scope that the token opened."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # A browser's session counts for nothing here.
        request.user = AnonymousUser()
        with ExitStack() as scopes:
            request.scopes = scopes  # type: ignore[attr-defined]
            response = super().dispatch(request, *args, **kwargs)
            response.setdefault("Cache-Control", "no-store")
            return response


def answer_with_code(error: Exception, context: dict[str, Any]) -> Response | None:
    """Errors as {"code": ..., "detail": ...}: programs read the code, people the detail."""
    if isinstance(error, NotAuthenticated):
        error = NotAuthenticated(Fault("token_missing").message, "token_missing")
        error.auth_header = CHALLENGE  # type: ignore[attr-defined]
    response = exception_handler(error, context)
    if response is None or not isinstance(error, APIException):
        return response
    if isinstance(error.detail, str):
        response.data = {"code": error.get_codes(), "detail": error.detail}
    return response
