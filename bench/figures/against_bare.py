"""Cases opened and closed, ours against the bare workflow, in turn on one server."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from bench.cases import Cases
from bench.house import house
from bench.meter import Meter
from bench.rows import Row
from bench.scale import Scale

ROLES = ("all", "server", "worker", "driver")
WARM_UP = 10


@dataclass(frozen=True)
class Run:
    """Some cases from their opening to their end: seconds, and CPU seconds by role."""

    opened: float
    closed: float
    cpu: Mapping[str, float]

    @property
    def seconds(self) -> float:
        """From the first start to the last outcome."""
        return self.opened + self.closed


async def run(cases: Cases, how_many: int, **pids: int) -> Run:
    """Open and close so many cases."""
    meter, began = Meter(**pids), time.perf_counter()
    numbers = await cases.open(how_many)
    waiting = time.perf_counter()
    await cases.close(numbers)
    return Run(waiting - began, time.perf_counter() - waiting, meter.spent())


async def measure(scale: Scale) -> list[Row]:
    """Rates and CPU of both, pair by pair."""
    pairs: list[tuple[Run, Run]] = []
    async with house() as here, here.ours() as (ours, ours_pid), here.bare() as (bare, bare_pid):
        for cases, pid in ((ours, ours_pid), (bare, bare_pid)):
            await run(cases, WARM_UP, server=here.server_pid, worker=pid)
        for number in range(scale.pairs):
            turns: list[tuple[Cases, int]] = [(ours, ours_pid), (bare, bare_pid)]
            turns = turns if number % 2 == 0 else turns[::-1]  # who goes first, takes turns too
            runs = {
                type(cases): await run(cases, scale.cases, server=here.server_pid, worker=pid)
                for cases, pid in turns
            }
            pairs.append((runs[type(ours)], runs[type(bare)]))
    return compared("against_bare", scale.cases, pairs, "bare", rate_at_least=0.85, cpu_at_most=1.25)


def compared(
    of: str,
    how_many: int,
    pairs: list[tuple[Run, Run]],
    other: str,
    *,
    rate_at_least: float | None = None,
    cpu_at_most: float | None = None,
) -> list[Row]:
    """The rows of pairs of runs: the first of each pair against the second, called `other`."""
    rows = [
        Row(
            of,
            f"cases per second, against {other}",
            [b.seconds / a.seconds for a, b in pairs],
            at_least=rate_at_least,
        ),
        Row(of, f"opening, against {other}", [b.opened / a.opened for a, b in pairs]),
        Row(of, f"closing, against {other}", [b.closed / a.closed for a, b in pairs]),
    ]
    for role in ROLES:
        most = cpu_at_most if role == "all" else None
        ratios = [a.cpu[role] / max(b.cpu[role], 0.01) for a, b in pairs]
        rows.append(Row(of, f"CPU per case, {role}, against {other}", ratios, at_most=most))
    for name, side in (("ours", 0), (other, 1)):
        rows += [
            Row(of, f"CPU per case, {role}, {name}", [p[side].cpu[role] / how_many * 1000 for p in pairs], "ms")
            for role in ROLES
        ]
        rows.append(
            Row(of, f"cases per second, {name}", [how_many / p[side].seconds for p in pairs], "1/s here")
        )
    return rows
