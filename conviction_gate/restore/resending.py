"""Sends a case again what an earlier run of it was sent, in the same order; a case recognizes repetitions."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
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

from conviction_gate.client.case_client import CaseClient
from conviction_gate.client.deliveries import arrival
from conviction_gate.client.questions import why_no_answer
from conviction_gate.client.runs import describe, sent_fields
from conviction_gate.contracts.case import CaseView
from conviction_gate.contracts.encrypted_payloads import CannotDecrypt
from conviction_gate.contracts.names import QUERY, UPDATE, CaseId
from conviction_gate.contracts.reading import MAX_PAYLOAD_SHOWN, DoesNotFit, oversize, read_message
from workflows.payloads import one_text

ASKED_WITHIN: Final = 20.0
"""Seconds for which the rulings of one case wait for the questions that they answered."""
_ASK_EVERY: Final = 0.1
SENT_AT_ONCE: Final = 1_000_000
"""Bytes after which the length of the run is looked at."""
LONG_RUN_BYTES: Final = 8_000_000
"""Bytes of an event history beyond which the case first continues as a new run: it does from 4 MB on, once it
has read what it was sent, and the server ends it at 50 MB."""
SHORTENED_WITHIN: Final = 60.0
"""Seconds for which that is waited for."""

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
    cases: CaseClient,
    case_id: CaseId,
    events: Sequence[HistoryEvent],
    progress: Callable[[], object],
) -> None:
    """Send what arrived in these events. A case that ends meanwhile receives the others as messages after its
    end. `progress` is called before each message.

    Raises:
        RPCError: the server does not accept a message, or has ended the case again.
    """
    handle = client.get_workflow_handle(str(case_id))
    waiting_until, sent = None, SENT_AT_ONCE
    for event in events:
        name, payloads = arrival(event)
        if not name or not payloads:
            continue
        progress()
        if sent >= SENT_AT_ONCE:
            await _until_short(client, case_id, progress)
            sent = 0
        fields = await sent_fields(client, payloads) if name in (UPDATE, "review_decision") else {}
        if name == UPDATE:
            name = str(fields.get("type"))
        if name == "review_decision":
            now = asyncio.get_running_loop().time()
            waiting_until = waiting_until or now + ASKED_WITHIN
            await _until_asked(client, case_id, fields, waiting_until - now, progress)
        values = [_shortened(value) for value in await sent_values(client, payloads)]
        try:
            await handle.signal(name, args=values)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND or not await has_ended(cases, case_id):
                raise
            with suppress(DoesNotFit, CannotDecrypt):
                await cases.send(read_message(name, one_text(values)), case_id)
        sent += sum(len(value.payload.data) for value in values)


async def has_ended(cases: CaseClient, case_id: CaseId) -> bool:
    """Whether the registry has the end of a case."""
    recorded = await cases.recorded(case_id)
    return recorded is not None and recorded.closed


async def _until_asked(
    client: Client, case_id: CaseId, ruling: dict[str, Any], seconds: float, progress: Callable[[], object]
) -> None:
    """Wait until the case asks what a ruling answers: it counts for the question that is open when it arrives.
    One that answered nothing then is sent once the time is over."""
    handle = client.get_workflow_handle(str(case_id))
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


async def _until_short(client: Client, case_id: CaseId, progress: Callable[[], object]) -> None:
    """Wait until the case has continued as a new run, if its history is long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SHORTENED_WITHIN):
            while (latest := await describe(client, str(case_id))) is not None:
                if latest.raw_description.workflow_execution_info.history_size_bytes <= LONG_RUN_BYTES:
                    return
                progress()
                await asyncio.sleep(_ASK_EVERY)


def _shortened(value: RawValue) -> RawValue:
    """A payload that no case reads, as its beginning, which no case takes for a message either."""
    if oversize(len(value.payload.data)) is None:
        return value
    beginning = value.payload.data[:MAX_PAYLOAD_SHOWN] + " … too large".encode()
    return RawValue(Payload(metadata=value.payload.metadata, data=beginning))


async def sent_values(client: Client, payloads: Sequence[Payload]) -> Sequence[RawValue]:
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
