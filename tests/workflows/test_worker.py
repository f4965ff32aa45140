"""The worker as its settings make it."""

from datetime import timedelta

from temporalio.testing import WorkflowEnvironment

from registry import Registry
from runtime.settings import Settings
from worker import make_worker


async def test_its_settings_reach_it(server: WorkflowEnvironment, registry: Registry) -> None:
    settings = Settings(
        worker_cache=7,
        worker_pollers=3,
        worker_workflow_tasks=11,
        worker_activities=13,
        worker_sticky_for=timedelta(seconds=4),
    )
    made = make_worker(server.client, registry, settings, task_queue="never-polled").config(active_config=True)
    assert made["max_cached_workflows"] == 7
    assert made["max_concurrent_workflow_task_polls"] == 3
    assert made["max_concurrent_activity_task_polls"] == 3
    assert made["max_concurrent_workflow_tasks"] == 11
    assert made["max_concurrent_activities"] == 13
    assert made["sticky_queue_schedule_to_start_timeout"] == timedelta(seconds=4)
