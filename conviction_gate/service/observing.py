"""Who looks at a worker while it runs: probes over HTTP, and Prometheus."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from temporalio.client import Client
from temporalio.worker import Worker

from conviction_gate.config.settings import Settings
from conviction_gate.registry import Registry
from conviction_gate.service.health import Health, checks_of, serving
from conviction_gate.service.metrics import COUNTED_EVERY, Cases, Verdicts, every
from conviction_gate.service.shutdown import Ending
from conviction_gate.temporal.connect import core

LOOKED_EVERY: Final = 15.0
"""Seconds between two looks of a worker at itself, for Prometheus; a probe looks when it asks."""


@asynccontextmanager
async def observed(
    worker: Worker, client: Client, registry: Registry, settings: Settings, ending: Ending
) -> AsyncIterator[None]:
    """Answer and count where the settings say so, as long as the context lasts.

    Raises:
        SettingsError: nobody can listen at the address of `health`.
    """
    health = Health(checks_of(worker, client, registry), ending)
    looking: list[asyncio.Task[None]] = []
    if settings.metrics is not None:
        meter = core(settings.metrics).metric_meter
        cases, verdicts = Cases(client, meter, settings.docket_overdue_after), Verdicts(meter)

        async def look() -> None:
            verdicts.tell(await health.found())

        looking = [
            asyncio.create_task(every(COUNTED_EVERY, cases.count)),
            asyncio.create_task(every(LOOKED_EVERY, look)),
        ]
    try:
        async with serving(settings.health, health):
            yield
    finally:
        for task in looking:
            task.cancel()
        await asyncio.gather(*looking, return_exceptions=True)
