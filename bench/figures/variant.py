"""Our worker with other settings, or from another checkout, against ours as it is here."""

from collections.abc import Mapping
from pathlib import Path

from bench.figures.against_bare import compared, in_turn
from bench.meter import memory_mib
from bench.rows import Row
from bench.scale import Scale
from bench.servers import embedded_server


async def measure(scale: Scale, settings: Mapping[str, str], checkout: Path | None) -> list[Row]:
    """Rates and CPU, pair by pair, each side on a server of its own."""
    async with (
        embedded_server(settings, checkout) as there,
        embedded_server() as here,
        there.our_cases() as (changed, changed_pid),
        here.our_cases() as (ours, ours_pid),
    ):
        pairs = await in_turn(
            scale, (changed, there.server_pid, changed_pid), (ours, here.server_pid, ours_pid)
        )
        memory = memory_mib(changed_pid) / memory_mib(ours_pid)
    return [
        *compared("variant", scale.cases, pairs, "as it is"),
        Row("variant", "worker's memory, against as it is", [memory]),
    ]
