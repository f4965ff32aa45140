"""TLS before a server that speaks none, as a proxy of somebody's own would do it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


@asynccontextmanager
async def gateway(port: int, context: ssl.SSLContext) -> AsyncIterator[int]:
    """Passes on to the port what those say whom the context lets in; its own port."""
    calls: set[asyncio.Task[None]] = set()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        call = asyncio.current_task()
        assert call is not None
        calls.add(call)
        theirs, ours = await asyncio.open_connection("127.0.0.1", port)
        try:
            with suppress(OSError):
                await asyncio.gather(_copied(reader, ours), _copied(theirs, writer))
        finally:
            for end in (writer, ours):
                end.transport.abort()

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while part := await reader.read(65536):
        writer.write(part)
        await writer.drain()
    writer.transport.abort()
