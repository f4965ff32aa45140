"""A look-up that answers at once is part of its workflow task; one that does not is a pending activity."""

import asyncio
import logging
from collections.abc import Sequence

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.testing import WorkflowEnvironment

import activities.tries
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.booking import Subject
from conviction_gate.contracts.history import History
from conviction_gate.contracts.internal.activities import CHECK_HISTORY
from conviction_gate.contracts.names import CASE_STATUS
from conviction_gate.registry import Registry
from conviction_gate.sources import Sources
from tests.support.workflow_cases import booking, case_id, conviction, settled, start, view
from worker import make_worker


class Slow:
    """A source that answers only once it may."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()

    async def history(self, subjects: Sequence[Subject]) -> History:
        await self.may_answer.wait()
        return History()


async def test_a_case_is_21_events_and_3_workflow_tasks(
    server: WorkflowEnvironment, registry: Registry
) -> None:
    """With the status that our own commands start a case with; others cost one event more."""
    case, queue = case_id(), "booking-cases-events"
    async with make_worker(server.client, registry, Settings(), task_queue=queue):
        handle = await start(server.client, case, booking(case), task_queue=queue)
        while (await handle.describe()).typed_search_attributes.get(CASE_STATUS) != "waiting_for_court":
            await asyncio.sleep(0.02)  # a query would be a workflow task of its own
        await handle.signal("conviction", conviction())
        await handle.result()
    kinds = [event.event_type async for event in handle.fetch_history_events()]
    assert kinds.count(EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED) == 3
    assert kinds.count(EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED) == 1  # the write
    assert len(kinds) <= 22


async def test_a_slow_look_up_is_shown_as_pending_and_leaves_nothing_in_the_log(
    server: WorkflowEnvironment,
    registry: Registry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(activities.tries, "SECONDS", 0.2)
    case, queue, source = case_id(), "booking-cases-slow", Slow()
    with caplog.at_level(logging.WARNING):
        async with make_worker(server.client, registry, Settings(), Sources(source), task_queue=queue):
            handle = await start(server.client, case, booking(case), task_queue=queue)
            while not (pending := (await handle.describe()).raw_description.pending_activities):
                await asyncio.sleep(0.02)
            assert [activity.activity_type.name for activity in pending] == [CHECK_HISTORY]
            assert (await handle.describe()).typed_search_attributes.get(CASE_STATUS) == "checking_history"
            assert (await view(handle)).status == "checking_history"
            assert caplog.messages == []
            source.may_answer.set()
            await settled(handle, "waiting_for_court")
            await handle.signal("conviction", conviction())
            assert (await handle.result()).outcome == "flagged"
