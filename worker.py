"""The worker: settings, client, Worker, and polling until SIGTERM."""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Sequence
from importlib.metadata import version
from typing import Any

from temporalio.client import Client, Interceptor
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import Worker, WorkerDeploymentConfig

from activities import LookUps, Outcomes
from conviction_gate.config.catalogs import read_catalogs
from conviction_gate.config.settings import Settings, SettingsError
from conviction_gate.contracts.names import TASK_QUEUE
from conviction_gate.policy.catalog import Catalog
from conviction_gate.registry import Registry, RegistryError
from conviction_gate.restore.patrol import CasePatrol, schedule_patrol
from conviction_gate.service import logs, traces
from conviction_gate.service.monitoring import monitored
from conviction_gate.service.shutdown import GracefulShutdown, WorkerFailed, exit_process
from conviction_gate.sources import Sources, open_sources
from conviction_gate.sources.http import ServiceError
from conviction_gate.temporal import search_attributes
from conviction_gate.temporal.connect import ConnectError, connect
from conviction_gate.temporal.sandbox import sandbox
from conviction_gate.temporal.search_attributes import SetupError
from conviction_gate.temporal.worker_identity import worker_identity
from workflows import WORKFLOWS

# A module that is not passed through the sandbox is imported again for each case that comes into memory, which
# is most of the cost of loading a case. The tests run the workflows that way, which proves that they use no
# clock and no randomness; so here they are imported once.
sandboxed = sandbox("workflows")

DEADLOCK_SECONDS = 30
"""Seconds after which a workflow task counts as stuck; the SDK's two are too few where other processes take the
CPU: 9,000 signals at once took one second of CPU, and three in all."""


def make_worker(
    client: Client,
    registry: Registry,
    settings: Settings,
    sources: Sources | None = None,
    catalog_of: Callable[[str], Catalog] | None = None,
    *,
    task_queue: str = TASK_QUEUE,
    on_failure: Callable[[BaseException], Awaitable[None]] | None = None,
) -> Worker:
    """The worker of all workflows and activities.

    `sources`: those to use instead of the registry's tables. `catalog_of`: from an ORI to its catalog; by
    default the files that the settings name are read. `on_failure`: called where the SDK gives up polling.
    """
    look_ups = LookUps(
        registry,
        sources or Sources(),
        settings.intervals_of,
        catalog_of or read_catalogs(settings),
        settings.permits,
    )
    outcomes = Outcomes(registry, look_ups, settings.permits)
    worker = Worker(
        client,
        task_queue=task_queue,
        workflows=WORKFLOWS,
        activities=[
            look_ups.case_intervals,
            look_ups.check_history,
            look_ups.recall_case,
            look_ups.classify_charge,
            look_ups.check_docket,
            look_ups.permit_rulings,
            outcomes.flag_case,
            outcomes.clear_case,
            outcomes.withdraw_flag,
            outcomes.correct_flag,
            CasePatrol(client, registry).round,
        ],
        workflow_runner=sandboxed,
        max_cached_workflows=settings.worker_cache,
        max_concurrent_workflow_task_polls=settings.worker_pollers,
        max_concurrent_activity_task_polls=settings.worker_pollers,
        max_concurrent_workflow_tasks=settings.worker_workflow_tasks,
        max_concurrent_activities=settings.worker_activities,
        sticky_queue_schedule_to_start_timeout=settings.worker_sticky_for,
        graceful_shutdown_timeout=settings.worker_grace,
        on_fatal_error=on_failure,
        **_build(settings),
        # A submit of 2 MB would otherwise fail the task again and again; so its sender gets an error.
        disable_payload_error_limit=True,
    )
    # No option sets it, and a run that exceeds it keeps its slot until the worker ends.
    if worker._workflow_worker is not None and worker._workflow_worker._deadlock_timeout_seconds is not None:
        worker._workflow_worker._deadlock_timeout_seconds = DEADLOCK_SECONDS
    return worker


def _build(settings: Settings) -> dict[str, Any]:
    """The worker's deployment and build. A case moves to whichever build is current, since it outlives them
    all. An unversioned worker has the number of its release: the SDK would hash all code for a fifth of a
    second, and write 32 characters into 12 events of each case."""
    if settings.worker_deployment is None or settings.worker_build is None:
        return {"build_id": version("conviction-gate")}
    return {
        "deployment_config": WorkerDeploymentConfig(
            version=WorkerDeploymentVersion(settings.worker_deployment, settings.worker_build),
            use_worker_versioning=True,
            default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
        )
    }


async def run(settings: Settings, interceptors: Sequence[Interceptor] = ()) -> None:
    """Poll until SIGTERM or SIGINT, then finish the tasks that are being done."""
    shutdown = GracefulShutdown(settings.worker_grace)
    shutdown.on_signals()
    catalog_of = read_catalogs(settings)
    client = await connect(
        settings, metrics=settings.metrics, interceptors=interceptors, identity=worker_identity(settings)
    )
    await search_attributes.check(client)
    if settings.patrol == "on":
        await schedule_patrol(client)
    registry = await Registry.open(settings.registry)
    try:
        async with open_sources(settings.history, settings.docket) as sources:
            worker = make_worker(
                client, registry, settings, sources, catalog_of, on_failure=shutdown.on_failure
            )
            async with monitored(worker, client, registry, settings, shutdown) as health:
                ready_line = f"worker ready: polling {TASK_QUEUE} in {client.namespace}"
                await shutdown.run(worker, health.until_ready, ready_line)
    finally:
        await registry.close()


def main() -> int:
    """The exit code: 0 after SIGTERM or SIGINT; 1, with one line on stderr, where it cannot start or failed."""
    try:
        settings = Settings()
        logs.configure(settings.log)
        with traces.tracing(settings.traces) as interceptors:
            asyncio.run(run(settings, interceptors))
    except (ConnectError, RegistryError, ServiceError, SetupError, SettingsError, WorkerFailed) as error:
        print(f"worker: {error}", file=sys.stderr)
        return 1
    except Exception as error:  # its text may hold personal data
        logging.getLogger("worker").critical("unexpected error", exc_info=True)
        print(
            f"worker: unexpected {type(error).__name__}; see the log for where, and report it", file=sys.stderr
        )
        return 1
    return 0


if __name__ == "__main__":
    exit_process(main())
