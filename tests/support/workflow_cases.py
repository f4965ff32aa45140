"""Driving a case on a time-skipping server as senders do: by start, signal, update and query."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowHandle
from temporalio.common import RawValue, WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from conviction_gate.config.settings import Settings
from conviction_gate.contracts.case import CaseResult, CaseView, CorrectionResult, SubmitAnswer
from conviction_gate.contracts.names import (
    BOOKING_CASE,
    FLAG_CORRECTION,
    QUERY,
    TASK_QUEUE,
    UPDATE,
    CaseId,
)
from conviction_gate.registry import Registry
from worker import make_worker


def case_id() -> CaseId:
    """A case of its own for each test."""
    return CaseId("ZZ0000100", f"T-{uuid4().hex[:12]}")


def booking(case: CaseId, **changed: Any) -> dict[str, Any]:
    """A booking for driving without a license, which is minor traffic in California."""
    return {
        "message_id": "b-1",
        "agency": case.agency,
        "tracking_number": case.tracking_number,
        "booking_number": "B-1",
        "booked_at": "2012-05-14T08:00:00+00:00",
        "subject": {"fbi_number": f"F{case.tracking_number}"},
        "charges": [{"charge_id": "1", "scheme": "CA-VC", "code": "12500(a)", "severity": "misdemeanor"}],
    } | changed


def conviction(message_id: str = "c-1", **changed: Any) -> dict[str, Any]:
    return {
        "message_id": message_id,
        "charge_id": "1",
        "decided_on": "2013-07-15",
        "severity": "misdemeanor",
    } | changed


def dismissal(message_id: str = "d-1", **changed: Any) -> dict[str, Any]:
    return {
        "message_id": message_id,
        "charge_id": "1",
        "decided_on": "2013-07-15",
        "disposition": "dismissed",
    } | changed


def court_update(message_id: str, entry: str = "continuance", **changed: Any) -> dict[str, Any]:
    return {"message_id": message_id, "charge_id": "1", "occurred_on": "2012-09-03", "entry": entry} | changed


def correction(message_id: str, corrects: str, **changed: Any) -> dict[str, Any]:
    return {
        "message_id": message_id,
        "corrects": corrects,
        "ground": "clerical_error",
        "corrected_on": "2014-01-09",
    } | changed


def finding(message_id: str, word: str, **changed: Any) -> dict[str, Any]:
    return {"message_id": message_id, "finding": word, "found_on": "2013-01-09", "source": "desk"} | changed


def amendment(message_id: str, filed_on: str, **charge: Any) -> dict[str, Any]:
    filed = {"charge_id": "1", "scheme": "CA-VC", "code": "12500(a)"} | charge
    return {"message_id": message_id, "filed_on": filed_on, "charge": filed}


def review_decision(message_id: str, ruling: str, **changed: Any) -> dict[str, Any]:
    return {
        "message_id": message_id,
        "ruling": ruling,
        "reviewer": "r-7",
        "reason": "read the docket",
        "decided_on": "2014-02-03",
    } | changed


def raw(data: bytes, encoding: str = "json/plain") -> RawValue:
    """A payload as any sender may write it."""
    return RawValue(Payload(metadata={"encoding": encoding.encode()}, data=data))


@asynccontextmanager
async def working(client: Client, registry: Registry, **settings: Any) -> AsyncIterator[None]:
    """The real worker, with the real activities, on a registry of the test's own."""
    async with make_worker(client, registry, Settings(**settings)):
        yield


async def start(
    client: Client, case: CaseId, *inputs: Any, task_queue: str = TASK_QUEUE, forgotten: bool = False
) -> WorkflowHandle[Any, CaseResult]:
    """Start a case as a booking's sender does; one that is `forgotten` as after the retention."""
    known, unknown = WorkflowIDReusePolicy.REJECT_DUPLICATE, WorkflowIDReusePolicy.ALLOW_DUPLICATE
    handle: WorkflowHandle[Any, CaseResult] = await client.start_workflow(
        BOOKING_CASE,
        args=list(inputs),
        id=str(case),
        task_queue=task_queue,
        id_reuse_policy=unknown if forgotten else known,
        id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
        result_type=CaseResult,
    )
    return handle


async def open_by_signal(
    client: Client,
    case: CaseId,
    name: str,
    message: dict[str, Any],
    *,
    input: Any = None,
    task_queue: str = TASK_QUEUE,
    forgotten: bool = False,
) -> WorkflowHandle[Any, CaseResult]:
    """Signal a case and open it where it is not open, as a court's sender does."""
    known, unknown = WorkflowIDReusePolicy.REJECT_DUPLICATE, WorkflowIDReusePolicy.ALLOW_DUPLICATE
    handle: WorkflowHandle[Any, CaseResult] = await client.start_workflow(
        BOOKING_CASE,
        input,
        id=str(case),
        task_queue=task_queue,
        start_signal=name,
        start_signal_args=[message],
        id_reuse_policy=unknown if forgotten else known,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        result_type=CaseResult,
    )
    return handle


async def correct(
    client: Client,
    case: CaseId | None,
    *inputs: Any,
    message_id: str = "k-1",
    task_queue: str = TASK_QUEUE,
) -> CorrectionResult:
    """What came after the end: the outcome of a `FlagCorrection`."""
    addressed = case or case_id()
    named = {"agency": addressed.agency, "tracking_number": addressed.tracking_number}
    given = [named | value if case and isinstance(value, dict) else value for value in inputs]
    handle: WorkflowHandle[Any, CorrectionResult] = await client.start_workflow(
        FLAG_CORRECTION,
        args=given,
        id=addressed.correction_id(message_id),
        task_queue=task_queue,
        result_type=CorrectionResult,
    )
    return await handle.result()


async def submit(handle: WorkflowHandle[Any, Any], *payloads: Any) -> SubmitAnswer:
    answer: SubmitAnswer = await handle.execute_update(UPDATE, args=list(payloads), result_type=SubmitAnswer)
    return answer


async def view(handle: WorkflowHandle[Any, Any]) -> CaseView:
    seen: CaseView = await handle.query(QUERY, result_type=CaseView)
    return seen


async def settled(handle: WorkflowHandle[Any, Any], status: str, *, messages: int = 0) -> CaseView:
    """The case once it has this status and this many messages; the test's time-out is the limit."""
    while True:
        seen = await view(handle)
        if seen.status == status and seen.messages_total >= messages:
            return seen
        await asyncio.sleep(0.02)


async def rejected(handle: WorkflowHandle[Any, Any], count: int) -> CaseView:
    """The case once it has rejected this many messages."""
    while (seen := await view(handle)).rejected_total < count:
        await asyncio.sleep(0.02)
    return seen


def as_json(value: Any) -> str:
    return json.dumps(value)


async def runs(client: Client, case: CaseId) -> int:
    """Runs of a case so far: the chain of its last."""
    handle, count = client.get_workflow_handle(str(case)), 1
    first = (await handle.fetch_history()).events[0].workflow_execution_started_event_attributes
    while first.continued_execution_run_id:
        count += 1
        handle = client.get_workflow_handle(str(case), run_id=first.continued_execution_run_id)
        first = (await handle.fetch_history()).events[0].workflow_execution_started_event_attributes
    return count
