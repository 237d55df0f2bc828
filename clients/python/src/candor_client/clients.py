"""The two clients: the same operations, by blocking calls or in an event loop."""

from types import TracebackType
from typing import Self

import httpx

from candor_client.attempts import Retries
from candor_client.drivers import Async, Sync
from candor_client.resources.everything import Everything
from candor_client.server import Server, Token
from candor_client.waiting import Until, W, waiting

TIMEOUT = 30.0  # seconds for an answer; waiting allows for more by itself
PATIENCE = 600.0  # seconds that something is waited for


class Candor(Everything[Sync]):
    """A portal, spoken to with a token. Closed at the end of a `with` block, or by `close`."""

    def __init__(
        self,
        address: str,
        token: str,
        *,
        retries: Retries | None = None,
        timeout: float = TIMEOUT,
        allow_http: bool = False,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        server = Server(address, allow_http=allow_http)
        chosen = Retries() if retries is None else retries
        super().__init__(Sync(server, Token(token), chosen, timeout=timeout, transport=transport))

    def wait_for(self, thing: W, until: "Until[W]" = None, timeout: float = PATIENCE) -> W:
        """How it stands once it stands as wanted (a state of `until`, or what it says of it).

        Without `until`: once the portal is not at work on it any more.
        Raises WaitedTooLong, and EndedOtherwise when it cannot come to that any more.
        """
        return self._driver.run(waiting(thing, until, timeout))

    def close(self) -> None:
        self._driver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncCandor(Everything[Async]):
    """The same for an event loop: what `Candor` returns is awaited here, lists by `async for`."""

    def __init__(
        self,
        address: str,
        token: str,
        *,
        retries: Retries | None = None,
        timeout: float = TIMEOUT,
        allow_http: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        server = Server(address, allow_http=allow_http)
        chosen = Retries() if retries is None else retries
        super().__init__(Async(server, Token(token), chosen, timeout=timeout, transport=transport))

    async def wait_for(self, thing: W, until: "Until[W]" = None, timeout: float = PATIENCE) -> W:
        """As that of `Candor`."""
        return await self._driver.run(waiting(thing, until, timeout))

    async def close(self) -> None:
        await self._driver.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
