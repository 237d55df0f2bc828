"""The description of the API (OpenAPI 3.1): what every address has besides its own."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_object_type, get_doc
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from accounts.rest.asking import is_list, permissions_for
from accounts.rest.fields import PARAMETER, SparseSerializer
from accounts.rest.idempotency import HEADER
from portal.faults import known_codes

PROBLEM = "#/components/schemas/Problem"
ERRORS = {
    "400": "The request cannot be understood",
    "401": "No token, or none that is valid",
    "403": "The token or its owner may not do this",
    "404": "There is nothing here that this token may see",
    "406": "No media type that the API has",
    "429": "Too many requests",
}
WITH_BODY = {
    "413": "The body is too large",
    "415": "No media type that this address takes",
    "422": "What was asked cannot be done; `code` says why",
}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.rest.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "candor_..."}


class ApiSchema(AutoSchema):
    """Adds the parameters that go with a method, and says which permission it takes."""

    def get_override_parameters(self) -> list[Any]:
        found: list[Any] = [
            OpenApiParameter("X-Request-Id", str, OpenApiParameter.HEADER, description=_NAME)
        ]
        if self.method == "POST":
            found.append(OpenApiParameter(HEADER, _KEY, OpenApiParameter.HEADER, description=_ONCE))
        if self.method == "GET":
            found.append(
                OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description=_ETAG)
            )
            if names := self._sparse_names():
                found.append(_fields(names))
        return found

    def get_description(self) -> str:  # type: ignore[override]
        """What the view says, when this is all that it does; what the method says; the right."""
        view, method = get_doc(type(self.view)), get_doc(getattr(self.view, self.method.lower()))
        parts = [view, method] if self._does_one_thing() else [method or view]
        needed = permissions_for(getattr(self.view, "requires", {}), self.method)
        if needed:
            names = " or ".join(f"`{one}`" for one in needed)
            parts.append(f"Takes the permission {names}.")
        return "\n\n".join(part for part in dict.fromkeys(parts) if part)

    def get_summary(self) -> str:
        """The first sentence: what a list of addresses shows."""
        first, *_ = self.get_description().split("\n\n")
        return " ".join(first.split()).partition(". ")[0].rstrip(".")

    def _does_one_thing(self) -> bool:
        return (
            sum(hasattr(self.view, one) for one in ("get", "post", "put", "patch", "delete")) == 1
        )

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Whether it answers with a page of rows."""
        if self.method == "GET" and is_list(self.view):
            return True
        found: bool = super()._is_list_view(serializer)
        return found

    def _map_basic_serializer(self, serializer: Any, direction: str) -> Any:
        """No field is sure to be there when a program may leave them out."""
        inner: Any = super()
        schema = inner._map_basic_serializer(serializer, direction)
        if isinstance(serializer, SparseSerializer):
            schema.pop("required", None)
        return schema

    def _sparse_names(self) -> list[str]:
        """The fields that `?fields=` may name, when it may name any."""
        found: Any = self.get_response_serializers()
        if isinstance(found, dict):
            found = next(iter(found.values()), None)
        if isinstance(found, OpenApiResponse):
            found = found.response
        found = getattr(found, "child", found)
        serializer = found() if isinstance(found, type) else found
        return list(serializer.fields) if isinstance(serializer, SparseSerializer) else []


def _fields(names: list[str]) -> OpenApiParameter:
    items = {"type": "string", "enum": names}
    return OpenApiParameter(
        PARAMETER,
        {"type": "array", "items": items, "minItems": 1},
        style="form",
        explode=False,
        description=_FIELDS,
    )


def problem(words: str) -> OpenApiResponse:
    """An answer of one address alone that is a problem, for `(status, MEDIA_TYPE)`."""
    return OpenApiResponse({"$ref": PROBLEM}, words)


_KEY = {"type": "string", "pattern": "^[!-~]{1,255}$"}
_NAME = "A name for the request, repeated in its answer and in errors."
_ONCE = "The request is done once; sent again with this key, it gets the same answer (for a day)."
_ETAG = "The ETag of what the program has: 304 when it is still that."
_FIELDS = "Names of fields, with commas: the answer has only these."


def describe_everywhere(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Every operation can end in a problem, and every answer has headers of its own."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = _problem_schema()
    for path in result["paths"].values():
        for method, operation in path.items():
            _add_errors(method, operation)
    return result


def _add_errors(method: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    wanted = ERRORS | (WITH_BODY if method in ("post", "put", "patch", "delete") else {})
    for status, words in wanted.items():
        if status == "401" and not any(operation.get("security") or []):
            continue
        content = {"application/problem+json": {"schema": {"$ref": PROBLEM}}}
        responses.setdefault(status, {"description": words, "content": content})
    if method == "get":
        responses.setdefault("304", {"description": "Nothing has changed"})
    for response in responses.values():
        response.setdefault("headers", {}).update(_HEADERS)


_HEADERS = {
    "X-Request-Id": {"schema": {"type": "string"}, "description": _NAME},
    "RateLimit": {"schema": {"type": "string"}, "description": "What is left of the limit"},
    "RateLimit-Policy": {"schema": {"type": "string"}, "description": "The limit"},
}


def _problem_schema() -> dict[str, Any]:
    text = {"type": "string"}
    error = build_object_type({"field": text, "code": text, "detail": text})
    return build_object_type(
        {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "code": {"type": "string", "enum": sorted(known_codes())},
            "detail": text,
            "instance": text,
            "errors": {"type": "array", "items": error},
        },
        required=["type", "title", "status", "code", "detail", "instance"],
        description="What went wrong (RFC 9457).",
    )
