"""Lists come in pages by cursor. Of `next` only its query is used: the rest is where we are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import httpx

from candor_client.calls import Call
from candor_client.errors import AnswerUnexpected
from candor_client.reading import A, json_of, read

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    items: tuple[T, ...]
    following: "Call[Page[T]] | None"


def pages(path: str, make: Callable[[Any], T], filters: Mapping[str, Any]) -> Call[Page[T]]:
    """The call for the first page of a list; each page has the call for the next."""

    def parse(response: httpx.Response) -> Page[T]:
        body = json_of(response)
        if isinstance(body, list):  # a list that is never long has no pages
            return Page(tuple(map(make, body)), None)
        if not isinstance(body, Mapping) or not isinstance(body.get("results"), list):
            raise AnswerUnexpected(f"No list at {path}")
        following = body.get("next")
        return Page(
            tuple(map(make, body["results"])),
            replace(call, params=dict(httpx.URL(following).params)) if following else None,
        )

    params = {name: _text(value) for name, value in filters.items() if value is not None}
    call: Call[Page[T]] = Call("GET", path, parse, params=params)
    return call


def pages_of(path: str, kind: type[A], filters: Mapping[str, Any]) -> Call[Page[A]]:
    """A list of one kind of answer."""
    return pages(path, lambda data: read(kind, data), filters)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
