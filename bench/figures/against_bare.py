"""Cases opened and closed, ours against the bare workflow, in turn on one server."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from bench.cases import Cases
from bench.meter import Meter
from bench.rows import Row
from bench.scale import Scale
from bench.servers import embedded_server

ROLES = ("all", "server", "worker", "driver")
WARM_UP = 10

Side = tuple[Cases, int, int]
"""Cases of one kind, and the process ids of their server and worker."""


@dataclass(frozen=True)
class Run:
    """Cases from their start to their end: seconds, and CPU seconds by role."""

    opened: float
    closed: float
    cpu: Mapping[str, float]

    @property
    def seconds(self) -> float:
        """From the first start to the last outcome."""
        return self.opened + self.closed


async def run(cases: Cases, how_many: int, **pids: int) -> Run:
    """Open and close this many cases."""
    meter, began = Meter(**pids), time.perf_counter()
    numbers = await cases.open(how_many)
    waiting = time.perf_counter()
    await cases.close(numbers)
    return Run(waiting - began, time.perf_counter() - waiting, meter.spent())


async def in_turn(scale: Scale, first: Side, second: Side) -> list[tuple[Run, Run]]:
    """Pairs of runs after a warm-up; the two sides take turns in going first."""
    for cases, server, worker in (first, second):
        await run(cases, WARM_UP, server=server, worker=worker)
    pairs: list[tuple[Run, Run]] = []
    for number in range(scale.pairs):
        turns = (first, second) if number % 2 == 0 else (second, first)
        done = [await run(cases, scale.cases, server=server, worker=pid) for cases, server, pid in turns]
        pairs.append((done[0], done[1]) if number % 2 == 0 else (done[1], done[0]))
    return pairs


async def measure(scale: Scale) -> list[Row]:
    """Rates and CPU of both, pair by pair; ours is encrypted."""
    async with (
        embedded_server() as here,
        here.encrypted_cases() as (ours, ours_pid),
        here.bare_cases() as (bare, bare_pid),
    ):
        pairs = await in_turn(scale, (ours, here.server_pid, ours_pid), (bare, here.server_pid, bare_pid))
    return compared("against_bare", scale.cases, pairs, "bare", rate_at_least=1.0, cpu_at_most=1.05)


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
