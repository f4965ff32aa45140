"""A case that ran before, as the registry remembers it: its outcome, or its facts before it was reopened."""

from temporalio import workflow

from workflows import calls
from workflows.inbox import Inbox
from workflows.payloads import addressed
from workflows.state import CaseState

with workflow.unsafe.imports_passed_through():
    from conviction_gate.contracts.case import CaseResult
    from conviction_gate.contracts.internal.activities import CorrectionRequest
    from conviction_gate.contracts.names import CaseId
    from conviction_gate.contracts.signals import is_taken_after_the_end


async def corrected_outcome(
    outcome: CaseResult, case_id: CaseId, state: CaseState, inbox: Inbox
) -> tuple[CaseResult, bool]:
    """The outcome on record, once each message of this run has been applied as a correction of it.

    And whether the case is open again then.
    """
    applied: set[tuple[str, str]] = set()
    while late := [m for m in state.facts.messages if is_taken_after_the_end(m) and m.key not in applied]:
        message = late[0]
        applied.add(message.key)
        request = CorrectionRequest(
            correction_id=case_id.correction_id(message.message_id, message.sender),
            case_id=str(case_id),
            payload=addressed(case_id, message),
            received_at=workflow.now(),
        )
        corrected = await calls.correct_flag(request)
        await inbox.all_read()
        if corrected.result is None or corrected.reopened is not None:
            return outcome, True
        if corrected.result.outcome == "withdrawn":
            update = {"outcome": "withdrawn", "explanation": corrected.result.explanation}
            outcome = outcome.model_copy(update=update)
    return outcome, False


async def recall_facts(state: CaseState, inbox: Inbox, flags_written: int) -> None:
    """Restore the facts of a case that a person reopened; what it can no longer take is rejected."""
    recalled = await calls.recall_case(workflow.info().workflow_id)
    state.flags_written = flags_written
    for message, reason in state.recall(recalled):
        inbox.reject_accepted(message, reason)
