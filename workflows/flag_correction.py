"""`FlagCorrection`: what comes after the end of a case. It may withdraw a flag, and never makes one."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import FailureError

from workflows import meters
from workflows.inbox import addressed, arrived, must_open, shown

with workflow.unsafe.imports_passed_through():
    from conviction_gate.contracts import names
    from conviction_gate.contracts.case import CorrectionResult
    from conviction_gate.contracts.internal.activities import CORRECT_FLAG, Corrected, CorrectionRequest
    from conviction_gate.contracts.message import Message
    from conviction_gate.contracts.reading import DoesNotFit, mismatch, read_correction
    from conviction_gate.contracts.signals import NOT_TAKEN_AFTER_THE_END, is_taken_after_the_end, type_of


@workflow.defn(name=names.FLAG_CORRECTION)
class FlagCorrection:
    """One correction of a closed case. Input: the message with `agency`, `tracking_number`, `type`."""

    @workflow.run
    async def run(self, *inputs: Any) -> CorrectionResult:
        """Hands the message to the case where it is open; else judges the flag in the registry."""
        case_id, message, text, reason = _read(inputs)
        pause = timedelta(seconds=1)
        while True:
            if case_id and message and await self._handed_to_open_case(case_id, message):
                return CorrectionResult(
                    outcome="unchanged",
                    explanation="The case is open: the message was handed to it.",
                )
            corrected = await self._corrected(case_id, text, reason)
            if corrected.result is not None:
                meters.corrected(corrected.result.outcome)
                return corrected.result
            await workflow.sleep(pause, summary="The case was opened again, and takes this once it runs")
            pause = min(2 * pause, timedelta(days=1))

    async def _corrected(self, case_id: names.CaseId | None, text: str, reason: str | None) -> Corrected:
        corrected: Corrected = await workflow.execute_activity(
            CORRECT_FLAG,
            CorrectionRequest(
                correction_id=workflow.info().workflow_id,
                case_id=str(case_id) if case_id else None,
                payload=text,
                received_at=workflow.info().start_time,
                misfit=reason,
            ),
            result_type=Corrected,
            summary="Judge the flag anew",
            start_to_close_timeout=timedelta(seconds=10),
            retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=1)),
        )
        return corrected

    async def _handed_to_open_case(self, case_id: names.CaseId, message: Message) -> bool:
        case = workflow.get_external_workflow_handle(str(case_id))
        try:
            await case.signal(type_of(message), json.loads(message.model_dump_json()))
        except FailureError:
            return False
        return True


def _read(inputs: Sequence[Any]) -> tuple[names.CaseId | None, Message | None, str, str | None]:
    """The case, the message, its text, and why it does not fit; null where it cannot be read or fits."""
    must_open(inputs)  # it stands for itself alone, so it waits for a key that is missing
    try:
        case_id, message = read_correction(arrived(inputs, 0))
    except DoesNotFit as reason:
        return None, None, shown(inputs), str(reason)
    text = addressed(case_id, message)
    if not is_taken_after_the_end(message):
        return case_id, None, text, f"type: {NOT_TAKEN_AFTER_THE_END}"
    unfit = mismatch(message, case_id, workflow.now())
    return case_id, None if unfit else message, text, unfit
