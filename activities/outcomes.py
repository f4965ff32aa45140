"""Writing outcomes: a flag, a clearance, a withdrawal. Where one of the case is recorded, it stands."""

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
    """Each write is idempotent by case, so that a lost answer can be asked for again."""

    def __init__(self, registry: Registry, permits: Permits = ANYBODY) -> None:
        self._registry = registry
        self._permits = permits

    @activity.defn(name=FLAG_CASE)
    async def flag_case(self, conclusion: Conclusion) -> Concluded:
        """Write a flag, after a last look whether the subject is a known US citizen."""
        return _told(conclusion, await self._registry.flag(conclusion))

    @activity.defn(name=CLEAR_CASE)
    async def clear_case(self, conclusion: Conclusion) -> Concluded:
        """Write a clearance, and keep a finding of citizenship for later cases."""
        return _told(conclusion, await self._registry.clear(conclusion))

    @activity.defn(name=WITHDRAW_FLAG)
    async def withdraw_flag(self, withdrawal: Withdrawal) -> Concluded:
        """Withdraw the active flag of a case that is open; its record stays."""
        return await self._registry.withdraw(withdrawal)

    @activity.defn(name=CORRECT_FLAG)
    async def correct_flag(self, request: CorrectionRequest) -> Corrected:
        """Judge an ended case anew with one more message, and keep the message either way."""
        if request.rejection is None:
            refusal = self._permits.refusal_to_withdraw(request.message.sender)
            request = request.model_copy(update={"rejection": refusal})
        return Corrected(result=await self._registry.correct(request, judge))


def _told(asked: Conclusion, concluded: Concluded) -> Concluded:
    """The answer, without what the workflow has just said itself."""
    return Concluded() if concluded.result == asked.result else concluded
