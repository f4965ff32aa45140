"""A worker killed with `kill -9`, and signals that come before the next one is there."""

import time
from contextlib import suppress

from temporalio.client import Client

from bench.cases import Ours, at_once
from bench.house import house
from bench.rows import Row
from bench.scale import Scale
from conviction_gate.devserver import children
from conviction_gate.encryption.converter import data_converter


async def measure(scale: Scale) -> list[Row]:
    """Seconds from the new worker's ready line until all that were told have ended, death by death."""
    first: list[float] = []
    last: list[float] = []
    async with house() as here:
        cases = Ours(await Client.connect(here.address, data_converter=data_converter))
        worker = await here.start_worker()
        try:
            waiting = await cases.open(scale.killed)
            for _ in range(scale.pairs):
                told, waiting = waiting[: scale.killed_signals], waiting[scale.killed_signals :]
                worker.kill()
                await worker.wait()
                await at_once(cases.convict, told)
                worker = await here.start_worker()
                ready = time.perf_counter()
                ends: list[float] = []

                async def ended(number: int, ends: list[float] = ends) -> None:
                    await cases.client.get_workflow_handle(cases.case_id(number)).result()
                    ends.append(time.perf_counter())

                await at_once(ended, told)
                first.append(min(ends) - ready)
                last.append(max(ends) - ready)
                waiting += await cases.open(scale.killed_signals)
        finally:
            with suppress(ProcessLookupError):
                await children.stop(worker, children.WORKER_GRACE)
    what = f"{scale.killed} waiting and {scale.killed_signals} told meanwhile"
    return [
        Row("killed", f"ready to the first outcome, {what}", first, "s here"),
        Row("killed", f"ready to the last outcome, {what}", last, "s here", at_most=5),
    ]
