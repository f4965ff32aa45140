"""The server as `up` starts it against the stock development server, both on a file, bare cases."""

from statistics import median

from bench.figures.against_bare import Run, compared, run
from bench.rows import Row
from bench.scale import Scale
from bench.servers import embedded_server, stock_server


async def measure(scale: Scale) -> list[Row]:
    """Cases per second and idle signal to outcome, pair by pair."""
    pairs: list[tuple[Run, Run]] = []
    idle: list[float] = []
    how_many = scale.cases // 2  # the stock server takes its time
    async with (
        embedded_server() as tuned,
        stock_server() as stock,
        tuned.bare_cases() as (ours, ours_pid),
        stock.bare_cases() as (theirs, theirs_pid),
    ):
        for cases in (ours, theirs):
            await cases.close(await cases.open(10))
        for _ in range(scale.pairs):
            mine = await run(ours, how_many, server=tuned.server_pid, worker=ours_pid)
            other = await run(theirs, how_many, server=stock.server_pid, worker=theirs_pid)
            pairs.append((mine, other))
            numbers = await ours.open(scale.signals), await theirs.open(scale.signals)
            quick, slow = [await c.latency(n) for c, n in zip((ours, theirs), numbers, strict=True)]
            idle.append(median(quick) / median(slow))
    return [
        *compared("stock", how_many, pairs, "stock", rate_at_least=2.5),
        Row("stock", "idle signal to outcome, against stock", idle, at_most=0.5),
    ]
