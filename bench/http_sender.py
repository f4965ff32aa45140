"""A sender that costs next to nothing: as much of HTTP/1.1 as the door's answers need, on open connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class HttpSender:
    """Sends requests over a few connections, each one request at a time."""

    def __init__(self, connections: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]], key: str) -> None:
        self._free = asyncio.LifoQueue[tuple[asyncio.StreamReader, asyncio.StreamWriter]]()
        for connection in connections:
            self._free.put_nowait(connection)
        self._head = f"HTTP/1.1\r\nHost: door\r\nAuthorization: Bearer {key}\r\n"

    async def post(self, path: str, body: bytes, content_type: str = "application/json") -> int:
        """Send one request and read its whole answer; the status."""
        connection = await self._free.get()
        reader, writer = connection
        head = f"POST {path} {self._head}Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        if b"transfer-encoding: chunked" in answer:
            while size := int(await reader.readuntil(b"\r\n"), 16):
                await reader.readexactly(size + 2)
            await reader.readexactly(2)
        else:
            await reader.readexactly(int(answer.partition(b"content-length:")[2].split(b"\r\n", 1)[0]))
        self._free.put_nowait(connection)
        return int(answer.split(b" ", 2)[1])


@asynccontextmanager
async def http_sender(port: int, key: str, connections: int) -> AsyncIterator[HttpSender]:
    """A sender with so many connections to this machine."""
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(connections)]
    try:
        yield HttpSender(opened, key)
    finally:
        for _, writer in opened:
            writer.close()
