"""Writes of outcomes: a flag, a clearance, a withdrawal. An outcome that is on record is never replaced."""

from temporalio import activity

from conviction_gate.contracts.internal.activities import (
    CLEAR_CASE,
    CORRECT_FLAG,
    FLAG_CASE,
    WITHDRAW_FLAG,
    Concluded,
    Conclusion,
    Corrected,
    CorrectionRequest,
    Withdrawal,
)
from conviction_gate.contracts.internal.permits import ANYBODY, Permits
from conviction_gate.policy import judge
from conviction_gate.registry import Registry


class Outcomes:
    """Activities that write. Each is idempotent by case, so that it can be retried."""

    def __init__(self, registry: Registry, permits: Permits = ANYBODY) -> None:
        self._registry = registry
        self._permits = permits

    @activity.defn(name=FLAG_CASE)
    async def flag_case(self, conclusion: Conclusion) -> Concluded:
        """Write a flag, after a last check whether the subject is a known US citizen."""
        return _without_known_result(conclusion, await self._registry.flag(conclusion))

    @activity.defn(name=CLEAR_CASE)
    async def clear_case(self, conclusion: Conclusion) -> Concluded:
        """Write a clearance, and store a finding of citizenship for later cases."""
        return _without_known_result(conclusion, await self._registry.clear(conclusion))

    @activity.defn(name=WITHDRAW_FLAG)
    async def withdraw_flag(self, withdrawal: Withdrawal) -> Concluded:
        """Withdraw the active flag of a case that is open; the flag stays on record."""
        return await self._registry.withdraw(withdrawal)

    @activity.defn(name=CORRECT_FLAG)
    async def correct_flag(self, request: CorrectionRequest) -> Corrected:
        """Decide again on an ended case with one more message, and store the message in any case."""
        if request.rejection is None:
            refusal = self._permits.refusal_to_withdraw(request.message.sender)
            request = request.model_copy(update={"rejection": refusal})
        return Corrected(result=await self._registry.correct(request, judge))


def _without_known_result(asked: Conclusion, concluded: Concluded) -> Concluded:
    """The answer, without a result that the workflow has just sent itself."""
    return Concluded() if concluded.result == asked.result else concluded
