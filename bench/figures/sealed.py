"""Ours with every payload sealed against ours in plain text, each on a server of its own."""

from bench.figures.against_bare import compared, in_turn
from bench.house import house
from bench.rows import Row
from bench.scale import Scale


async def measure(scale: Scale) -> list[Row]:
    """Rates, CPU and bytes of history, pair by pair."""
    async with (
        house() as there,
        house() as here,
        there.sealed() as (sealed, sealed_pid),
        here.ours() as (plain, plain_pid),
    ):
        sides = (sealed, there.server_pid, sealed_pid), (plain, here.server_pid, plain_pid)
        pairs = await in_turn(scale, *sides)
        sizes = [await cases.history_bytes() for cases, _, _ in sides]
    return [
        *compared("sealed", scale.cases, pairs, "plain"),
        Row("sealed", "bytes of history", sizes[:1], unit=""),
        Row("sealed", "bytes of history, plain", sizes[1:], unit=""),
    ]
