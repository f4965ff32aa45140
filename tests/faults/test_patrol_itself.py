"""The patrol comes through where a worker dies at its work, and where a run was ended at its beginning."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import ActivityEnvironment

import worker
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.internal.patrol import PatrolState
from conviction_gate.contracts.names import BOOKING_CASE
from conviction_gate.registry import Registry
from conviction_gate.restore import resending
from conviction_gate.restore.patrol import MAX_A_DAY, CasePatrol
from tests.support.own_server import own_server
from tests.support.patrolling import latest, rounds
from tests.support.workflow_cases import booking, case_id, conviction, court_update, finding, settled, start
from workflows.booking_case import BookingCase


@workflow.defn(name=BOOKING_CASE, sandboxed=False)
class ShortRuns(BookingCase):
    """A case that continues as new after three messages, where no worker polls."""

    @workflow.run
    async def run(self, *inputs: Any) -> Any:
        return await super().run(*inputs)

    @property
    def _is_long(self) -> bool:
        return self._inbox.delivered >= 3 and self._is_idle

    def _continue_as_new(self) -> Any:
        workflow.continue_as_new(self._state.bounded(), task_queue="nobody")


@pytest.fixture(scope="module")
async def own() -> AsyncIterator[Client]:
    async with own_server() as client:
        yield client


async def test_a_round_that_was_lost_with_its_worker_is_finished_by_the_next(
    own: Client, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run was reset without what came after its last task, and nothing of that was sent yet."""
    case = case_id()
    async with worker.make_worker(own, registry, Settings()):
        handle = await start(own, case, booking(case))
        await settled(handle, "waiting_for_court")
    await handle.signal("court_update", court_update("u-1"))
    await handle.terminate()

    async def dies(*_: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr("conviction_gate.restore.patrol.send_again", dies)
        patrol = CasePatrol(own, registry)
        while (await latest(own, case).describe()).status is not WorkflowExecutionStatus.RUNNING:
            assert (await ActivityEnvironment().run(patrol.round, PatrolState())).brought_back == ()
            await asyncio.sleep(0.1)
    state = await rounds(own, registry, case)
    async with worker.make_worker(own, registry, Settings()):
        seen = await settled(latest(own, case), "waiting_for_court", messages=2)
        assert [message.message_id for message in seen.messages] == ["b-1", "u-1"]
        again = await ActivityEnvironment().run(CasePatrol(own, registry).round, PatrolState())
        assert again.brought_back == ()
        assert len(state.brought_back) == 1


async def test_a_run_that_was_ended_at_its_beginning_is_continued_from_the_one_before(
    own: Client, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a run carries on is in no message, and the server may have forgotten where it came from."""
    case = case_id()
    with monkeypatch.context() as changed:
        changed.setattr(worker, "WORKFLOWS", [ShortRuns])
        async with worker.make_worker(own, registry, Settings()):
            handle = await start(own, case, booking(case))
            await settled(handle, "waiting_for_court")
            for number in range(3):
                await handle.signal("court_update", court_update(f"u-{number}"))
            while (await latest(own, case).describe()).run_id == handle.first_execution_run_id:
                await asyncio.sleep(0.05)
    await latest(own, case).signal("court_update", court_update("u-3"))
    await latest(own, case).terminate()
    await rounds(own, registry, case)
    async with worker.make_worker(own, registry, Settings()):
        seen = await settled(latest(own, case), "waiting_for_court", messages=5)
        assert [message.message_id for message in seen.messages] == ["b-1", "u-0", "u-1", "u-2", "u-3"]
        await latest(own, case).signal("conviction", conviction())
        assert (await latest(own, case).result())["outcome"] == "flagged"


async def test_what_comes_after_an_end_that_it_was_sent_counts_too(
    own: Client, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A conviction ends the case before the finding is sent again that the subject is a citizen."""
    case = case_id()
    async with worker.make_worker(own, registry, Settings()):
        handle = await start(own, case, booking(case))
        await settled(handle, "waiting_for_court")
    await handle.signal("conviction", conviction())
    await handle.signal("subject_finding", finding("f-1", "us_citizen"))
    await handle.terminate()
    sent_values = resending.sent_values

    async def after_the_end(client: Client, payloads: Any) -> Any:
        if b"us_citizen" in payloads[0].data:
            await latest(client, case).result()
        return await sent_values(client, payloads)

    monkeypatch.setattr(resending, "sent_values", after_the_end)
    async with worker.make_worker(own, registry, Settings()):
        await rounds(own, registry, case)
        while [flag.status for flag in await registry.flags() if flag.case_id == str(case)] != ["withdrawn"]:
            await asyncio.sleep(0.05)


async def test_a_case_that_is_ended_while_it_is_sent_its_messages_is_held_off(
    own: Client, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = case_id()
    async with worker.make_worker(own, registry, Settings()):
        await settled(await start(own, case, booking(case)), "waiting_for_court")
        await latest(own, case).terminate()

        async def ended_again(*_: Any) -> None:
            await latest(own, case).terminate()
            raise RPCError("workflow execution already completed", RPCStatusCode.NOT_FOUND, b"")

        with monkeypatch.context() as broken:
            broken.setattr("conviction_gate.restore.patrol.send_again", ended_again)
            state = await rounds(own, registry, case)
        assert state.held_off == (str(case),)
        assert [one.is_whole for one in state.brought_back if one.case_id == str(case)] == [False] * MAX_A_DAY
