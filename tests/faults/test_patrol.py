"""What the server or an operator ends comes back, with all that it was sent."""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment

from conviction_gate.config.settings import Settings
from conviction_gate.contracts.internal.patrol import PATROL_ID, PatrolState
from conviction_gate.contracts.names import BOOKING_CASE, NEEDS_ATTENTION, SEARCH_ATTRIBUTES, TASK_QUEUE, CaseId
from conviction_gate.encryption.converter import data_converter
from conviction_gate.registry import Registry
from conviction_gate.restore.patrol import MAX_A_DAY, CasePatrol, schedule_patrol
from tests.support.workflow_cases import (
    booking,
    case_id,
    conviction,
    court_update,
    review_decision,
    settled,
    start,
)
from worker import make_worker


@pytest.fixture(scope="module")
async def own() -> AsyncIterator[Client]:
    """A client of a server that no other test uses: a round looks at all cases."""
    async with await WorkflowEnvironment.start_local(
        data_converter=data_converter,
        search_attributes=list(SEARCH_ATTRIBUTES),
        dev_server_existing_path=str(Path(sys.executable).with_name("temporal")),
        dev_server_log_level="error",
    ) as server:
        yield server.client


@pytest.fixture(scope="module")
async def working(own: Client, registry: Registry) -> AsyncIterator[Client]:
    async with make_worker(own, registry, Settings()):
        yield own


async def rounds(
    client: Client, registry: Registry, case: CaseId, state: PatrolState | None = None
) -> PatrolState:
    """Go round until the case is brought back or held off: what a server lists is a moment behind."""
    state, patrol = state or PatrolState(), CasePatrol(client, registry)
    count = sum(one.case_id == str(case) for one in state.brought_back)
    while True:
        state = await ActivityEnvironment().run(patrol.round, state)
        if sum(one.case_id == str(case) for one in state.brought_back) > count or str(case) in state.held_off:
            return state
        await asyncio.sleep(0.1)


def latest(client: Client, case: CaseId) -> WorkflowHandle[Any, Any]:
    return client.get_workflow_handle(str(case))


async def waiting(client: Client) -> CaseId:
    case = case_id()
    await settled(await start(client, case, booking(case)), "waiting_for_court")
    return case


async def test_a_terminated_case_goes_on_with_what_came_before_and_needs_attention(
    working: Client, registry: Registry
) -> None:
    case = await waiting(working)
    handle = latest(working, case)
    for n in range(5):
        await handle.signal("court_update", court_update(f"u-{n}"))
    await handle.terminate(reason="by hand")
    await rounds(working, registry, case)
    seen = await settled(handle, "waiting_for_court", messages=6)
    assert (seen.messages_total, seen.needs_attention) == (6, True)
    assert "the server or an operator had ended this case" in seen.rejected[0].reason
    assert (await handle.describe()).typed_search_attributes.get(NEEDS_ATTENTION)
    await handle.signal("conviction", conviction())
    assert (await working.get_workflow_handle(str(case)).result())["outcome"] == "flagged"


async def test_a_ruling_survives(working: Client, registry: Registry) -> None:
    case = case_id()
    charges = [{"charge_id": n, "scheme": "CA-VC", "code": f"no-such-code-{n}"} for n in "12"]
    handle = await start(working, case, booking(case, charges=charges))
    await settled(handle, "needs_review")
    await handle.signal("review_decision", review_decision("r-1", "minor_traffic", charge_id="1"))
    while len((await settled(handle, "needs_review", messages=2)).questions) > 1:
        await asyncio.sleep(0.02)
    await handle.terminate()
    await rounds(working, registry, case)
    (asked,) = (await settled(latest(working, case), "needs_review", messages=2)).questions
    assert asked.charge_id == "2"


async def test_a_case_that_was_replaced_by_another_start_has_all_its_messages(
    working: Client, registry: Registry
) -> None:
    case = await waiting(working)
    await latest(working, case).signal("conviction", conviction(charge_id="2"))
    await settled(latest(working, case), "waiting_for_court", messages=2)
    await working.start_workflow(
        BOOKING_CASE,
        None,
        id=str(case),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.TERMINATE_EXISTING,
    )
    state = await rounds(working, registry, case)
    seen = await settled(latest(working, case), "waiting_for_court", messages=2)
    assert {message.message_id for message in seen.messages} == {"b-1", "c-1"}
    again = await ActivityEnvironment().run(CasePatrol(working, registry).round, state)
    assert len(again.brought_back) == len(state.brought_back)


@pytest.mark.parametrize("how", ["queue", "type", "delay", "timeout"])
async def test_a_start_that_no_worker_serves_is_repeated_as_it_should_have_been(
    how: str, working: Client, registry: Registry
) -> None:
    case = case_id()
    options: dict[str, Any] = {"id": str(case), "task_queue": "bookings" if how == "queue" else TASK_QUEUE}
    if how == "delay":
        options["start_delay"] = timedelta(days=900)
    if how == "timeout":
        options |= {"run_timeout": timedelta(seconds=1), "task_queue": "nobody"}
    kind = "BookingCas" if how == "type" else BOOKING_CASE
    handle = await working.start_workflow(kind, booking(case), **options)
    if how != "delay":  # a signal would end the delay
        await handle.signal("court_update", court_update("u-1"))
    await rounds(working, registry, case)
    seen = await settled(latest(working, case), "waiting_for_court", messages=1 if how == "delay" else 2)
    assert seen.needs_attention


async def test_a_case_that_keeps_dying_is_held_off(working: Client, registry: Registry) -> None:
    case, state = await waiting(working), PatrolState()
    for _ in range(MAX_A_DAY):
        await latest(working, case).terminate()
        state = await rounds(working, registry, case, state)
        assert state.held_off == ()
        await settled(latest(working, case), "waiting_for_court")
    await latest(working, case).terminate()
    state = await rounds(working, registry, case, state)
    assert state.held_off == (str(case),)
    assert (await latest(working, case).describe()).status is WorkflowExecutionStatus.TERMINATED


async def test_a_case_whose_end_is_on_record_stays_ended(working: Client, registry: Registry) -> None:
    case = await waiting(working)
    await latest(working, case).signal("conviction", conviction())
    await latest(working, case).result()
    again = await start(working, case, booking(case), forgotten=True, task_queue="nobody-polls")
    await again.terminate()
    other = await waiting(working)
    await latest(working, other).terminate()
    state = await rounds(working, registry, other)
    assert str(case) not in {one.case_id for one in state.brought_back}


async def test_the_schedule_is_made_once_and_goes_round(working: Client, registry: Registry) -> None:
    cases = [await waiting(working) for _ in range(10)]
    for number, case in enumerate(cases):
        await latest(working, case).signal("court_update", court_update(f"u-{number}"))
        await latest(working, case).terminate(reason="by hand")
    await schedule_patrol(working)
    await schedule_patrol(working)
    for case in cases:
        while (await latest(working, case).describe()).status is not WorkflowExecutionStatus.RUNNING:
            await asyncio.sleep(0.1)
        seen = await settled(latest(working, case), "waiting_for_court", messages=2)
        assert seen.messages_total == 2
    assert (await working.get_schedule_handle(PATROL_ID).describe()).id == PATROL_ID
