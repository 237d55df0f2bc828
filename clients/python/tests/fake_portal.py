"""A portal that answers from a list, and notes what it was asked; no network, no sleeping."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import httpx

from candor_client import AsyncCandor, Candor, Retries

ADDRESS = "https://candor.example.org"
TOKEN = "candor_" + "s3cret" * 8
CASE = {
    "id": "c-1",
    "number": "2026-1",
    "title": "Robbery",
    "purpose": "missing_person",
    "status": "open",
    "created_at": "2026-01-02T03:04:05Z",
}
Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class FakePortal:
    """`answers` are given one after another; the last one again and again."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.requests: list[httpx.Request] = []
        self.bodies: list[bytes] = []
        self.pauses: list[float] = []
        self.now = 1000.0

    # --- What a portal does ---------------------------------------------------------------------

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(request.read())
        return self._answer(request)

    async def handle_async(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(await request.aread())
        return self._answer(request)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(found, Exception):
            raise found
        return found(request) if callable(found) else found

    # --- Clocks ---------------------------------------------------------------------------------

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    async def async_sleep(self, seconds: float) -> None:
        self.sleep(seconds)

    # --- Clients --------------------------------------------------------------------------------

    def client(self, address: str = ADDRESS, **more: Any) -> Candor:
        return Candor(address, TOKEN, transport=httpx.MockTransport(self.handle), **more)

    def in_loop(self, act: Callable[[AsyncCandor], Coroutine[Any, Any, Any]], **more: Any) -> Any:
        """What comes of an act of the asynchronous client."""

        async def run() -> Any:
            transport = httpx.MockTransport(self.handle_async)
            async with AsyncCandor(ADDRESS, TOKEN, transport=transport, **more) as client:
                return await act(client)

        return asyncio.run(run())

    def sent(self, number: int = -1) -> Any:
        """The JSON of a request."""
        return json.loads(self.bodies[number])

    def keys(self) -> list[str | None]:
        return [request.headers.get("Idempotency-Key") for request in self.requests]


def problem(status: int, code: str, **members: Any) -> httpx.Response:
    body = {"status": status, "code": code, "detail": f"It is {code}.", **members}
    return httpx.Response(
        status,
        json=body,
        headers={"X-Request-Id": "req-12345", "Content-Type": "application/problem+json"},
    )


def busy(status: int = 503, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, html="<h1>Not now</h1>", headers=named)


FEW = Retries(most=3)
