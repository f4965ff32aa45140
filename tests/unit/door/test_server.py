"""The door over a socket: slow connections, and where it cannot listen."""

import asyncio
import socket
from collections.abc import AsyncIterator
from functools import partial

import httpx
import pytest

from conviction_gate.config.settings import SettingsError
from conviction_gate.devserver.resources import free_port
from conviction_gate.door.server import _cannot_listen
from conviction_gate.encryption import codec_server
from conviction_gate.encryption.codec_server import serving
from tests.support.door import KEYS, FakeDoor, a_booking, a_conviction, place


@pytest.fixture
async def address(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    monkeypatch.setattr(codec_server, "HEADERS_WITHIN", 0.3)
    address = f"127.0.0.1:{free_port()}"
    async with serving(FakeDoor().app, address, partial(_cannot_listen, address)):
        yield address


def client(address: str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {KEYS['all']}"}
    return httpx.AsyncClient(base_url=f"http://{address}", headers=headers, trust_env=False)


async def test_a_silent_connection_is_closed_and_delays_nobody(address: str) -> None:
    host, _, port = address.partition(":")
    silent = [await asyncio.open_connection(host, int(port)) for _ in range(50)]
    for number, (_, writer) in enumerate(silent):
        if number % 2:
            writer.write(b"POST /v1/bookings HTTP/1.1\r\nHost: door\r\nX-Slow: ")
    async with client(address) as door:
        assert (await door.post("/v1/bookings", json=a_booking())).status_code == 201
    for reader, writer in silent:
        assert await reader.read() == b""
        writer.close()


async def test_answers_come_while_a_caller_does_not_read_them(address: str) -> None:
    host, _, port = address.partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"POST /v1/messages HTTP/1.1\r\nHost: door\r\nAuthorization: Bearer {KEYS['all']}\r\n".encode()
        + b'Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n'
    )
    await writer.drain()  # and then it stops in the middle
    async with client(address) as door:
        assert (await door.post(f"{place()}/messages", json=a_conviction())).status_code == 200
    writer.close()


async def test_an_answer_is_sent_at_once(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted = []
    close_if_silent = codec_server._Connection._close_if_silent

    def note(connection: codec_server._Connection) -> None:
        accepted.append(connection.transport.get_extra_info("socket"))
        close_if_silent(connection)

    monkeypatch.setattr(codec_server._Connection, "_close_if_silent", note)
    async with client(address) as door:
        await door.get("/v1/charges/CA-VC/12500(a)")
        while not accepted:  # noted a moment after the connection was made
            await asyncio.sleep(0.01)
        assert accepted[0].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_an_address_that_is_taken(address: str) -> None:
    with pytest.raises(SettingsError, match=f"--host, --port: cannot bind to {address}"):
        async with serving(FakeDoor().app, address, partial(_cannot_listen, address)):
            pass
