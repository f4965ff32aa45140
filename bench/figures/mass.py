"""A mass dismissal: one file through `conviction-gate send`, while bookings go on coming in."""

import asyncio
import json
import time
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.cases import Cases, Ours, at_once, dismissal, seconds
from bench.house import House, house
from bench.meter import memory_mib
from bench.rows import Row
from bench.scale import Scale

BETWEEN_STARTS = 0.5  # seconds


async def measure(scale: Scale) -> list[Row]:
    """The rate at which one file clears cases against the rate at which bare ones close."""
    rates: list[float] = []
    idle: list[float] = []
    busy: list[float] = []
    memory: list[float] = []
    async with house() as here, here.ours() as (ours, pid), here.bare() as (bare, _):
        before = memory_mib(pid)
        for _ in range(scale.pairs):
            idle.append(median([await _start(ours) for _ in range(scale.signals)]))
            numbers = await ours.open(scale.mass)
            starts: list[float] = []
            starting = asyncio.create_task(_keep_starting(ours, starts))
            mine = await seconds(_until_ended(ours, scale.mass, _send(here, numbers)))
            memory.append(memory_mib(pid))
            starting.cancel()
            with suppress(asyncio.CancelledError):
                await starting
            busy.append(median(starts))
            numbers = await bare.open(scale.mass)
            theirs = await seconds(_until_ended(bare, scale.mass, at_once(bare.convict, numbers)))
            rates.append(theirs / mine)
    return [
        Row("mass", f"{scale.mass} cleared by one file, rate against bare", rates, at_least=0.8),
        Row(
            "mass",
            "start to waiting for the court meanwhile, against idle",
            [during / quiet for during, quiet in zip(busy, idle, strict=True)],
            at_most=3,
        ),
        Row("mass", "worker's memory after each file", memory, "MiB"),
        Row("mass", "worker's memory before", [before], "MiB"),
    ]


async def _start(cases: Ours) -> float:
    """Seconds until a new case waits for the court."""
    [number] = cases.new(1)
    began = time.perf_counter()
    await cases.start(number)
    await cases.until_waiting(number)
    return time.perf_counter() - began


async def _keep_starting(cases: Ours, taken: list[float]) -> None:
    async with asyncio.TaskGroup() as group:
        while True:
            group.create_task(_noted(_start(cases), taken))
            await asyncio.sleep(BETWEEN_STARTS)


async def _noted(start: Awaitable[float], taken: list[float]) -> None:
    taken.append(await start)


async def _until_ended(cases: Cases, how_many: int, told: Awaitable[None]) -> None:
    goal = await cases.completed() + how_many
    await told
    while await cases.completed() < goal:
        await asyncio.sleep(0.1)


async def _send(here: House, numbers: list[int]) -> None:
    with TemporaryDirectory(prefix="bench-file-") as folder:
        sweep = Path(folder) / "sweep.jsonl"
        await asyncio.to_thread(sweep.write_text, "\n".join(json.dumps(dismissal(n)) for n in numbers))
        await here.gate("send", "dismissal", str(sweep))
