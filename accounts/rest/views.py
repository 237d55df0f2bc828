"""What the API's views have in common. Apart from authentication, which DRF's own views import."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import wraps
from hashlib import sha256
from typing import Any, ClassVar, cast
from uuid import UUID, uuid4, uuid5

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actor import Actor
from accounts.models import Agency, ApiToken
from accounts.operating_gate import require_switched_on
from accounts.rest.asking import Requires, permissions_for, require_known, require_one
from accounts.rest.idempotency import HEADER, once
from accounts.rest.limits import headers_of

Handler = Callable[..., Response]
NAMESPACE = UUID("6f1c2c62-3b0e-4f0a-9a3e-5b7d5a4c1e21")
# What goes with an answer also when it says no more than that nothing has changed.
KEPT = ("RateLimit", "RateLimit-Policy", "Preference-Applied")


class AgencyApiView(GenericAPIView[Any]):
    """Base of the API's views: answers inside the scope that the token opened.

    `requires` says for each method (in small letters) which permission it takes; the services ask
    for it again. Every POST may carry an Idempotency-Key.
    """

    requires: ClassVar[Requires] = {}
    # Parameters of a GET beside those of every list.
    parameters: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "post" in cls.__dict__:
            cls.post = _done_once(cls.__dict__["post"])  # type: ignore[attr-defined]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # A browser's session counts for nothing here.
        request.user = AnonymousUser()
        with ExitStack() as scopes:
            request.scopes = scopes  # type: ignore[attr-defined]
            response = super().dispatch(request, *args, **kwargs)
            for name, value in headers_of(request).items():
                response[name] = value
            response.setdefault("Cache-Control", "private, no-store")
            return _if_changed(request, response)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        require_switched_on(request)
        require_known(request, self)
        require_one(self.actor, permissions_for(self.requires, request.method or ""))

    def get_queryset(self) -> QuerySet[Any]:
        """Of which model the rows of a list are, for its description; views list their own rows."""
        filterset = getattr(self, "filterset_class", None)
        model = Agency if filterset is None else filterset._meta.model
        return cast(QuerySet[Any], model._base_manager.none())

    def listed(self, rows: QuerySet[Any]) -> Response:
        """One page of the rows, filtered and ordered as the address asks."""
        serializer: Any = self.get_serializer()
        serializer.get_fields()  # a name that is not there is wrong without rows, too
        page = self.paginate_queryset(self.filter_queryset(rows))
        return self.get_paginated_response(self.get_serializer(self.shown(page), many=True).data)

    def shown(self, page: Any) -> Any:
        """The rows of a page as the serializer takes them."""
        return page

    def told(self, found: Any, status: int = 200, *, location: str = "") -> Response:
        """One thing, in the fields of `serializer_class`."""
        headers = {"Location": location} if location else None
        return Response(self.get_serializer(found).data, status, headers=headers)

    def asked(self, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """What the body says, checked. Raises ValidationError (422 with a list of fields)."""
        serializer = kind(data=self.request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def submission_key(self) -> UUID:
        """What makes a job once only: of the Idempotency-Key, or new."""
        key = self.request.headers.get(HEADER)
        return uuid4() if key is None else uuid5(NAMESPACE, f"{self.token.pk}:{key}")

    @property
    def actor(self) -> Actor:
        """Who the token speaks for, with what the token may do."""
        actor: Actor = self.request._request.actor  # type: ignore[attr-defined]
        return actor

    @property
    def agency(self) -> Agency:
        agency: Agency = self.request._request.agency  # type: ignore[attr-defined]
        return agency

    @property
    def token(self) -> ApiToken:
        token: ApiToken = self.request._request.token  # type: ignore[attr-defined]
        return token


def _done_once(post: Handler) -> Handler:
    @wraps(post)
    def handler(view: AgencyApiView, request: Request, *args: Any, **kwargs: Any) -> Response:
        return once(request, lambda: post(view, request, *args, **kwargs), view.handle_exception)

    return handler


def _if_changed(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """An ETag for what was read, and 304 for whoever has it already."""
    if request.method not in ("GET", "HEAD") or response.status_code != 200 or response.streaming:
        return response
    if isinstance(response, Response):
        response.render()
    body: bytes = response.content  # type: ignore[attr-defined]
    response.setdefault("ETag", f'"{sha256(body).hexdigest()[:32]}"')
    found: HttpResponse | None = get_conditional_response(
        request, etag=response["ETag"], response=cast(HttpResponse, response)
    )
    if found is None:
        return response
    for name in KEPT:
        if name in response:
            found[name] = response[name]
    return found
