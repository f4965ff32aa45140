"""However much arrives at once: a task reads a bounded part of it, and nothing is decided meanwhile."""

import asyncio
import json
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from conviction_gate.config.settings import Settings
from conviction_gate.contracts.reading import MAX_MESSAGE_BYTES
from conviction_gate.registry import Registry
from tests.support.workflow_cases import (
    booking,
    case_id,
    conviction,
    court_update,
    finding,
    raw,
    rejected,
    review_decision,
    settled,
    start,
    submit,
    view,
)
from worker import make_worker
from workflows.inbox import MAX_BYTES_PER_TASK, MAX_MESSAGES_PER_TASK


def of_size(size: int, message: dict[str, Any]) -> bytes:
    """A message of so many bytes: nobody knows one of its fields, which is full of numbers."""
    text = json.dumps(message | {"x": []})
    return text.replace("[]", "[" + "1," * ((size - len(text) - 1) // 2) + "1]").encode().ljust(size)


async def pauses(handle: WorkflowHandle[Any, Any]) -> int:
    """How often a case left messages to its next task."""
    summaries = [
        event.user_metadata.summary.data
        async for event in handle.fetch_history_events()
        if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED
    ]
    return sum(b"messages to read" in summary for summary in summaries)


async def test_a_backlog_is_read_a_part_in_each_task_and_decided_on_as_a_whole(
    server: WorkflowEnvironment, registry: Registry
) -> None:
    """The conviction is in the first part; the finding that the subject is a citizen in the last."""
    case, queue = case_id(), "booking-cases-backlog"
    handle = await start(server.client, case, booking(case), task_queue=queue)
    await handle.signal("conviction", conviction())
    count = 2 * MAX_MESSAGES_PER_TASK
    await asyncio.gather(*(handle.signal("court_update", court_update(f"u-{n}")) for n in range(count)))
    await handle.signal("subject_finding", finding("f-1", "us_citizen"))
    async with make_worker(server.client, registry, Settings(), task_queue=queue):
        result = await handle.result()
        assert (result.outcome, result.rule) == ("cleared", "clear.us_citizen")
        seen = await view(handle)
    assert (seen.messages_total, seen.rejected_total, seen.flag_status) == (count + 3, 0, None)
    assert [message.message_id for message in seen.messages][-1] == "f-1"
    assert await pauses(handle) == 2


async def test_large_messages_are_read_a_few_in_each_task(
    server: WorkflowEnvironment, registry: Registry
) -> None:
    case, queue = case_id(), "booking-cases-large"
    size, count = MAX_BYTES_PER_TASK // 2, 7
    handle = await start(server.client, case, booking(case), task_queue=queue)
    for number in range(count):
        await handle.signal("court_update", raw(of_size(size, court_update(f"u-{number}"))))
    async with make_worker(server.client, registry, Settings(), task_queue=queue):
        seen = await settled(handle, "waiting_for_court", messages=count + 1)
        assert seen.rejected_total == 0
        assert await pauses(handle) == count // 2


async def test_the_largest_message_is_read_and_a_larger_one_is_not(client: Client) -> None:
    case = case_id()
    handle = await start(client, case, booking(case))
    await handle.signal("court_update", raw(of_size(MAX_MESSAGE_BYTES, court_update("u-1"))))
    await handle.signal("court_update", raw(of_size(MAX_MESSAGE_BYTES + 1, court_update("u-2"))))
    await handle.signal("court_update", raw(b"{" * (MAX_MESSAGE_BYTES + 1)))
    seen = await rejected(handle, 2)
    assert [message.message_id for message in seen.messages] == ["b-1", "u-1"]
    for kept in seen.rejected:
        assert "the payload is too large: 300001 bytes" in kept.reason
        assert len(kept.payload) == 500


async def test_a_start_with_more_than_a_message_can_have_opens_the_case(client: Client) -> None:
    case = case_id()
    handle = await start(client, case, raw(of_size(MAX_MESSAGE_BYTES + 1, booking(case))))
    seen = await rejected(handle, 1)
    assert (seen.status, "too large" in seen.rejected[0].reason) == ("awaiting_booking", True)
    await handle.signal("booking", booking(case))
    await settled(handle, "waiting_for_court")


async def test_charges_by_the_hundred_thousand_cost_no_more_than_they_have_bytes(
    server: WorkflowEnvironment, registry: Registry
) -> None:
    """Each such message took a second of the two that a workflow task has."""
    case, queue = case_id(), "booking-cases-charges"
    handle = await start(server.client, case, booking(case), task_queue=queue)
    many = json.dumps(booking(case, message_id="b-2") | {"charges": [{}] * 70_000}).encode()
    for _ in range(4):
        await handle.signal("booking", raw(many))
    async with make_worker(server.client, registry, Settings(), task_queue=queue):
        seen = await rejected(handle, 4)
    assert {kept.reason for kept in seen.rejected} == {"charges: more than 100 of them; send fewer"}


async def test_rulings_count_for_more_since_each_asks_the_rules(
    server: WorkflowEnvironment, registry: Registry
) -> None:
    case, queue = case_id(), "booking-cases-many-rulings"
    charges = [{"charge_id": str(n), "scheme": "CA-VC", "code": f"99{n:03d}"} for n in range(25)]
    handle = await start(server.client, case, booking(case, charges=charges), task_queue=queue)
    for number in range(MAX_MESSAGES_PER_TASK // 4 + 1):
        ruling = review_decision(f"r-{number}", "minor_traffic", charge_id=str(number % 25))
        await handle.signal("review_decision", ruling)
    async with make_worker(server.client, registry, Settings(), task_queue=queue):
        await settled(handle, "needs_review", messages=52)
        assert await pauses(handle) == 1


async def test_an_update_is_answered_in_the_middle_of_a_backlog(
    server: WorkflowEnvironment, registry: Registry
) -> None:
    case, queue = case_id(), "booking-cases-answered"
    handle = await start(server.client, case, booking(case), task_queue=queue)
    count = MAX_MESSAGES_PER_TASK + 50
    await asyncio.gather(*(handle.signal("court_update", court_update(f"u-{n}")) for n in range(count)))
    async with make_worker(server.client, registry, Settings(), task_queue=queue):
        answer = await submit(handle, {"type": "court_update", **court_update("u-late")})
        assert (answer.accepted, answer.duplicate) == (True, False)
        assert (await settled(handle, "waiting_for_court", messages=count + 2)).rejected_total == 0


@pytest.mark.parametrize("count", [30, pytest.param(200, marks=pytest.mark.soak)])
async def test_many_updates_at_once_are_answered_or_refused_by_the_server(count: int, client: Client) -> None:
    case = case_id()
    handle = await start(client, case, booking(case))
    await settled(handle, "waiting_for_court")
    updates = ({"type": "court_update", **court_update(f"u-{n}")} for n in range(count))
    answers = await asyncio.gather(*(submit(handle, update) for update in updates), return_exceptions=True)
    taken = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert taken
    assert all(isinstance(answer, RPCError) for answer in answers if isinstance(answer, BaseException))
    assert (await view(handle)).messages_total == 1 + len(taken)
    await handle.signal("conviction", conviction())
    assert (await handle.result()).outcome == "flagged"
