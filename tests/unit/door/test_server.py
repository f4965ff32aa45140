"""The door over a socket: slow connections, and where it cannot listen."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from typing import Any

import httpx
import pytest

from conviction_gate.config.settings import SettingsError
from conviction_gate.devserver.resources import free_port
from conviction_gate.door.server import _cannot_listen
from conviction_gate.encryption import http_server
from conviction_gate.encryption.http_server import serving
from tests.support.door import KEYS, FakeDoor, a_booking, a_conviction, place


@pytest.fixture
async def address() -> AsyncIterator[str]:
    address = f"127.0.0.1:{free_port()}"
    async with serving(FakeDoor().app, address, partial(_cannot_listen, address)):
        yield address


class Accepted:
    """The sockets that the server has accepted from now on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sockets: list[Any] = []
        connection_made = http_server.Connection.connection_made

        def note(connection: http_server.Connection, transport: asyncio.Transport) -> None:
            connection_made(connection, transport)
            self.sockets.append(transport.get_extra_info("socket"))

        monkeypatch.setattr(http_server.Connection, "connection_made", note)


def client(address: str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {KEYS['all']}"}
    return httpx.AsyncClient(base_url=f"http://{address}", headers=headers, trust_env=False)


async def test_a_silent_connection_is_closed_and_delays_nobody(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "HEADERS_WITHIN", 0.3)
    accepted = Accepted(monkeypatch)
    host, _, port = address.partition(":")
    silent = [await asyncio.open_connection(host, int(port)) for _ in range(50)]
    for number, (_, writer) in enumerate(silent):
        if number % 2:
            writer.write(b"POST /v1/bookings HTTP/1.1\r\nHost: door\r\nX-Slow: ")
    while len(accepted.sockets) < 50:
        await asyncio.sleep(0.01)
    monkeypatch.setattr(http_server, "HEADERS_WITHIN", 3600.0)  # for those that come now
    async with client(address) as door:
        assert (await door.post("/v1/bookings", json=a_booking())).status_code == 201
    for reader, writer in silent:
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()


async def test_a_sender_that_stops_in_the_middle_delays_nobody(address: str) -> None:
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


async def test_who_does_not_read_the_answers_to_many_lines_delays_nobody(address: str) -> None:
    host, _, port = address.partition(":")
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.setblocking(False)
    await asyncio.get_running_loop().sock_connect(slow, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=slow, limit=1)
    lines = b'{"type": "conviction", "x": 1}\n' * 5000
    writer.write(
        f"POST /v1/messages HTTP/1.1\r\nHost: door\r\nAuthorization: Bearer {KEYS['all']}\r\n".encode()
        + f"Content-Type: application/x-ndjson\r\nContent-Length: {len(lines)}\r\n\r\n".encode()
        + lines
    )
    assert await asyncio.wait_for(reader.readexactly(8), 20) == b"HTTP/1.1"  # and it reads nothing more
    async with client(address) as door:
        for number in range(20):
            answer = await door.post(f"{place()}/messages", json=a_conviction(message_id=f"c-{number}"))
            assert answer.status_code in (200, 201)
    writer.transport.abort()


async def test_a_flood_of_wrong_keys_delays_nobody(address: str) -> None:
    stop = asyncio.Event()
    refused = Counter[int]()

    async def guess(number: int) -> None:
        async with client(address) as stranger:
            while not stop.is_set():
                wrong = {"Authorization": f"Bearer cg_{number}-{refused.total()}"}
                refused[(await stranger.post("/v1/bookings", json=a_booking(), headers=wrong)).status_code] += 1

    guessing = [asyncio.create_task(guess(number)) for number in range(20)]
    async with client(address) as door:
        while refused.total() < 100:
            await asyncio.sleep(0.01)
        assert (await asyncio.wait_for(door.post("/v1/bookings", json=a_booking()), 20)).status_code == 201
    stop.set()
    await asyncio.gather(*guessing)
    assert refused.keys() == {401}


async def test_an_answer_is_sent_at_once(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted = Accepted(monkeypatch)
    async with client(address) as door:
        await door.get("/v1/charges/CA-VC/12500(a)")
        assert accepted.sockets[0].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_an_address_that_is_taken(address: str) -> None:
    with pytest.raises(SettingsError, match=f"--host, --port: cannot bind to {address}"):
        async with serving(FakeDoor().app, address, partial(_cannot_listen, address)):
            pass
