"""The two ways of carrying out a script: by blocking, and by awaiting. Nothing else differs."""

from asyncio import sleep as async_sleep
from collections.abc import AsyncIterator, Iterator
from time import sleep
from typing import Any, TypeVar

import httpx

from candor_client.attempts import Retries, attempts
from candor_client.calls import Call, Pause, Sending, Step, Task
from candor_client.paging import Page
from candor_client.server import Server, Token

T = TypeVar("T")


class Sync:
    """Carries out scripts one after another, by a connection pool of its own."""

    def __init__(
        self,
        server: Server,
        token: Token,
        retries: Retries,
        *,
        timeout: float,
        transport: httpx.BaseTransport | None,
    ) -> None:
        self._server, self._retries = server, retries
        self._http = httpx.Client(auth=token, timeout=timeout, transport=transport)

    def run(self, task: Task[T]) -> T:
        script = iter(task)
        try:
            step = next(script)
            while True:
                try:
                    got = self._done(step)
                except Exception as error:
                    step = script.throw(error)
                else:
                    step = script.send(got)
        except StopIteration as ended:
            result: T = ended.value
            return result

    def listed(self, call: Call[Page[T]]) -> Iterator[T]:
        following: Call[Page[T]] | None = call
        while following is not None:
            page = self.run(following)
            yield from page.items
            following = page.following

    def close(self) -> None:
        self._http.close()

    def _done(self, step: Step) -> Any:
        if isinstance(step, Pause):
            return sleep(step.seconds)
        if isinstance(step, Sending):
            return self._http.send(self._server.request_of(step.call, self._http))
        return self.run(attempts(step, self._retries))


class Async:
    """Carries out scripts in an event loop; many may be under way at once."""

    def __init__(
        self,
        server: Server,
        token: Token,
        retries: Retries,
        *,
        timeout: float,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self._server, self._retries = server, retries
        self._http = httpx.AsyncClient(auth=token, timeout=timeout, transport=transport)

    async def run(self, task: Task[T]) -> T:
        script = iter(task)
        try:
            step = next(script)
            while True:
                try:
                    got = await self._done(step)
                except Exception as error:
                    step = script.throw(error)
                else:
                    step = script.send(got)
        except StopIteration as ended:
            result: T = ended.value
            return result

    async def listed(self, call: Call[Page[T]]) -> AsyncIterator[T]:
        following: Call[Page[T]] | None = call
        while following is not None:
            page = await self.run(following)
            for item in page.items:
                yield item
            following = page.following

    async def close(self) -> None:
        await self._http.aclose()

    async def _done(self, step: Step) -> Any:
        if isinstance(step, Pause):
            return await async_sleep(step.seconds)
        if isinstance(step, Sending):
            return await self._http.send(self._server.request_of(step.call, self._http))
        return await self.run(attempts(step, self._retries))
