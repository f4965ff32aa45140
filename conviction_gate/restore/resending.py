"""Sends a case again what an earlier run of it was sent, in the same order; a case recognizes repetitions."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import uuid4

from temporalio.api.common.v1 import Payload, WorkflowExecution
from temporalio.api.enums.v1 import ResetReapplyExcludeType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.common import RawValue
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError, RPCStatusCode

from conviction_gate.client.deliveries import arrival
from conviction_gate.client.questions import why_no_answer
from conviction_gate.client.runs import sent_fields
from conviction_gate.contracts.case import CaseView
from conviction_gate.contracts.names import QUERY, UPDATE

ASKED_WITHIN: Final = 20.0
"""Seconds for which the rulings of one case wait for the questions that they answered."""
_ASK_EVERY: Final = 0.1

_NOT_REAPPLIED: Final = [
    ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL,
    ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_UPDATE,
]


async def reset(client: Client, case_id: str, run_id: str, task: int, reason: str) -> None:
    """Continue a run as it was before the workflow task that ended with this event, without what came later.

    The server's own way to send that again takes one transaction, which fails for a large history, and asks no
    ruling to wait for its question.
    """
    await client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=case_id, run_id=run_id),
            reason=reason,
            workflow_task_finish_event_id=task,
            request_id=str(uuid4()),
            reset_reapply_exclude_types=_NOT_REAPPLIED,
        )
    )


async def send_again(
    client: Client,
    case_id: str,
    events: Sequence[HistoryEvent],
    progress: Callable[[], object] = lambda: None,
) -> None:
    """Send what arrived in these events. `progress` is called before each message."""
    handle = client.get_workflow_handle(case_id)
    waiting_until = None
    for event in events:
        name, payloads = arrival(event)
        if not name or not payloads:
            continue
        progress()
        fields = await sent_fields(client, payloads) if name in (UPDATE, "review_decision") else {}
        if name == UPDATE:
            name = str(fields.get("type"))
        if name == "review_decision":
            now = asyncio.get_running_loop().time()
            waiting_until = waiting_until or now + ASKED_WITHIN
            await _until_asked(client, case_id, fields, waiting_until - now, progress)
        await handle.signal(name, args=await sent_values(client, payloads))


async def _until_asked(
    client: Client, case_id: str, ruling: dict[str, Any], seconds: float, progress: Callable[[], object]
) -> None:
    """Wait until the case asks what a ruling answers: it counts for the question that is open when it arrives.
    One that answered nothing then is sent once the time is over."""
    handle = client.get_workflow_handle(case_id)
    try:
        async with asyncio.timeout(max(seconds, 0)):
            while True:
                view = await handle.query(QUERY, result_type=CaseView)
                if why_no_answer(view, str(ruling.get("ruling")), ruling.get("charge_id")) is None:
                    return
                progress()
                await asyncio.sleep(_ASK_EVERY)
    except (TimeoutError, TemporalError):
        return  # a person answers the question again


async def sent_values(client: Client, payloads: Sequence[Payload]) -> Sequence[Any]:
    """Decrypted, and otherwise as they were sent."""
    return await client.data_converter.decode(payloads, [RawValue] * len(payloads))


async def run_events(client: Client, case_id: str, run_id: str) -> list[HistoryEvent] | None:
    """The event history of a run; None where the server no longer has it."""
    history = client.get_workflow_handle(case_id, run_id=run_id).fetch_history_events()
    try:
        return [event async for event in history]
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None
