"""A TCP proxy that treats one connection after the other as the test says: through, late, cut, or nowhere."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import chain, repeat
from typing import Literal
from urllib.parse import urlsplit

How = Literal["through", "late", "cut at once", "cut in the answer", "silent"]
LATE = 0.03
"""Seconds that each part of an answer takes more, where it comes late."""
CUT_AFTER = 20
"""Bytes of an answer before the cut."""


class Proxy:
    """Stands before one service; `asked` counts the connections."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._hows: Iterator[How] = repeat("through")
        self._port = 0
        self.asked = 0

    @property
    def url(self) -> str:
        return self._target._replace(netloc=f"127.0.0.1:{self._port}").geturl()

    def treat(self, hows: Iterable[How], then: How) -> None:
        """How the next connections fare, one by one, and all that follow."""
        self._hows = chain(hows, repeat(then))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        how = next(self._hows)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._treat(how, reader, writer)
        finally:
            writer.transport.abort()

    async def _treat(self, how: How, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if how == "cut at once":
            return
        question = await reader.readuntil(b"\r\n\r\n")
        if how == "silent":
            await reader.read()  # until whoever asked gives up
            return
        theirs, ours = await asyncio.open_connection(self._target.hostname, self._target.port)
        try:
            ours.write(question.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            left = CUT_AFTER
            while part := await theirs.read(64):
                if how == "late":
                    await asyncio.sleep(LATE)
                if how == "cut in the answer":
                    part, left = part[:left], left - len(part)
                writer.write(part)
                await writer.drain()
                if left <= 0:
                    return
        finally:
            ours.close()


@asynccontextmanager
async def proxy(url: str) -> AsyncIterator[Proxy]:
    """A proxy before the service at this address."""
    made = Proxy(url)
    server = await asyncio.start_server(made._serve, "127.0.0.1", 0)
    made._port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
