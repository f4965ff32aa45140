"""The worker as its settings make it."""

import sys
from datetime import timedelta
from importlib.metadata import version

import pytest
from temporalio.testing import WorkflowEnvironment

import worker
from conviction_gate.config.settings import Settings
from conviction_gate.registry import Registry
from conviction_gate.temporal.sandbox import sandbox
from tests.support.workflow_cases import booking, case_id, conviction, rejected, start
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
    assert made["deployment_config"] is None
    assert made["build_id"] == version("conviction-gate")


def what_modules_hold() -> dict[str, str]:
    """The values that a workflow's modules keep between one case and the next."""
    return {
        f"{name}.{held}": repr(value)
        for name, module in sys.modules.items()
        if name.partition(".")[0] == "workflows"
        for held, value in vars(module).items()
        if not held.startswith("__") and not callable(value)
    }


async def test_a_case_leaves_nothing_in_the_modules_that_cases_share(
    server: WorkflowEnvironment, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "sandboxed", sandbox("workflows"))
    before = what_modules_hold()
    async with make_worker(server.client, registry, Settings(), task_queue="passed-through"):
        case = case_id()
        handle = await start(server.client, case, booking(case), task_queue="passed-through")
        await handle.signal("conviction", {"charge_id": 7})
        await rejected(handle, 1)
        await handle.signal("conviction", conviction())
        assert (await handle.result()).outcome == "flagged"
    assert what_modules_hold() == before


async def test_the_sandbox_of_the_tests_imports_workflows_anew() -> None:
    assert "workflows" not in worker.sandboxed.restrictions.passthrough_modules
