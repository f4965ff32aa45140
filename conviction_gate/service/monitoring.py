"""What a worker shows of itself while it runs: health for probes, and metrics for Prometheus."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from temporalio.client import Client
from temporalio.worker import Worker

from conviction_gate.config.settings import Settings
from conviction_gate.registry import Registry
from conviction_gate.service.health import Health, serving, worker_checks
from conviction_gate.service.metrics import COUNT_EVERY, CaseGauges, HealthGauges, repeat
from conviction_gate.service.shutdown import GracefulShutdown
from conviction_gate.temporal.runtime import sdk_runtime
from conviction_gate.temporal.sandbox import activations

CHECK_EVERY: Final = 15.0
"""Seconds between two updates of the health gauges, beside those that probes cause."""


@asynccontextmanager
async def monitored(
    worker: Worker, client: Client, registry: Registry, settings: Settings, shutdown: GracefulShutdown
) -> AsyncIterator[Health]:
    """Serve health and metrics at the addresses of the settings, as long as the context lasts; the health.

    Raises:
        SettingsError: the process cannot listen at the address of `health`.
    """
    checks = worker_checks(worker, client, registry)
    updates: list[asyncio.Task[None]] = [asyncio.create_task(end_where_stuck(shutdown))]
    if settings.metrics is None:
        health = Health(checks, shutdown)
    else:
        meter = sdk_runtime(settings.metrics).metric_meter
        health = Health(checks, shutdown, HealthGauges(meter).update)
        cases = CaseGauges(client, meter, settings.docket_overdue_after)
        updates += [
            asyncio.create_task(repeat(COUNT_EVERY, cases.update)),
            asyncio.create_task(repeat(CHECK_EVERY, health.problems)),
        ]
    try:
        async with serving(settings.health, health):
            yield health
    finally:
        for task in updates:
            task.cancel()
        await asyncio.gather(*updates, return_exceptions=True)


async def end_where_stuck(shutdown: GracefulShutdown) -> None:
    """End the process once no workflow task of it ends any more: nobody may be asking `/livez`."""
    while (reason := activations.failure) is None:  # noqa: ASYNC110  that nothing happens is no event
        await asyncio.sleep(CHECK_EVERY)
    shutdown.end_stuck(reason)
