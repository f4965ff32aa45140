"""A worker killed with `kill -9`, and signals that come before the next one runs."""

import time
from contextlib import suppress

from temporalio.client import Client

from bench.cases import Ours, concurrently
from bench.rows import Row
from bench.scale import Scale
from bench.servers import embedded_server
from conviction_gate.devserver import processes, worker_process
from conviction_gate.encryption.converter import data_converter


async def measure(scale: Scale) -> list[Row]:
    """Seconds from the new worker's ready line until all convicted cases have ended, for each kill."""
    first: list[float] = []
    last: list[float] = []
    async with embedded_server() as here:
        cases = Ours(await Client.connect(here.address, data_converter=data_converter))
        worker = await here.start_worker()
        try:
            waiting = await cases.open(scale.killed)
            for _ in range(scale.pairs):
                convicted, waiting = waiting[: scale.killed_signals], waiting[scale.killed_signals :]
                worker.kill()
                await worker.wait()
                await concurrently(cases.convict, convicted)
                worker = await here.start_worker()
                ready = time.perf_counter()
                ends: list[float] = []

                async def ended(number: int, ends: list[float] = ends) -> None:
                    await cases.client.get_workflow_handle(cases.case_id(number)).result()
                    ends.append(time.perf_counter())

                await concurrently(ended, convicted)
                first.append(min(ends) - ready)
                last.append(max(ends) - ready)
                waiting += await cases.open(scale.killed_signals)
        finally:
            with suppress(ProcessLookupError):
                await processes.stop(worker, worker_process.STOP_WITHIN)
    what = f"{scale.killed} waiting and {scale.killed_signals} convicted meanwhile"
    return [
        Row("killed", f"ready to the first outcome, {what}", first, "s here"),
        Row("killed", f"ready to the last outcome, {what}", last, "s here", at_most=2.5),
    ]
