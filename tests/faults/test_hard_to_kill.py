"""What a sender sends to end a case: the case ends as it must all the same, by itself, with all that fits."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from temporalio.api.common.v1 import Header, Payload, WorkflowExecution
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from conviction_gate.config.settings import Settings
from conviction_gate.contracts.case import CaseView
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.reading import MAX_MESSAGE_BYTES
from conviction_gate.registry import Registry
from tests.support.own_server import own_server
from tests.support.patrolling import going_round
from tests.support.workflow_cases import (
    booking,
    case_id,
    conviction,
    court_update,
    raw,
    settled,
    start,
    view,
)
from worker import make_worker

SCALE = 10
"""What the server's limits are divided by, and the messages, where the test is not the whole one."""
SMALLER = {
    "limit.historySize.error": 50 * 1024 * 1024 // SCALE,
    "limit.historySize.warn": 10 * 1024 * 1024 // SCALE,
    "limit.historySize.suggestContinueAsNew": 4 * 1024 * 1024 // SCALE,
    "history.maximumBufferedEventsSizeInBytes": 3 * 1024 * 1024 // SCALE,
    "system.transactionSizeLimit": 4 * 1024 * 1024 // SCALE,
}

pytestmark = pytest.mark.timeout(900)


async def with_header(client: Client, case: CaseId, message: dict[str, Any], size: int) -> None:
    """A signal with a header of so many bytes, which no limit counts."""
    await client.workflow_service.signal_workflow_execution(
        SignalWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=str(case)),
            signal_name="court_update",
            input={
                "payloads": [Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(message).encode())]
            },
            header=Header(fields={"x": Payload(data=bytes(size))}),
        )
    )


