"""`Patrol`: looks every twenty seconds for cases that the server or an operator has ended, and continues them.

A schedule starts it anew every ten minutes, so that its history stays short and nothing keeps it away for long.
What it does is an activity (`conviction_gate/restore/patrol.py`).
"""

from datetime import timedelta
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from conviction_gate.contracts.internal.patrol import PATROL, PATROL_ROUND, PatrolState

ROUNDS: timedelta = timedelta(minutes=9)
"""How long one run goes round; the schedule starts the next."""
PAUSE: timedelta = timedelta(seconds=20)
ROUND_TIMEOUT: timedelta = timedelta(minutes=5)
HEARTBEAT_TIMEOUT: timedelta = timedelta(seconds=30)
"""A round that was lost with its worker is begun anew after that."""


@workflow.defn(name=PATROL)
class Patrol:
    """Input: none; what somebody gives it is ignored. The result is what the next run goes on with."""

    @workflow.run
    async def run(self, *inputs: Any) -> PatrolState:
        """Goes round; a round that fails is repeated."""
        state = workflow.get_last_completion_result(PatrolState) or PatrolState()
        until = workflow.now() + ROUNDS
        while workflow.now() < until:
            state = await workflow.execute_activity(
                PATROL_ROUND,
                state,
                result_type=PatrolState,
                start_to_close_timeout=ROUND_TIMEOUT,
                heartbeat_timeout=HEARTBEAT_TIMEOUT,
                summary="Cases that the server or an operator has ended",
            )
            await workflow.sleep(PAUSE, summary="Next round")
        return state
