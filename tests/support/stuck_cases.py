"""Cases on a server of the test's own that a wrong worker gets stuck."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.common import RawValue
from temporalio.worker import Worker

import worker
from conviction_gate.client.check_results import CheckResult
from conviction_gate.client.diagnostics import Diagnostics
from conviction_gate.client.runs import describe
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.names import BOOKING_CASE, TASK_QUEUE
from conviction_gate.registry import Registry
from conviction_gate.temporal.queries import STUCK
from tests.support.instance import Instance
from tests.support.sent_messages import a_booking, a_conviction

AGENCY = "CAZZ00515"


@workflow.defn(name=BOOKING_CASE, sandboxed=False)
class HastyCase:
    """A case that ends at once: what no history of a booking looks like."""

    @workflow.run
    async def run(self, *inputs: Any) -> str:
        return "nothing was looked up"

    @workflow.signal(dynamic=True)
    def any_signal(self, name: str, payloads: Sequence[RawValue]) -> None:
        """Takes every signal, so that only the commands differ."""


class Cases:
    """Some that wait for the court, on a server and a registry of the test's own."""

    def __init__(self, client: Client, registry: Registry, instance: Instance) -> None:
        self._client, self._registry, self._instance = client, registry, instance

    def worker(self, build: str | None = None) -> Worker:
        settings = Settings(worker_deployment="conviction-gate", worker_build=build) if build else Settings()
        return worker.make_worker(self._client, self._registry, settings)

    def wrong_worker(self, workflow: type, build: str | None = None) -> Worker:
        """One whose cases are of this class."""
        with pytest.MonkeyPatch.context() as changed:
            changed.setattr(worker, "WORKFLOWS", [workflow])
            return self.worker(build)

    async def is_known(self, case: str) -> bool:
        """Whether the server knows a case of this id."""
        return await describe(self._client, case) is not None

    async def opened(self, *numbers: str) -> None:
        for number in numbers:
            await self._client.start_workflow(
                BOOKING_CASE,
                a_booking(number, agency=AGENCY),
                id=self.id_of(number),
                task_queue=TASK_QUEUE,
                task_timeout=timedelta(seconds=1),  # the server tries a failed task again after it
            )
        await self.until(1, *numbers)

    async def update(self, message_id: str, *numbers: str) -> None:
        update = {
            "message_id": message_id,
            "charge_id": "1",
            "occurred_on": "2012-09-03",
            "entry": "continuance",
        }
        for number in numbers:
            await self._client.get_workflow_handle(self.id_of(number)).signal("court_update", update)

    async def until(self, messages: int, *numbers: str) -> None:
        """Until each waits for the court and has taken so many messages."""
        for number in numbers:
            handle = self._client.get_workflow_handle(self.id_of(number))
            expected = ("waiting_for_court", messages)
            while True:
                seen = await handle.query("case")
                if (seen["status"], seen["messages_total"]) == expected:
                    break
                await asyncio.sleep(0.1)

    async def stuck(self, *numbers: str) -> CheckResult:
        """Wait until `doctor` finds exactly these stuck; what it says."""
        named = {self.id_of(number) for number in numbers}
        while True:  # visibility follows after a moment
            found = {run.id async for run in self._client.list_workflows(STUCK)}
            if found == named:
                async with Diagnostics(Settings()) as checks:
                    return (await checks.results())["stuck cases"]
            await asyncio.sleep(0.1)

    async def that_need_attention(self) -> set[str]:
        """What `list --attention` names."""
        listed = json.loads(await self._instance.gate("list", "--attention", "--json"))
        return {row["case_id"] for row in listed if row["needs_attention"]}

    async def convicted(self, *numbers: str) -> None:
        """All that was sent counts, and the case ends as ever, once."""
        for number in numbers:
            handle = self._client.get_workflow_handle(self.id_of(number))
            await handle.signal("conviction", a_conviction(number))
            assert (await handle.result())["outcome"] == "flagged"
        flags = Counter(flag.case_id for flag in await self._registry.flags())
        assert all(flags[self.id_of(number)] == 1 for number in numbers)

    async def current(self, build: str) -> None:
        """Make it the build that all cases go on with."""
        named = ("--deployment-name", "conviction-gate", "--build-id", build, "--yes")
        while "Success" not in await self._instance.run(
            *("temporal", "worker", "deployment", "set-current-version", *named), code=None
        ):
            await asyncio.sleep(0.2)  # it was not listed yet
        while await self._served() != build:  # the task queue follows after a moment
            await asyncio.sleep(0.05)

    async def _served(self) -> str:
        """The build that the task queue gives the cases to."""
        queue = await self._client.workflow_service.describe_task_queue(
            DescribeTaskQueueRequest(
                namespace=self._client.namespace,
                task_queue=TaskQueue(name=TASK_QUEUE),
                task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
            )
        )
        return queue.versioning_info.current_deployment_version.build_id

    async def first_step(self, build: str, number: str) -> str:
        """The event with which this build took its first step with a case."""
        async for event in self._client.get_workflow_handle(self.id_of(number)).fetch_history_events():
            if event.workflow_task_completed_event_attributes.deployment_version.build_id == build:
                return str(event.event_id)
        raise AssertionError(f"{build} took no step with {number}")

    @staticmethod
    def id_of(number: str) -> str:
        return f"booking-case:{AGENCY}:{number}"
