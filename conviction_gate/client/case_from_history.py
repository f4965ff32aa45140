"""A case that does not answer, from its event history, read without a replay.

The history holds what arrived and how the run ended. What the case made of that, only the case knows.
"""

from collections.abc import Sequence
from datetime import UTC
from typing import Any, Final, NamedTuple, get_args

from pydantic import ValidationError
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client
from temporalio.common import TypedSearchAttributes
from temporalio.converter import DataConverter

from conviction_gate.client.deliveries import arrival
from conviction_gate.contracts.case import CaseResult, CaseView
from conviction_gate.contracts.encrypted_payloads import CannotDecrypt
from conviction_gate.contracts.fields import RuleName, Status
from conviction_gate.contracts.names import (
    CASE_RULE,
    CASE_STATUS,
    NEEDS_ATTENTION,
    UPDATE,
    WAITING_SINCE,
    CaseId,
)
from conviction_gate.contracts.reading import DoesNotFit, mismatch, read_message, read_typed
from conviction_gate.policy import effect_of
from workflows.payloads import check_arrived, excerpt, is_by_door, one_text
from workflows.state import CaseState

NOT_HANDLED_YET: Final = "it waits: the case has not handled it yet"
NOT_KNOWN: Final = "The case does not answer, so what it makes of all this is not known here."


class CaseFromHistory(NamedTuple):
    """The case without its charges, its questions and what a docket brought. `result`: if it ended with one."""

    view: CaseView
    result: CaseResult | None


async def read_case(client: Client, case_id: str) -> CaseFromHistory:
    """The case from its latest run; raises the SDK's `RPCError` where the server knows no run."""
    run = await client.get_workflow_handle(case_id).describe()
    history = client.get_workflow_handle(case_id, run_id=run.run_id).fetch_history_events()
    events = [event async for event in history]
    return await read_events(client.data_converter, case_id, events, run.typed_search_attributes)


async def read_events(
    converter: DataConverter, case_id: str, events: Sequence[HistoryEvent], attributes: TypedSearchAttributes
) -> CaseFromHistory:
    """The case from the events of one run and the search attributes that it set last."""
    handled = max(event.workflow_task_completed_event_attributes.started_event_id for event in events)
    state = CaseState()
    for event in events:
        name, payloads = arrival(event)
        values = await converter.decode(payloads)
        if event.workflow_execution_started_event_attributes.continued_execution_run_id:
            state = _carried_state(values)
        elif name and (event.event_id > 1 or values not in ([], [None])):
            _receive(state, case_id, event, name, values, is_handled=event.event_id < handled)
    ended = events[-1].workflow_execution_completed_event_attributes.result.payloads
    result = _result(await converter.decode(ended))
    return CaseFromHistory(_view(case_id, state, result, attributes), result)


def _receive(
    state: CaseState, case_id: str, event: HistoryEvent, name: str, values: Sequence[Any], *, is_handled: bool
) -> None:
    """Apply what arrived as a case of this release does, whichever release the case is of."""
    at = event.event_time.ToDatetime(UTC)
    try:
        check_arrived(values)
        text = one_text(values)
        message = read_typed(text) if name == UPDATE else read_message(name, text)
        if reason := mismatch(message, CaseId.parse(case_id), at) or state.refusal(message):
            raise DoesNotFit(reason)
    except (DoesNotFit, CannotDecrypt) as reason:
        state.reject(name, at, str(reason), excerpt(values))
        return
    if not state.repeats(message):
        # An update is in the event history only once the case has accepted it.
        effect = effect_of(message, state.facts) if is_handled or name == UPDATE else NOT_HANDLED_YET
        state.learn(message)
        state.record(message, at, effect, by_door=is_by_door(values))


def _carried_state(values: Sequence[Any]) -> CaseState:
    """The state that the previous run handed on; empty where this release cannot read it."""
    try:
        return CaseState.model_validate_json(one_text(values))
    except (DoesNotFit, CannotDecrypt, ValidationError):
        return CaseState()


def _result(values: Sequence[Any]) -> CaseResult | None:
    try:
        return CaseResult.model_validate_json(one_text(values))
    except (DoesNotFit, CannotDecrypt, ValidationError):  # it has not ended, or not with a result
        return None


def _view(id_: str, state: CaseState, result: CaseResult | None, attributes: TypedSearchAttributes) -> CaseView:
    case_id = CaseId.parse(id_)
    bookings = state.facts.bookings
    status = _word(Status, attributes.get(CASE_STATUS)) or (
        "checking_history" if bookings else "awaiting_booking"
    )
    if result is not None:
        status = result.status
    return CaseView(
        case_id=id_,
        agency=case_id.agency if case_id else "",
        tracking_number=case_id.tracking_number if case_id else "",
        status=status,
        rule=result.rule if result else _word(RuleName, attributes.get(CASE_RULE)),
        explanation=result.explanation if result else NOT_KNOWN,
        policy_edition=result.policy_edition if result else None,
        charges=(),
        messages=tuple(state.messages),
        messages_total=state.messages_total,
        rejected=tuple(state.rejected),
        rejected_total=state.rejected_total,
        waiting_since=attributes.get(WAITING_SINCE),
        next_docket_check_at=None,
        needs_attention=bool(attributes.get(NEEDS_ATTENTION)),
        reopened=state.reopened,
        booked_at=min((booking.booked_at for booking in bookings), default=None),
    )


def _word(words: Any, text: str | None) -> Any:
    """The text, if it is one of the words of this release."""
    return text if text in get_args(words) else None
