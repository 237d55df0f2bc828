"""The network between processes and a server, which can be cut and can hang."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

CHUNK = 2**16

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Wire:
    """A port of this machine that leads to a TCP port or to the socket of a server.

    `cut` ends all connections and refuses new ones; `hang` lets them be and carries nothing;
    `mend` ends either.
    """

    def __init__(self, target: "int | Path") -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._flows = asyncio.Event()
        self._flows.set()
        self._is_cut = False
        self._ends: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._wait(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        self._call(self._cut)

    def hang(self) -> None:
        self._call(self._flows.clear)

    def mend(self) -> None:
        self._call(self._mend)

    def close(self) -> None:
        self._wait(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def _call(self, act: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(act)

    def _cut(self) -> None:
        self._is_cut = True
        for end in self._ends:
            end.transport.abort()

    def _mend(self) -> None:
        self._is_cut = False
        self._flows.set()

    async def _end(self) -> None:
        self._server.close()
        self._cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._ends.add(writer)
        try:
            with suppress(OSError, asyncio.CancelledError):  # cancelled by the end
                if not self._is_cut:
                    await self._carry((reader, writer))
        finally:
            self._ends.discard(writer)
            writer.close()  # with what is still on its way

    async def _carry(self, near: Streams) -> None:
        far = await self._reach()
        self._ends.add(far[1])
        ways = [
            asyncio.ensure_future(self._pump(a[0], b[1])) for a, b in [(near, far), (far, near)]
        ]
        try:
            # When one side has ended, so has the connection: neither protocol closes by halves.
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._ends.discard(far[1])
            far[1].close()

    async def _reach(self) -> Streams:
        if isinstance(self._target, Path):
            return await asyncio.open_unix_connection(self._target)
        return await asyncio.open_connection("127.0.0.1", self._target)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(CHUNK):
            await self._flows.wait()
            sink.write(data)
            await sink.drain()
        await sink.drain()
