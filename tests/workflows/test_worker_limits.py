"""What the worker allows one workflow task."""

from temporalio.testing import WorkflowEnvironment

import worker
from conviction_gate.config.settings import Settings
from conviction_gate.registry import Registry


async def test_a_busy_machine_does_not_make_a_task_count_as_stuck(
    server: WorkflowEnvironment, registry: Registry
) -> None:
    """No option of the SDK sets this, so an upgrade could take it away without a word."""
    made = worker.make_worker(server.client, registry, Settings(), task_queue="booking-cases-limits")
    assert made._workflow_worker is not None
    assert made._workflow_worker._deadlock_timeout_seconds == worker.DEADLOCK_SECONDS
