"""`FlagCorrection`: a message after the end of its case. It may withdraw a flag, and never makes one.

Where something is left to wait for then, it starts the case again, which recalls its facts by itself.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError

from workflows import calls, meters
from workflows.payloads import addressed, check_decrypted, excerpt, is_by_door, sent_on, text_on_arrival

with workflow.unsafe.imports_passed_through():
    from conviction_gate.contracts import names
    from conviction_gate.contracts.case import CorrectionResult
    from conviction_gate.contracts.internal.activities import CorrectionRequest
    from conviction_gate.contracts.message import Message
    from conviction_gate.contracts.reading import DoesNotFit, mismatch, read_addressee, read_typed
    from conviction_gate.contracts.signals import NOT_TAKEN_AFTER_THE_END, is_taken_after_the_end, type_of

KEY_MISSING_FOR = timedelta(days=7)
"""How long a correction waits for the key that decrypts it; then it ends with the reason."""


@workflow.defn(name=names.FLAG_CORRECTION)
class FlagCorrection:
    """One correction of a closed case. Input: the message with `agency`, `tracking_number`, `type`."""

    @workflow.run
    async def run(self, *inputs: Any) -> CorrectionResult:
        """Sends the message to the case where it is open; else decides again about the flag in the registry."""
        case_id, message, text, reason = _read(inputs)
        request = CorrectionRequest(
            correction_id=workflow.info().workflow_id,
            case_id=str(case_id) if case_id else None,
            payload=text,
            received_at=workflow.info().start_time,
            rejection=reason,
            by_door=is_by_door(inputs),
        )
        pause = timedelta(seconds=1)
        while True:
            if case_id and message and await _sent_to_open_case(case_id, message, by_door=request.by_door):
                return CorrectionResult(
                    outcome="unchanged", explanation="The case is open, so the message was sent to it."
                )
            corrected = await calls.correct_flag(request)
            if corrected.result is not None:
                if case_id and corrected.reopened is not None:
                    await calls.start_case_again(case_id, corrected.reopened)
                meters.corrected(corrected.result.outcome)
                return corrected.result
            await workflow.sleep(
                pause, summary="The case was reopened; next attempt to send this to its new run"
            )
            pause = min(2 * pause, timedelta(days=1))


async def _sent_to_open_case(case_id: names.CaseId, message: Message, *, by_door: bool) -> bool:
    case = workflow.get_external_workflow_handle(str(case_id))
    try:
        await case.signal(type_of(message), sent_on(message, by_door=by_door))
    except FailureError:
        return False
    return True


def _read(inputs: Sequence[Any]) -> tuple[names.CaseId | None, Message | None, str, str | None]:
    """The case, the message to send to it, the text for the registry, and the reason why it cannot be taken.

    Without a case it names none; without a message it cannot be taken.
    """
    if workflow.now() < workflow.info().start_time + KEY_MISSING_FOR:
        check_decrypted(inputs)  # no other message replaces this one, so it waits for a key that is missing
    case_id = None
    try:
        text = text_on_arrival(inputs, 0)
        case_id = read_addressee(text)
        message = read_typed(text, default="correction")
    except DoesNotFit as reason:
        return case_id, None, excerpt(inputs), str(reason)
    text = addressed(case_id, message)
    if not is_taken_after_the_end(message):
        return case_id, None, text, f"type: {NOT_TAKEN_AFTER_THE_END}"
    unfit = mismatch(message, case_id, workflow.now())
    return case_id, None if unfit else message, text, unfit
