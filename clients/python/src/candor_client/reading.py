"""Answers made into frozen dataclasses: what is new in them is ignored, and kept in `raw`."""

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import httpx

from candor_client.errors import AnswerUnexpected

A = TypeVar("A", bound="Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Base of all answers. `raw` is the whole of it, with what this version does not know."""

    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


def answer(kind: type[A], **known: Any) -> Callable[[httpx.Response], A]:
    """The parser for an answer that is one thing; `known` is what goes without saying in it."""

    def parse(response: httpx.Response) -> A:
        found = json_of(response)
        return read(kind, {**known, **found} if isinstance(found, Mapping) else found)

    return parse


def json_of(response: httpx.Response) -> Any:
    """What the body says; None when there is none."""
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError as error:
        raise AnswerUnexpected(f"No JSON from {response.url.path}") from error


def read(kind: type[A], data: Any) -> A:
    """One answer of a kind. Raises AnswerUnexpected for what cannot be one."""
    if not isinstance(data, Mapping):
        raise AnswerUnexpected(f"No {kind.__name__}: {type(data).__name__}")
    values: dict[str, Any] = {"raw": data}
    for one, hint in _fields(cast(Any, kind)):
        if one.name in data:
            values[one.name] = _value(hint, data[one.name], f"{kind.__name__}.{one.name}")
        elif one.default is MISSING and one.default_factory is MISSING:
            raise AnswerUnexpected(f"{kind.__name__} has no {one.name}")
    return kind(**values)


@cache
def _fields(kind: Any) -> list[tuple[Field[Any], Any]]:
    hints = get_type_hints(kind)
    return [(one, hints[one.name]) for one in fields(kind) if one.name != "raw"]


def _value(hint: Any, value: Any, name: str) -> Any:
    """A value of JSON as the field's type; texts, numbers and mappings as they are."""
    if get_origin(hint) in (Union, types.UnionType):
        if value is None:
            return None
        hint = next(one for one in get_args(hint) if one is not types.NoneType)
    if get_origin(hint) is tuple:
        return tuple(_value(get_args(hint)[0], one, name) for one in _list(value, name))
    if isinstance(hint, type) and issubclass(hint, Answer):
        return read(hint, value)
    if hint in (datetime, date):
        return _moment(hint, value, name)
    return value


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise AnswerUnexpected(f"{name} is no list")
    return value


def _moment(kind: Any, value: Any, name: str) -> Any:
    try:
        return kind.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise AnswerUnexpected(f"{name} is no {kind.__name__}") from error
