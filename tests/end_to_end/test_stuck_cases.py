"""Cases that a wrong worker got stuck: they are seen, and brought on as docs/changing-workflows.md tells."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
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
from conviction_gate.client.diagnostics import Diagnostics, Finding
from conviction_gate.client.runs import describe
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.names import BOOKING_CASE, TASK_QUEUE
from conviction_gate.devserver.embedded import embedded
from conviction_gate.encryption.converter import data_converter
from conviction_gate.policy import Decision
from conviction_gate.registry import Registry
from conviction_gate.service.metrics import STUCK
from tests.end_to_end.conftest import Instance
from tests.end_to_end.pages import Page
from tests.end_to_end.test_client import a_booking, a_conviction
from workflows.booking_case import BookingCase

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


@workflow.defn(name=BOOKING_CASE, sandboxed=False)
class PonderingCase(BookingCase):
    """A case that takes a step more after each message, without `workflow.patched`."""

    @workflow.run
    async def run(self, *inputs: Any) -> Any:
        return await super().run(*inputs)

    async def _wait_for_next_fact(self, decision: Decision) -> None:
        if self._state.messages_total > 1:
            self._pondering = asyncio.create_task(asyncio.sleep(3_600))
        await super()._wait_for_next_fact(decision)


class Cases:
    """Some that wait for the court, on a server and a registry of the test's own."""

    def __init__(self, client: Client, registry: Registry, instance: Instance) -> None:
        self._client, self._registry, self._house = client, registry, instance

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

    async def told(self, message_id: str, *numbers: str) -> None:
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

    async def stuck(self, *numbers: str) -> Finding:
        """Wait until `doctor` finds exactly these stuck; what it says."""
        named = {self.id_of(number) for number in numbers}
        while True:  # visibility follows after a moment
            found = {run.id async for run in self._client.list_workflows(STUCK)}
            if found == named:
                async with Diagnostics(Settings()) as checks:
                    return (await checks.findings())["stuck cases"]
            await asyncio.sleep(0.1)

    async def convicted(self, *numbers: str) -> None:
        """All that was told stands, and the case ends as ever, once."""
        for number in numbers:
            handle = self._client.get_workflow_handle(self.id_of(number))
            await handle.signal("conviction", a_conviction(number))
            assert (await handle.result())["outcome"] == "flagged"
        flags = Counter(flag.case_id for flag in await self._registry.flags())
        assert all(flags[self.id_of(number)] == 1 for number in numbers)

    async def current(self, build: str) -> None:
        """Make it the build that all cases go on with."""
        named = ("--deployment-name", "conviction-gate", "--build-id", build, "--yes")
        while "Success" not in await self._house.run(
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


@pytest.fixture
async def cases(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cases]:
    for name, value in instance.environment.items():
        monkeypatch.setenv(name, value)
    async with embedded(data=instance.data, port=instance.port, ui_port=instance.ui_port, worker=False):
        client = await Client.connect(f"127.0.0.1:{instance.port}", data_converter=data_converter)
        async with await Registry.open(Settings().registry) as registry:
            yield Cases(client, registry, instance)


async def test_a_case_that_a_wrong_worker_took_no_step_with_goes_on_with_one_that_fits(cases: Cases) -> None:
    numbers = [f"S-{number}" for number in range(4)]
    async with cases.worker():
        await cases.opened(*numbers)
    async with cases.wrong_worker(HastyCase):
        await cases.told("u-1", *numbers)
        told = await cases.stuck(*numbers)
        assert (told.level, told.found) == (
            "fail",
            "4 cannot continue, their workflow tasks keep failing: "
            + ", ".join(sorted(run for run in map(cases.id_of, numbers) if run in told.found))
            + " and more",
        )
        assert "docs/changing-workflows.md" in (told.next or "")
    async with cases.worker():
        assert await cases.stuck() == Finding("ok", "none")
        await cases.until(2, *numbers)
        await cases.convicted(*numbers)


async def test_a_case_that_a_wrong_worker_took_a_step_with_is_reset(cases: Cases, instance: Instance) -> None:
    page = Page("changing-workflows.md", instance, "When a case is stuck")
    fits, wrong = "0.1.0", "0.2.0"
    async with cases.worker(fits), cases.wrong_worker(PonderingCase, wrong):
        await cases.current(fits)
        await cases.opened("S-1", "S-2")
        await cases.current(wrong)
        await cases.told("u-1", "S-1", "S-2")
        await cases.until(2, "S-1", "S-2")
        await cases.current(fits)
        await cases.told("u-2", "S-1", "S-2")
        assert cases.id_of("S-1") in (await cases.stuck("S-1", "S-2")).found
        assert "S-2" in await page.run("workflow list")
        await page.run("--type LastWorkflowTask")
        await cases.stuck()
        await cases.until(3, "S-1", "S-2")

        await cases.opened("S-3", "S-4", "S-5")
        await cases.current(wrong)
        for message, count in (("u-1", 2), ("u-2", 3)):
            await cases.told(message, "S-3", "S-4", "S-5")
            await cases.until(count, "S-3", "S-4", "S-5")
        await cases.current(fits)
        await cases.told("u-3", "S-3", "S-4", "S-5")
        await cases.stuck("S-3", "S-4", "S-5")
        case, step = cases.id_of("S-3"), await cases.first_step(wrong, "S-3")
        assert f"{step} " in await page.run("workflow show", workflow_id=case)
        await page.run("--event-id", workflow_id=case, event_id=step)
        await cases.stuck("S-4", "S-5")
        await cases.until(4, "S-3")
        await page.run("--type BuildId")
        await cases.stuck()
        await cases.until(4, "S-4", "S-5")
        await cases.convicted("S-1", "S-2", "S-3", "S-4", "S-5")
    assert not page.left
