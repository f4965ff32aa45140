"""Writes of outcomes: a flag, a clearance, a withdrawal. An outcome that is on record is never replaced."""

from functools import partial

from temporalio import activity

from activities.look_ups import LookUps
from conviction_gate.contracts.internal.activities import (
    CLEAR_CASE,
    CORRECT_FLAG,
    FLAG_CASE,
    WITHDRAW_FLAG,
    Concluded,
    Conclusion,
    Corrected,
    CorrectionRequest,
    HistoryRequest,
    Withdrawal,
)
from conviction_gate.contracts.internal.permits import ANYBODY, Permits
from conviction_gate.policy import LookedUp, judge, to_look_up
from conviction_gate.registry import Registry


class Outcomes:
    """Activities that write. Each is idempotent by case, so that it can be retried."""

    def __init__(self, registry: Registry, look_ups: LookUps, permits: Permits = ANYBODY) -> None:
        self._registry = registry
        self._look_ups = look_ups
        self._permits = permits

    @activity.defn(name=FLAG_CASE)
    async def flag_case(self, conclusion: Conclusion) -> Concluded:
        """Write a flag, after a last look whether the subject is a known US citizen."""
        return _without_known_result(conclusion, await self._registry.flag(conclusion))

    @activity.defn(name=CLEAR_CASE)
    async def clear_case(self, conclusion: Conclusion) -> Concluded:
        """Write a clearance, and keep a finding of citizenship for later cases."""
        return _without_known_result(conclusion, await self._registry.clear(conclusion))

    @activity.defn(name=WITHDRAW_FLAG)
    async def withdraw_flag(self, withdrawal: Withdrawal) -> Concluded:
        """Withdraw the active flag of a case that is open; the flag stays on record."""
        return await self._registry.withdraw(withdrawal)

    @activity.defn(name=CORRECT_FLAG)
    async def correct_flag(self, request: CorrectionRequest) -> Corrected:
        """Judge an ended case anew with one more message, and keep the message either way.

        What the message names is looked up before, in the catalog and the histories; where another message
        changes the case meanwhile, this is tried again.
        """
        if request.rejection is None:
            refusal = self._permits.refusal_to_withdraw(request.message.sender)
            request = request.model_copy(update={"rejection": refusal})
        found = await self._looked_up(request)
        return await self._registry.correct(request, partial(judge, found=found))

    async def _looked_up(self, request: CorrectionRequest) -> LookedUp:
        if request.case_id is None or request.rejection is not None:
            return LookedUp()
        case = await self._registry.recorded_case(request.case_id)
        if case is None or not case.closed:
            return LookedUp()
        needed = to_look_up(case.facts, request.message)
        agency = case.case.agency
        if not needed.subjects:
            classes = self._look_ups.classified(agency, needed.offenses, needed.booked_on)
            return LookedUp(placements=classes)
        found = await self._look_ups.check_history(
            HistoryRequest(
                case_id=case.case.case_id,
                agency=agency,
                subjects=needed.subjects,
                offenses=needed.offenses,
                booked_on=needed.booked_on,
            )
        )
        return LookedUp(found.history, found.us_citizen, found.placements)


def _without_known_result(asked: Conclusion, concluded: Concluded) -> Concluded:
    """The answer, without what the workflow has just said itself."""
    return Concluded() if concluded.result == asked.result else concluded
