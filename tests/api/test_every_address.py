"""Every address of the API asks for a token and a permission, and is in its description."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver
from drf_spectacular.generators import SchemaGenerator

from portal.urls import urlpatterns
from tests.api.caller import code

API = "api/v1/"
# The description itself; and pictures, whose signed addresses say who asks.
WITHOUT_TOKEN = {"api_schema", "api_docs", "api_picture"}
# What everybody may ask about themselves, and what asks for the right elsewhere: for one of
# several, or (tokens) only when it is about somebody else.
WITHOUT_PERMISSION = {("get", "api_me"), ("get", "api_tokens"), ("post", "api_token_revoke")}
WITHOUT_PERMISSION |= {("get", "api_notifications"), ("post", "api_notification_read")}
METHODS = ("get", "post", "put", "patch", "delete")
SAMPLES = {
    "int": "1",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "str": "2026-01-05",
    "slug": "sample",
}

Pattern = tuple[str, str, Any]


def patterns(found: Any = urlpatterns, before: str = "") -> Iterator[Pattern]:
    """Name, address as it is written, and view of all that is below /api/v1/."""
    for one in found:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from patterns(one.url_patterns, route)
        elif isinstance(one, URLPattern) and route.startswith(API):
            yield one.name or "", route, one.callback


GUARDED = [one for one in patterns() if one[0] not in WITHOUT_TOKEN]
CALLS = [
    pytest.param(name, route, view.cls, method, id=f"{method} {route}")
    for name, route, view in GUARDED
    for method in METHODS
    if hasattr(view.cls, method)
]


def parts_of(route: str) -> list[tuple[str, str, str]]:
    """An address as texts and converters: ("cases/", "uuid", "pk"), ("/", "", "")."""
    found = []
    for piece in route.split("<"):
        inside, closed, after = piece.partition(">")
        kind, _, name = inside.partition(":") if closed else ("", "", "")
        found.append((kind, name, after if closed else inside))
    return found


def sample_of(route: str) -> str:
    return "/" + "".join(SAMPLES.get(kind, "") + text for kind, _, text in parts_of(route))


def template_of(route: str) -> str:
    """As OpenAPI writes it, without the names of what is filled in: /api/v1/cases/{}/."""
    return "/" + "".join(("{}" if kind else "") + text for kind, _, text in parts_of(route))


def nameless(path: str) -> str:
    """An address of the description, without the names in its braces."""
    first, *others = path.split("{")
    return first + "".join("{}" + other.partition("}")[2] for other in others)


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    generator: Any = SchemaGenerator
    schema = generator().get_schema(request=None, public=True)
    return {nameless(path): operations for path, operations in schema["paths"].items()}


def test_there_are_addresses_and_each_has_a_name_of_its_own() -> None:
    names = [name for name, _, _ in patterns()]
    assert len(CALLS) > 20
    assert all(name.startswith("api_") for name in names)
    assert len(names) == len(set(names))


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "route", "view", "method"), CALLS)
def test_without_a_token_nothing_is_told(name: str, route: str, view: Any, method: str) -> None:
    answer = Client().generic(method.upper(), sample_of(route))
    assert code(answer) == (401, "token_missing")
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("name", "route", "view", "method"), CALLS)
def test_every_act_takes_a_permission(name: str, route: str, view: Any, method: str) -> None:
    asked = method in getattr(view, "requires", {})
    assert asked != ((method, name) in WITHOUT_PERMISSION)


@pytest.mark.parametrize(("name", "route", "view", "method"), CALLS)
def test_every_act_is_described(
    name: str, route: str, view: Any, method: str, described: dict[str, Any]
) -> None:
    operation = described[template_of(route)][method]
    assert operation["operationId"]
    assert operation["tags"]
    assert operation["description"]
    problems = [
        answer["content"].get("application/problem+json", {}).get("schema")
        for status, answer in operation["responses"].items()
        if status.startswith("4")
    ]
    assert {"$ref": "#/components/schemas/Problem"} in problems
    if method == "get" and hasattr(view, "ordering"):
        names = {one["name"] for one in operation["parameters"]}
        assert {"cursor", "page_size", "ordering"} <= names


def test_operations_have_names_of_their_own(described: dict[str, Any]) -> None:
    ids = [one["operationId"] for path in described.values() for one in path.values()]
    assert len(ids) == len(set(ids))


def test_nothing_is_described_that_is_not_there(described: dict[str, Any]) -> None:
    routes = [route for name, route, _ in patterns() if name not in ("api_schema", "api_docs")]
    assert set(described) == {template_of(route) for route in routes}
