"""The HTTP server of the codec, the door and the desk: no connection holds up another, or lasts for nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

from conviction_gate.config.settings import SettingsError
from conviction_gate.devserver.resources import free_port
from conviction_gate.encryption import http_server
from conviction_gate.encryption.http_server import serving
from tests.support.door import FakeDoor

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
ENOUGH = 20.0
"""Seconds in which what must happen has happened, on a busy machine too."""
HALF = b"GET /v1/cases HTTP/1.1\r\nHost: door\r\nX-Slow: "
LONG = b"POST /v1/bookings HTTP/1.1\r\nHost: door\r\nContent-Length: 9999999\r\n\r\n{"


@asynccontextmanager
async def served(app: Any, **tls: Path) -> AsyncIterator[Callable[[], Awaitable[Connection]]]:
    """What connects to a server of this application."""
    port = free_port()

    async def connect() -> Connection:
        return await asyncio.open_connection("127.0.0.1", port)

    async with serving(app, f"127.0.0.1:{port}", lambda error: SettingsError(str(error)), **tls):
        yield connect


async def refused(connection: Connection) -> None:
    """A request without a key is answered."""
    reader, writer = connection
    writer.write(b"GET /v1/cases HTTP/1.1\r\nHost: door\r\n\r\n")
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), ENOUGH)
    assert head.startswith(b"HTTP/1.1 401 ")
    length = next(line for line in head.lower().splitlines() if line.startswith(b"content-length:"))
    await reader.readexactly(int(length.split()[1]))


async def closed(connection: Connection) -> None:
    """The server closes the connection."""
    try:
        assert await asyncio.wait_for(connection[0].read(), ENOUGH) == b""
    except ConnectionResetError:
        pass
    finally:
        connection[1].close()


async def test_one_connection_too_many_takes_the_place_of_the_one_that_waited_longest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_server, "MAX_CONNECTIONS", 3)
    monkeypatch.setattr(http_server, "HEADERS_WITHIN", 3600.0)
    async with served(FakeDoor().app) as connect:
        first, *others = [await connect() for _ in range(3)]
        first[1].write(HALF)
        for other in others:
            await refused(other)
        newest = await connect()
        await refused(newest)
        await closed(first)
        for other in (*others, newest):
            await refused(other)
            other[1].close()


@pytest.mark.parametrize("begun", [HALF, LONG], ids=["head", "body"])
async def test_a_connection_that_was_answered_once_has_no_more_time_than_others(
    monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    async with served(FakeDoor().app) as connect:
        slow = await connect()
        await refused(slow)
        monkeypatch.setattr(http_server, "HEADERS_WITHIN", 0.3)
        slow[1].write(begun)
        if begun is not HALF:  # refused before its body is there, which then comes for ever
            await slow[0].readuntil(b"}")

        async def go_on() -> None:
            while True:
                slow[1].write(b"x" if begun is HALF else b" ")
                await asyncio.sleep(0.05)

        going_on = asyncio.create_task(go_on())
        await closed(slow)
        going_on.cancel()


async def test_who_does_not_read_is_cut_off_and_delays_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "READ_WITHIN", 0.3)
    begun, ended = asyncio.Event(), asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/v1/cases":
            await FakeDoor().app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        begun.set()
        sent = 0
        while sent < 2**30:  # more than any buffer takes
            await send({"type": "http.response.body", "body": bytes(2**16), "more_body": True})
            sent += 2**16
            await asyncio.sleep(0)
        await send({"type": "http.response.body", "body": b""})
        ended.set()

    async with served(app) as connect:
        slow = await connect()
        slow[1].write(b"GET /all HTTP/1.1\r\nHost: door\r\n\r\n")
        await asyncio.wait_for(begun.wait(), ENOUGH)
        other = await connect()
        await refused(other)
        await asyncio.wait_for(ended.wait(), ENOUGH)
        slow[1].close()
        other[1].close()


async def test_a_handshake_that_is_not_finished_is_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(http_server, "HEADERS_WITHIN", 0.3)
    issued = trustme.CA().issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "certificate.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    async with served(
        FakeDoor().app, certificate=tmp_path / "certificate.pem", key=tmp_path / "key.pem"
    ) as connect:
        await closed(await connect())
