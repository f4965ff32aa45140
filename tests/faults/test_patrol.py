"""What the server or an operator ends comes back, with all that it was sent."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import ActivityEnvironment

from conviction_gate.config.settings import Settings
from conviction_gate.contracts.internal.patrol import PATROL_ID, PatrolState
from conviction_gate.contracts.names import BOOKING_CASE, NEEDS_ATTENTION, TASK_QUEUE, CaseId
from conviction_gate.registry import Registry
from conviction_gate.restore.patrol import MAX_A_DAY, CasePatrol, schedule_patrol
from tests.support.own_server import own_server
from tests.support.patrolling import latest, rounds
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
    async with own_server() as client:
        yield client


@pytest.fixture(scope="module")
async def working(own: Client, registry: Registry) -> AsyncIterator[Client]:
    async with make_worker(own, registry, Settings()):
        yield own


async def waiting(client: Client) -> CaseId:
    case = case_id()
    await settled(await start(client, case, booking(case)), "waiting_for_court")
    return case


async def replace_by_another_start(client: Client, case: CaseId) -> None:
    """What a sender does who sets the conflict policy that ends an open case."""
    await client.start_workflow(
        BOOKING_CASE,
        None,
        id=str(case),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.TERMINATE_EXISTING,
    )


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


@pytest.mark.parametrize("how", ["reset", "anew"])
async def test_a_ruling_counts_again_and_so_does_its_order(
    how: str, working: Client, registry: Registry
) -> None:
    """A new run reads all at once; the ruling has to wait there for the question that it answered."""
    case = case_id()
    charges = [{"charge_id": n, "scheme": "CA-VC", "code": f"no-such-code-{n}"} for n in "12"]
    handle = await start(working, case, booking(case, charges=charges))
    await settled(handle, "needs_review")
    await handle.signal("review_decision", review_decision("r-1", "minor_traffic", charge_id="1"))
    while len((await settled(handle, "needs_review", messages=2)).questions) > 1:
        await asyncio.sleep(0.02)
    if how == "reset":
        await handle.terminate()
    else:
        await replace_by_another_start(working, case)
    await rounds(working, registry, case)
    seen = await settled(latest(working, case), "needs_review", messages=2)
    assert [question.charge_id for question in seen.questions] == ["2"]
    assert [message.message_id for message in seen.messages] == ["b-1", "r-1"]


async def test_a_case_that_was_replaced_by_another_start_has_all_its_messages(
    working: Client, registry: Registry
) -> None:
    case = await waiting(working)
    await latest(working, case).signal("conviction", conviction(charge_id="2"))
    await settled(latest(working, case), "waiting_for_court", messages=2)
    await replace_by_another_start(working, case)
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


@pytest.mark.timeout(300)
@pytest.mark.parametrize("count", [10, pytest.param(50, marks=pytest.mark.soak)])
async def test_cases_that_are_terminated_by_hand_under_signals_come_back_with_each_of_them_once(
    count: int, working: Client, registry: Registry
) -> None:
    """By the schedule, which is made once and goes round by itself."""
    cases = [await waiting(working) for _ in range(count)]
    sent_each = 20

    async def send(case: CaseId) -> None:
        for number in range(sent_each):
            while True:
                try:
                    await latest(working, case).signal("court_update", court_update(f"u-{number}"))
                    break
                except RPCError as error:
                    if error.status is not RPCStatusCode.NOT_FOUND:
                        raise  # otherwise the case is ended at the moment, and a sender tries again
                    await asyncio.sleep(0.1)

    async def terminate(case: CaseId) -> None:
        await settled(latest(working, case), "waiting_for_court", messages=3)
        await latest(working, case).terminate(reason="by hand")

    sending = [asyncio.create_task(send(case)) for case in cases]
    await asyncio.gather(*map(terminate, cases))
    await schedule_patrol(working)
    await schedule_patrol(working)
    await asyncio.gather(*sending)
    for case in cases:
        seen = await settled(latest(working, case), "waiting_for_court", messages=sent_each + 1)
        assert seen.messages_total == sent_each + 1
        ids = {message.message_id for message in seen.messages}
        assert ids == {"b-1", *(f"u-{number}" for number in range(sent_each))}
    assert (await working.get_schedule_handle(PATROL_ID).describe()).id == PATROL_ID