async def large(client: Client, case: CaseId, message: dict[str, Any], size: int) -> None:
    """A signal of so many bytes: nobody knows one of its fields, which is full of numbers."""
    text = json.dumps(message | {"x": [1] * (size // 3 - 60)}).encode()
    await client.get_workflow_handle(str(case)).signal("court_update", raw(text))


@pytest.mark.parametrize(
    ("send", "count", "size", "scale"),
    [
        (with_header, 14, 3_800_000, SCALE),
        pytest.param(with_header, 14, 3_800_000, 1, marks=pytest.mark.soak),
        pytest.param(large, 110, 500_000, 1, marks=pytest.mark.soak),
    ],
)
async def test_a_case_that_the_server_ends_for_its_size_comes_back(
    send: Any, count: int, size: int, scale: int, registry: Registry
) -> None:
    async with (
        own_server(SMALLER if scale > 1 else None) as client,
        make_worker(client, registry, Settings()),
        going_round(client, registry),
    ):
        case = case_id()
        await settled(await start(client, case, booking(case)), "waiting_for_court")
        answers = await asyncio.gather(
            *(send(client, case, court_update(f"u-{n}"), size // scale) for n in range(count)),
            return_exceptions=True,
        )
        for number, answer in enumerate(answers):
            if answer is not None:  # it came after the end
                await until_accepted(partial(send, client, case, court_update(f"u-{number}"), size // scale))
        taken = count if send is with_header or size // scale <= MAX_MESSAGE_BYTES else 0
        await until_ended(client, case)
        latest = client.get_workflow_handle(str(case))
        # One of those that are rejected says that the case came back.
        seen = await until_all_are_there(latest, messages=taken + 1, rejected=count - taken + 1)
        assert seen.messages_total == taken + 1
        await latest.signal("conviction", conviction())
        assert (await latest.result())["outcome"] == "flagged"


async def until_all_are_there(handle: WorkflowHandle[Any, Any], *, messages: int, rejected: int) -> CaseView:
    """The case once it has so many; a run whose last task the server broke off answers no query."""
    while True:
        try:
            seen = await view(handle)
        except RPCError as error:
            if error.status is not RPCStatusCode.FAILED_PRECONDITION:
                raise
        else:
            if seen.messages_total >= messages and seen.rejected_total >= rejected:
                return seen
        await asyncio.sleep(0.1)


async def until_ended(client: Client, case: CaseId) -> None:
    """Until the server has ended a run of the case."""
    query = f"WorkflowId = '{case}' AND ExecutionStatus = 'Terminated'"
    while not (await client.count_workflows(query)).count:
        await asyncio.sleep(0.1)


SEND_AGAIN = (RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.RESOURCE_EXHAUSTED)
"""The run was ended, is full, or is about to continue as a new one."""


async def until_accepted(send: Callable[[], Awaitable[None]]) -> None:
    """Send until the server accepts it, as a sender does."""
    while True:
        try:
            await send()
        except RPCError as error:
            if error.status not in SEND_AGAIN:
                raise
            await asyncio.sleep(0.2)
        else:
            return


@pytest.mark.parametrize(
    ("count", "limit"), [(2_400, 2_200), pytest.param(20_000, 10_000, marks=pytest.mark.soak)]
)
async def test_more_messages_than_one_run_takes_while_no_worker_is_up(
    count: int, limit: int, registry: Registry
) -> None:
    async with own_server({"history.maximumSignalsPerExecution": limit}) as client:
        case = case_id()
        handle = await start(client, case, booking(case))
        left = iter(range(count))
        refused = 0

        async def send() -> None:
            nonlocal refused
            for number in left:
                try:
                    await handle.signal("court_update", court_update(f"u-{number}"))
                except RPCError as error:
                    if "limit for signal events" not in error.message:
                        raise
                    refused += 1
                    late.append(number)

        late: list[int] = []
        await asyncio.gather(*(send() for _ in range(50)))
        assert refused == count - limit
        async with make_worker(client, registry, Settings()):
            for number in late:
                latest = client.get_workflow_handle(str(case))
                await until_accepted(partial(latest.signal, "court_update", court_update(f"u-{number}")))
            latest = client.get_workflow_handle(str(case))
            seen = await settled(latest, "waiting_for_court", messages=count + 1)
            assert (seen.messages_total, seen.rejected_total) == (count + 1, 0)
            await latest.signal("conviction", conviction())
            assert (await latest.result())["outcome"] == "flagged"


@pytest.mark.parametrize("count", [3_000, pytest.param(30_000, marks=pytest.mark.soak)])
async def test_a_sender_that_repeats_one_conviction_has_it_counted_once(count: int, registry: Registry) -> None:
    async with own_server() as client, make_worker(client, registry, Settings()):
        case = case_id()
        charges = [{"charge_id": n, "scheme": "CA-VC", "code": "12500(a)"} for n in "12"]
        await settled(await start(client, case, booking(case, charges=charges)), "waiting_for_court")
        latest = client.get_workflow_handle(str(case))
        left = iter(range(count))

        async def send() -> None:
            for _ in left:
                await until_accepted(partial(latest.signal, "conviction", conviction(severity="infraction")))

        await asyncio.gather(*(send() for _ in range(50)))
        seen = await settled(latest, "waiting_for_court", messages=2)
        assert (seen.messages_total, seen.rejected_total) == (2, 0)
        await latest.signal("conviction", conviction("c-2", charge_id="2"))
        assert (await latest.result())["outcome"] == "flagged"


async def copies(client: Client, case: CaseId, count: int) -> None:
    """The case's own booking again and again, with all texts of a real one."""
    text = json.dumps(booking(case) | {"x": "1" * 1_500}).encode()
    handle = client.get_workflow_handle(str(case))
    left = iter(range(count))

    async def send() -> None:
        for _ in left:
            await handle.signal("booking", raw(text))

    await asyncio.gather(*(send() for _ in range(20)))


async def large_ones(client: Client, case: CaseId, count: int) -> None:
    """Messages of 500 kB, which no case reads."""
    await asyncio.gather(*(large(client, case, court_update(f"u-{n}"), 500_000) for n in range(count)))


@pytest.mark.parametrize(
    ("flood", "count"),
    [(large_ones, 15), (copies, 700), pytest.param(copies, 7_000, marks=pytest.mark.soak)],
)
async def test_cases_that_are_flooded_while_no_worker_is_up_take_no_slot_from_others(
    flood: Callable[[Client, CaseId, int], Awaitable[None]], count: int, registry: Registry
) -> None:
    slots = 2
    async with own_server() as client:
        cases = [case_id() for _ in range(slots)]
        for case in cases:
            await start(client, case, booking(case))
            await flood(client, case, count)
        async with make_worker(client, registry, Settings(worker_workflow_tasks=slots)):
            other = case_id()
            await start(client, other, booking(other))
            for case in (other, *cases):
                latest = client.get_workflow_handle(str(case))
                await settled(latest, "waiting_for_court")
                await until_accepted(partial(latest.signal, "conviction", conviction()))
                assert (await latest.result())["outcome"] == "flagged"
