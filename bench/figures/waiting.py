"""Many waiting cases against few: on two servers, so that the signals to both go in turn."""

from statistics import median

from bench.cases import Ours
from bench.meter import memory_mib
from bench.rows import Row
from bench.scale import Scale
from bench.servers import BenchServer, embedded_server


async def measure(scale: Scale) -> list[Row]:
    """Signal to outcome, memory of worker and server, and what the database holds of each case."""
    async with (
        embedded_server() as small,
        embedded_server() as large,
        small.our_cases() as (few, few_pid),
        large.our_cases() as (many, many_pid),
    ):
        small_kib = await _filled(small, few, scale.few)
        large_kib = await _filled(large, many, scale.many)
        latency: list[float] = []
        milliseconds: list[float] = []
        for _ in range(scale.pairs):
            # Cases of any age: most of them are in no worker's cache, as in real life.
            slow = median(await many.latency(_some(scale.many, scale.signals, latency)))
            quick = median(await few.latency(_some(scale.few, scale.signals, latency)))
            latency.append(slow / quick)
            milliseconds.append(slow * 1000)
        memory = memory_mib(many_pid), memory_mib(few_pid)
        servers = memory_mib(large.server_pid), memory_mib(small.server_pid)
    against = f"{scale.many} waiting against {scale.few}"
    return [
        Row("waiting", f"signal to outcome, {against}", latency, at_most=1.2),
        Row("waiting", f"signal to outcome, {scale.many} waiting", milliseconds, "ms here"),
        Row("waiting", f"worker's memory, {against}", [memory[0] / memory[1]], at_most=1.3),
        Row("waiting", f"worker's memory, {scale.many} waiting", [memory[0]], "MiB"),
        Row("waiting", f"server's memory, {scale.many} waiting", [servers[0]], "MiB"),
        Row("waiting", f"server's memory, {scale.few} waiting", [servers[1]], "MiB"),
        Row("waiting", "database per waiting case", [small_kib, large_kib], "KiB", at_most=15),
    ]


async def _filled(where: BenchServer, cases: Ours, how_many: int) -> float:
    """Open so many; returns KiB of the database for each."""
    before = where.database_bytes()
    await cases.open(how_many)
    return (where.database_bytes() - before) / 1024 / how_many


def _some(how_many: int, wanted: int, turns: list[float]) -> list[int]:
    """Numbers of cases from all over, others at each turn."""
    step = max(1, how_many // wanted)
    return list(range(1 + len(turns) % step, how_many + 1, step))[:wanted]
