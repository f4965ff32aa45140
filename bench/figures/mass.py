"""A mass dismissal: one file through `conviction-gate send`, while bookings go on coming in."""

import asyncio
import json
import time
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from bench.cases import Cases, Ours, concurrently, dismissal, seconds
from bench.meter import memory_mib
from bench.rows import Row
from bench.scale import Scale
from bench.servers import BenchServer, embedded_server

BETWEEN_STARTS = 0.5  # seconds


async def measure(scale: Scale) -> list[Row]:
    """The rate at which one file clears cases against the rate at which bare ones close."""
    rates: list[float] = []
    slower: dict[str, list[float]] = {kind: [] for kind in Start._fields}
    memory: list[float] = []
    async with embedded_server() as here, here.our_cases() as (ours, pid), here.bare_cases() as (bare, _):
        before = memory_mib(pid)
        for _ in range(scale.pairs):
            quiet = [await _start(ours) for _ in range(scale.signals)]
            numbers = await ours.open(scale.mass)
            starts: list[Start] = []
            starting = asyncio.create_task(_keep_starting(ours, starts))
            mine = await seconds(_until_ended(ours, scale.mass, _send(here, numbers)))
            memory.append(memory_mib(pid))
            starting.cancel()
            with suppress(asyncio.CancelledError):
                await starting
            for kind in Start._fields:
                slower[kind].append(_median(starts, kind) / _median(quiet, kind))
            numbers = await bare.open(scale.mass)
            theirs = await seconds(_until_ended(bare, scale.mass, concurrently(bare.convict, numbers)))
            rates.append(theirs / mine)
    return [
        Row("mass", f"{scale.mass} cleared by one file, rate against bare", rates, at_least=0.9),
        Row("mass", "start to its answer meanwhile, against idle", slower["answered"], at_most=2),
        Row("mass", "start to waiting for the court meanwhile, against idle", slower["waiting"]),
        Row("mass", "worker's memory after each file", memory, "MiB"),
        Row("mass", "worker's memory before", [before], "MiB"),
    ]


class Start(NamedTuple):
    """Seconds from the call that opens a case."""

    answered: float
    """Until the server has it: the booking is safe from then on."""
    waiting: float
    """Until the case waits for the court."""


async def _start(cases: Ours) -> Start:
    [number] = cases.new(1)
    began = time.perf_counter()
    await cases.start(number)
    answered = time.perf_counter() - began
    await cases.until_waiting(number)
    return Start(answered, time.perf_counter() - began)


def _median(starts: Sequence[Start], kind: str) -> float:
    return float(median(start._asdict()[kind] for start in starts))


async def _keep_starting(cases: Ours, taken: list[Start]) -> None:
    async with asyncio.TaskGroup() as group:
        while True:
            group.create_task(_noted(_start(cases), taken))
            await asyncio.sleep(BETWEEN_STARTS)


async def _noted(start: Awaitable[Start], taken: list[Start]) -> None:
    taken.append(await start)


async def _until_ended(cases: Cases, how_many: int, sending: Awaitable[None]) -> None:
    goal = await cases.completed() + how_many
    await sending
    while await cases.completed() < goal:
        await asyncio.sleep(0.5)


async def _send(here: BenchServer, numbers: list[int]) -> None:
    with TemporaryDirectory(prefix="bench-file-") as folder:
        sweep = Path(folder) / "sweep.jsonl"
        await asyncio.to_thread(sweep.write_text, "\n".join(json.dumps(dismissal(n)) for n in numbers))
        await here.gate("send", "dismissal", str(sweep))
