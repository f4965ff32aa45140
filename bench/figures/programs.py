"""What one command takes as a whole process, against Python that imports no more than Temporal's client."""

import json
import os
import sys
from asyncio.subprocess import DEVNULL

from bench.cases import booking, seconds
from bench.rows import Row
from bench.scale import Scale
from bench.servers import embedded_server
from conviction_gate.devserver import processes

IMPORT = (sys.executable, "-P", "-c", "import temporalio.client")


async def measure(scale: Scale) -> list[Row]:
    """Ratios of the time from start to end of the process, pair by pair, on a case that waits."""
    shown, started = [], []
    async with embedded_server() as server, server.our_cases() as (cases, _):
        [number] = await cases.open(1)
        for new in cases.new(scale.pairs):
            file = server.data / "booking.json"
            file.write_text(json.dumps(booking(new)))
            imported = await seconds(_import())
            shown.append(await seconds(server.gate("show", cases.case_id(number), "--json")) / imported)
            started.append(await seconds(server.gate("start", str(file))) / imported)
    against = "against importing temporalio.client"
    return [
        Row("programs", f"`show --json`, {against}", shown, at_most=1.6),
        Row("programs", f"`start` of one booking, {against}", started, at_most=1.6),
    ]


async def _import() -> None:
    program = await processes.spawn(*IMPORT, env=os.environ, stdout=DEVNULL, stderr=None)
    await program.wait()
