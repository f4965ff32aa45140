"""A sender that costs next to nothing: as much of HTTP/1.1 as the door's answers need, on open connections."""

import asyncio

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class HttpSender:
    """Sends to a port of this machine. A connection has one request at a time, and is kept for the next one."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._head = f"HTTP/1.1\r\nHost: door\r\nAuthorization: Bearer {key}\r\n"
        self._free: list[Connection] = []

    async def post(self, path: str, body: bytes, content_type: str = "application/json") -> int:
        """Send one request and read its whole answer; the status."""
        connection = await self._connection()
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
        self._free.append(connection)
        return int(answer.split(b" ", 2)[1])

    def close(self) -> None:
        """Close all connections."""
        for _, writer in self._free:
            writer.close()

    async def _connection(self) -> Connection:
        while self._free:
            reader, writer = self._free.pop()
            if not reader.at_eof():  # the door closes one that is not used for a few seconds
                return reader, writer
            writer.close()
        return await asyncio.open_connection("127.0.0.1", self._port)
