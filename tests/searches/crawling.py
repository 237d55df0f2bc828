"""Everything a person can fetch: every address of the portal, and whatever pages lead to.

Generic over the resolver, so that pages made later are fetched without a word here.
"""

import html
import inspect
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any
from urllib.parse import urlsplit

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

ARGUMENT = re.compile(r"<(?:(\w+):)?(\w+)>")
# The vendor's pages are for other people, leaving would end the crawl, and enrolling a factor of
# one's own begins with a new secret. The API's description is the same for everybody.
LEFT_OUT = (
    *("platform/", "logout", "log-out", "static/", "health/", "account/factors/"),
    "api/v1/schema/",
)
# What differs from one response to the next and says nothing.
VARYING = (
    (rb'name="csrfmiddlewaretoken" value="[^"]+"', b"CSRF"),
    (rb'"X-CSRFTOKEN"\] = "[^"]+"', b"CSRF"),
    (rb'name="submission_key" value="[^"]+"', b"KEY"),
    (rb'nonce="[^"]+"', b"NONCE"),
    (rb"nonce-[A-Za-z0-9+/=_-]+", b"NONCE"),
    # Numbers of entries: one sequence for all agencies, which no rollback winds back.
    (rb"/oversight/record/\d+/", b"/oversight/record/N/"),
    (rb"(before|after)=\d+", rb"\1=N"),
    (rb"Entry \d+", b"Entry N"),
    (rb'"id":\d+,"at"', b'"id":N,"at"'),
    (rb"cursor=[A-Za-z0-9%]+", b"CURSOR"),
    (rb'<code>entry</code>\s*</dt>\s*<dd class="mono">\s*\d+', b"ENTRY"),
)
MOST = 1500
# What a request is called, and how many of them there were; the rest follows from the body, where
# what varies is one word.
VARYING_HEADERS = ("X-Request-Id", "RateLimit", "Content-Length", "ETag")
# Events come for as long as a search goes on; an export is salted anew each time, and its own tests
# hold it to what its reader may know.
NOT_ALIKE = ("/events/", "/record/export/")


def addresses(values: Mapping[str, Sequence[Any]]) -> list[str]:
    """Every address with every fitting value; `values` are by the word before the argument.

    "uuid", "int" and "str" are the values for arguments after any other word.
    """
    found: list[str] = []
    for route in _routes(get_resolver(), ""):
        if not route.startswith(LEFT_OUT):
            found += _filled(route, values)
    return found


def _routes(resolver: URLResolver, prefix: str) -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _routes(entry, route)
        elif _is_plain(route) and _is_read(entry):
            yield route


def _is_plain(route: str) -> bool:
    """Whether its arguments are in angle brackets, and not in a regular expression."""
    return not re.search(r"[\^$(]", route)


def _is_read(entry: URLPattern) -> bool:
    """Whether the address can be fetched, as far as its view tells."""
    view = getattr(entry.callback, "cls", None)  # of the API
    return _takes_get(entry.callback) if view is None else hasattr(view, "get")


def _takes_get(view: Callable[..., Any] | None) -> bool:
    """Whether what is asked first is no decorator that answers every GET with 405."""
    nonlocals = inspect.getclosurevars(view).nonlocals if inspect.isfunction(view) else {}
    return "GET" in nonlocals.get("request_method_list", ["GET"])


def _filled(route: str, values: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    parts = ARGUMENT.split(route)
    fixed, converters = parts[0::3], parts[1::3]
    choices = []
    for before, converter in zip(fixed, converters, strict=False):
        word = before.strip("/").rpartition("/")[2]
        choices.append(values.get(word) or values.get(converter or "str") or ["x"])
    for chosen in itertools.product(*choices):
        pieces = [piece for pair in zip(fixed, map(str, chosen), strict=False) for piece in pair]
        yield "/" + "".join([*pieces, fixed[-1]])


LINK = re.compile(r"""\s(?:href|src)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)


def _links(page: str) -> list[str]:
    """What may lead on: everything written as such an attribute, be it in a comment or a script."""
    return [html.unescape("".join(found)) for found in LINK.findall(page) if any(found)]


def crawl(
    client: Client,
    first: Sequence[str],
    names: Mapping[str, str],
    asking: Mapping[str, str] | None = None,
) -> dict[str, tuple[int, Any, bytes]]:
    """Status, headers and bytes of all addresses, and of those that their pages lead to.

    `names` replaces what is named otherwise in every world, as the id of an examination; the
    addresses of the result are spoken in them too. `asking` are headers of every request.
    """
    waiting = list(first)
    named = cache(partial(_named, names=names))  # most headers are the same everywhere
    fetched: dict[str, tuple[int, Any, bytes]] = {}
    while waiting and len(fetched) < MOST:
        path = waiting.pop(0)
        name = named(path.encode()).decode()
        if name in fetched or path.lstrip("/").startswith(LEFT_OUT) or "logout" in path:
            continue
        if path.endswith(NOT_ALIKE):
            continue
        response = client.get(path, headers={"X-Request-Id": "crawled-1", **(asking or {})})
        body = b"".join(response) if response.streaming else response.content
        headers = sorted(
            (k, named(v.encode())) for k, v in response.headers.items() if k not in VARYING_HEADERS
        )
        fetched[name] = (response.status_code, headers, _named(body, names))
        if "html" in response.headers.get("Content-Type", ""):
            waiting += filter(None, (_local(path, link) for link in _links(body.decode())))
        waiting += (
            [_local(path, response.headers["Location"])] if response.has_header("Location") else []
        )
    assert len(fetched) < MOST, "the crawl has no end"
    return fetched


def _local(page: str, link: str) -> str:
    """The address of a link within the portal, or nothing."""
    parts = urlsplit(link)
    if parts.netloc not in ("", "testserver") or parts.scheme not in ("", "http", "https"):
        return ""
    query = f"?{parts.query}" if parts.query else ""
    # Every filter of the record can be taken off: pages of each combination of what was fetched.
    if page.startswith("/oversight/record/?") and not parts.path and "before" not in query:
        return ""
    if not parts.path:
        return page.partition("?")[0] + query if query else ""
    return (parts.path if parts.path.startswith("/") else "") + query


def _named(value: bytes, names: Mapping[str, str]) -> bytes:
    for old, new in names.items():
        value = value.replace(old.encode(), new.encode())
    for pattern, word in VARYING:
        value = re.sub(pattern, word, value)
    return value
