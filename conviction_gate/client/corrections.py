"""What becomes of a message to a case that has ended."""

from typing import TYPE_CHECKING, Any

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from conviction_gate import policy
from conviction_gate.client.replies import Reply, reply
from conviction_gate.client.runs import describe, interruption, sent_fields
from conviction_gate.client.same_message import OTHER_CONTENT, says_the_same
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.names import FLAG_CORRECTION, TASK_QUEUE, CaseId
from conviction_gate.contracts.signals import type_of, typed

if TYPE_CHECKING:
    from conviction_gate.registry import RecordedCase


def ending(recorded: "RecordedCase | None") -> str:
    """How a case ended, as far as the registry knows."""
    if recorded is None:
        return "the case has closed"
    if not recorded.closed:
        return "the case is reopened, but no workflow runs for it yet"
    return f"the case ended: {recorded.result.outcome} under {recorded.result.rule}"


def reply_from_record(recorded: "RecordedCase", message: Message, case_id: CaseId) -> Reply | None:
    """The reply where the recorded case has a message of this id."""
    for known in recorded.facts.messages:
        if says_the_same(known, message):
            return reply("duplicate", f"{ending(recorded)}; this message was part of it", case_id)
        if known.key == message.key:
            return reply("refused", OTHER_CONTENT, case_id, cause="other_content")
    return None


def can_matter(recorded: "RecordedCase | None", message: Message) -> bool:
    """Whether a message can still change anything, as far as the registry knows the case."""
    outcome = recorded.result.outcome if recorded is not None and recorded.closed else None
    return policy.can_change_ended_case(outcome, message)


async def start_correction(client: Client, message: Message, case_id: CaseId, end: str) -> Reply:
    """Start the `FlagCorrection` for a message, once. `end`: how the case ended."""
    request = {"agency": case_id.agency, "tracking_number": case_id.tracking_number, **typed(message)}
    try:
        await client.start_workflow(
            FLAG_CORRECTION,
            request,
            id=case_id.correction_id(message.message_id, message.sender),
            task_queue=TASK_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            static_summary=f"Correction {case_id.agency} {case_id.tracking_number}, {type_of(message)}",
        )
    except WorkflowAlreadyStartedError as error:
        # Another sender's message may have the id, where one of the two names no sender.
        if await _input_of(client, error) != request:
            return reply("refused", OTHER_CONTENT, case_id, cause="other_content")
        run = await describe(client, error.workflow_id)
        if interrupted := interruption("this correction", run.status if run else None, error.workflow_id):
            return reply("refused", interrupted, case_id, cause="stopped")
        return reply("duplicate", "this correction was started already", case_id, corrects=True)
    return reply("accepted", f"{end}; a correction was started", case_id, corrects=True)


async def _input_of(client: Client, started: WorkflowAlreadyStartedError) -> dict[str, Any]:
    """What a workflow was started with."""
    handle = client.get_workflow_handle(started.workflow_id, run_id=started.run_id)
    async for event in handle.fetch_history_events(page_size=1):
        payloads = event.workflow_execution_started_event_attributes.input.payloads
        return await sent_fields(client, payloads)
    return {}
