"""Our worker with other settings, or from another checkout, against ours as it is here."""

from collections.abc import Mapping
from pathlib import Path

from bench.figures.against_bare import WARM_UP, Run, compared, run
from bench.house import house
from bench.meter import memory_mib
from bench.rows import Row
from bench.scale import Scale


async def measure(scale: Scale, settings: Mapping[str, str], home: Path | None) -> list[Row]:
    """Rates and CPU, pair by pair, each side on a server of its own."""
    pairs: list[tuple[Run, Run]] = []
    memory: list[float] = []
    async with (
        house(settings, home) as there,
        house() as here,
        there.ours() as (changed, changed_pid),
        here.ours() as (ours, ours_pid),
    ):
        sides = (changed, there.server_pid, changed_pid), (ours, here.server_pid, ours_pid)
        for cases, server, worker in sides:
            await run(cases, WARM_UP, server=server, worker=worker)
        for number in range(scale.pairs):
            turns = sides if number % 2 == 0 else sides[::-1]
            done = [await run(cases, scale.cases, server=server, worker=pid) for cases, server, pid in turns]
            first, second = done if number % 2 == 0 else done[::-1]
            pairs.append((first, second))
            memory.append(memory_mib(changed_pid) / memory_mib(ours_pid))
    return [
        *compared("variant", scale.cases, pairs, "as it is"),
        Row("variant", "worker's memory, against as it is", memory),
    ]
