"""Our cases with every payload encrypted against ours in plain text, each on a server of its own."""

from bench.figures.against_bare import compared, in_turn
from bench.rows import Row
from bench.scale import Scale
from bench.servers import embedded_server


async def measure(scale: Scale) -> list[Row]:
    """Rates, CPU and bytes of history, pair by pair."""
    async with (
        embedded_server() as there,
        embedded_server() as here,
        there.encrypted_cases() as (encrypted, encrypted_pid),
        here.our_cases() as (plain, plain_pid),
    ):
        sides = (encrypted, there.server_pid, encrypted_pid), (plain, here.server_pid, plain_pid)
        pairs = await in_turn(scale, *sides)
        sizes = [await cases.history_bytes() for cases, _, _ in sides]
    return [
        *compared("encrypted", scale.cases, pairs, "plain"),
        Row("encrypted", "bytes of history", sizes[:1], unit=""),
        Row("encrypted", "bytes of history, plain", sizes[1:], unit=""),
    ]
