"""The door against the typed client on the same server: bookings, messages, files, and what the door uses."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import Any

from temporalio.client import Client

from bench.cases import AGENCY, Ours, booking, conviction, seconds
from bench.http_sender import HttpSender
from bench.meter import cpu_seconds, memory_mib
from bench.rows import Row
from bench.scale import Scale
from bench.servers import GATE, BenchServer, embedded_server
from conviction_gate.client.bulk.items import Item
from conviction_gate.client.bulk.pace import Pace
from conviction_gate.client.bulk.reading import Addressed, read_addressed
from conviction_gate.client.bulk.sending import deliver
from conviction_gate.client.case_client import CaseClient
from conviction_gate.client.replies import Reply
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.reading import read_booking, read_message
from conviction_gate.devserver import processes
from conviction_gate.devserver.resources import free_port
from conviction_gate.door.callers import entry_of, new_key
from conviction_gate.encryption.converter import data_converter
from conviction_gate.registry import Registry

AT_A_TIME = 20
"""Requests in flight."""

Work = Callable[[Iterable[int]], Awaitable[None]]


async def measure(scale: Scale) -> list[Row]:
    """Rates of the door against those of the typed client, in turn, and the door's CPU and memory."""
    async with (
        embedded_server() as here,
        here.our_cases() as (ours, _),
        _door(here) as (sender, pid),
        await Registry.open(Settings(data=here.data).registry) as registry,
    ):
        client = CaseClient(await Client.connect(here.address, data_converter=data_converter), registry)
        sides = _Sides(ours, client, sender)
        await sides.book_through_door(sides.ours.new(20))  # both are warm then
        await sides.book(sides.ours.new(20))
        idle = [
            await _cpu_of_one(*one, ours.new(100)) for one in ((pid, sides.post), (os.getpid(), sides.start))
        ]
        bookings: list[float] = []
        messages: list[float] = []
        files: list[float] = []
        for pair in range(scale.pairs):
            booked, filed = ([ours.new(size) for _ in range(2)] for size in (scale.cases, scale.mass))
            for rates, works, numbers in (
                (bookings, (sides.book_through_door, sides.book), booked),
                (messages, (sides.convict_through_door, sides.convict), booked),
                (files, (sides.file_through_door, sides.file), filed),
            ):
                by_door, by_client = await _in_turn(ours, works, numbers, pair % 2)
                rates.append(by_client / by_door)
        memory = memory_mib(pid)
    return [
        Row("door", "POST /v1/bookings, rate against the typed client", bookings, at_least=0.9),
        Row("door", "POST …/messages, rate against the typed client's submit", messages, at_least=0.9),
        Row("door", f"{scale.mass} bookings as NDJSON, rate against the typed client", files, at_least=1),
        Row("door", "the door's CPU for one booking, idle", idle[:1], "ms"),
        Row("door", "less the typed client's for one", [idle[0] - idle[1]], "ms", at_most=3),
        Row("door", "door's memory after the files", [memory], "MiB", at_most=150),
    ]


class _Sides:
    """The same work through the door and by the typed client."""

    def __init__(self, ours: Ours, client: CaseClient, sender: HttpSender) -> None:
        self.ours = ours
        self._client = client
        self._sender = sender

    async def book_through_door(self, numbers: Iterable[int]) -> None:
        await _at_a_time(self.post, numbers)

    async def book(self, numbers: Iterable[int]) -> None:
        await _at_a_time(self.start, numbers)

    async def convict_through_door(self, numbers: Iterable[int]) -> None:
        await _at_a_time(self._post_conviction, numbers)

    async def convict(self, numbers: Iterable[int]) -> None:
        await _at_a_time(self._submit, numbers)

    async def file_through_door(self, numbers: Iterable[int]) -> None:
        """As one body."""
        body = b"\n".join(_text({"type": "booking", **_unsigned(booking(number))}) for number in numbers)
        assert await self._sender.post("/v1/messages", body, "application/x-ndjson") == 200

    async def file(self, numbers: Iterable[int]) -> None:
        """As `conviction-gate start` sends a file, within this process."""
        stop = asyncio.Event()
        pace = Pace(self._client.is_idle, stop)
        lines = [Item(str(number), _text(booking(number))) for number in numbers]

        async def post(addressed: Addressed) -> Reply:
            message = addressed.message
            assert isinstance(message, Booking)
            return await pace.send(partial(self._client.start, message), addressed.case_id)

        async with aclosing(deliver(lines, partial(read_addressed, name="booking"), post, stop)) as sent:
            async for _, answer in sent:
                assert answer.status == "accepted", answer

    async def post(self, number: int) -> None:
        """Send one booking to the door."""
        assert await self._sender.post("/v1/bookings", _text(_unsigned(booking(number)))) == 201

    async def start(self, number: int) -> None:
        """Open one case by the typed client."""
        assert (await self._client.start(read_booking(_text(booking(number))))).opened

    async def _post_conviction(self, number: int) -> None:
        body = _text({"type": "conviction", **_unsigned(conviction(number))})
        assert await self._sender.post(f"/v1/cases/{AGENCY}/N-{number}/messages", body) == 200

    async def _submit(self, number: int) -> None:
        message = read_message("conviction", _text(conviction(number)))
        await self._client.submit(message, CaseId(AGENCY, f"N-{number}"))


def _unsigned(message: Mapping[str, Any]) -> dict[str, Any]:
    """Without `sender`, which the door writes."""
    return {name: value for name, value in message.items() if name != "sender"}


def _text(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields).encode()


async def _at_a_time(work: Callable[[int], Awaitable[None]], numbers: Iterable[int]) -> None:
    left = iter(numbers)

    async def worker() -> None:
        for number in left:
            await work(number)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_A_TIME):
            group.create_task(worker())


async def _in_turn(
    ours: Ours, works: Sequence[Work], numbers: Sequence[Sequence[int]], first: int
) -> Sequence[float]:
    """Seconds of each work on numbers of its own. The next one begins when the cases of the one before wait."""
    took = [0.0, 0.0]
    for side in (first, 1 - first):
        took[side] = await seconds(works[side](numbers[side]))
        for number in numbers[side]:
            await ours.until_waiting(number)
    return took


async def _cpu_of_one(pid: int, work: Callable[[int], Awaitable[None]], numbers: Sequence[int]) -> float:
    """Milliseconds of a process's CPU for each number, one after the other."""
    before = cpu_seconds(pid)
    for number in numbers:
        await work(number)
    return 1000 * (cpu_seconds(pid) - before) / len(numbers)


@asynccontextmanager
async def _door(here: BenchServer) -> AsyncIterator[tuple[HttpSender, int]]:
    """The door as a process of its own, as in production; its process id."""
    key, port = new_key(), free_port()
    limits = "per_minute = 100000000\nbytes_per_minute = 100000000000\n"
    (here.data / "callers.toml").write_text(entry_of("bench", key, ["*"], ["*"]) + limits)
    with (here.data / "door.log").open("wb") as log:
        command = (*GATE, "serve", "--port", str(port))
        door = await processes.spawn(*command, env=here.environment, stdout=log, stderr=log)
        try:
            while b"ready: door" not in (here.data / "door.log").read_bytes():
                assert door.returncode is None, (here.data / "door.log").read_text()
                await asyncio.sleep(0.05)
            sender = HttpSender(port, key)
            yield sender, door.pid
            sender.close()
        finally:
            await processes.stop(door, 10)
