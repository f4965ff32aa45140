"""What was delivered to a case before, from the beginning of its event history; no worker is needed.

A repeated signal changes nothing, but it is one more event in the history, so a sender looks here first.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from conviction_gate.client.runs import sent_fields
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.names import NEEDS_ATTENTION, UPDATE, CaseId
from conviction_gate.contracts.reading import DoesNotFit, read_message

MAX_EVENTS: Final = 1000
"""Events that are read. Hardly any case has more; what comes after them counts as unknown."""

_ENDS: Final = (
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
)


class Deliveries(NamedTuple):
    """The messages under one key. `is_complete`: nothing that the case received is missing here.
    `none_rejected`: the case accepted everything it received."""

    is_open: bool
    is_complete: bool
    none_rejected: bool
    messages: list[Message]


def arrival(event: HistoryEvent) -> tuple[str, Sequence[Payload]]:
    """The signal name and the payloads of an event by which something arrived; `""` for any other event."""
    match event.WhichOneof("attributes"):
        case "workflow_execution_started_event_attributes":
            return "booking", event.workflow_execution_started_event_attributes.input.payloads
        case "workflow_execution_signaled_event_attributes":
            signal = event.workflow_execution_signaled_event_attributes
            return signal.signal_name, signal.input.payloads
        case "workflow_execution_update_accepted_event_attributes":
            update = event.workflow_execution_update_accepted_event_attributes.accepted_request.input
            return UPDATE, update.args.payloads
        case _:
            return "", ()


async def find_deliveries(client: Client, message: Message, case_id: CaseId) -> Deliveries | None:
    """What the case's latest run received under the message's key; None where there is no case."""
    history = client.get_workflow_handle(str(case_id)).fetch_history_events(page_size=MAX_EVENTS)
    try:
        await history.fetch_next_page()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None
    events = history.current_page or ()
    is_whole = history.next_page_token is None
    return Deliveries(
        is_open=not is_whole or events[-1].event_type not in _ENDS,
        is_complete=is_whole and not _is_continued(events[0]),
        none_rejected=is_whole and not any(map(_needs_attention, events)),
        messages=[
            known
            for event in events
            if (known := await _read(client, message.key, *arrival(event))) is not None
        ],
    )


async def _read(client: Client, key: tuple[str, str], name: str, payloads: Sequence[Payload]) -> Message | None:
    """The message, if it fits and has this key."""
    fields = await sent_fields(client, payloads)
    if (fields.get("sender") or "", fields.get("message_id")) != key:
        return None
    with suppress(DoesNotFit):
        return read_message(str(fields.get("type")) if name == UPDATE else name, json.dumps(fields))
    return None


def _is_continued(first: HistoryEvent) -> bool:
    """Whether a run received the first messages in an earlier one, and has them as state."""
    return bool(first.workflow_execution_started_event_attributes.continued_execution_run_id)


def _needs_attention(event: HistoryEvent) -> bool:
    """Whether the case needed attention from this event on; a case that rejected something does."""
    match event.WhichOneof("attributes"):
        case "workflow_execution_started_event_attributes":
            attributes = event.workflow_execution_started_event_attributes.search_attributes
        case "upsert_workflow_search_attributes_event_attributes":
            attributes = event.upsert_workflow_search_attributes_event_attributes.search_attributes
        case _:
            return False
    return attributes.indexed_fields[NEEDS_ATTENTION.name].data == b"true"
