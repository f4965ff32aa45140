"""The server as `up` starts it against the same server in memory: what its disk costs; our cases."""

from bench.figures.against_bare import compared, in_turn
from bench.rows import Row
from bench.scale import Scale
from bench.servers import embedded_server


async def measure(scale: Scale) -> list[Row]:
    """Cases per second and CPU, pair by pair."""
    async with (
        embedded_server() as on_file,
        embedded_server(in_memory=True) as in_memory,
        on_file.our_cases() as (ours, ours_pid),
        in_memory.our_cases() as (theirs, theirs_pid),
    ):
        pairs = await in_turn(
            scale, (ours, on_file.server_pid, ours_pid), (theirs, in_memory.server_pid, theirs_pid)
        )
    return compared("in_memory", scale.cases, pairs, "in memory", rate_at_least=0.9)
