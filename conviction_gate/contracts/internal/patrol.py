"""What the patrol remembers from one round to the next. No sender sees it."""

from datetime import datetime
from typing import Final

from conviction_gate.contracts.fields import InternalModel

PATROL: Final = "Patrol"
"""The workflow's type, and its activity's; `PATROL_ID` is the id of the schedule and of the workflow."""
PATROL_ROUND: Final = "patrol_round"
PATROL_ID: Final = "conviction-gate-patrol"


class BroughtBack(InternalModel):
    """A run that ended, or could not go on, though its case had not ended; and when the case was continued.

    Not `is_whole`: the case was ended again before it had all of its messages.
    """

    case_id: str
    run_id: str
    at: datetime
    is_whole: bool = True


class PatrolState(InternalModel):
    """`brought_back`: in the last day. `held_off`: cases that were brought back too often, and now wait for a
    person."""

    brought_back: tuple[BroughtBack, ...] = ()
    held_off: tuple[str, ...] = ()
