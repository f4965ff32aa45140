"""What an appeal does to a conviction: whether it stands, is open to change, or counts no more.

Source: our own reading of how courts enter appeals (docs/readings.md). A notice of appeal may be entered
before the judgment is, so one dated up to 30 days before a conviction is about it.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import Enum
from typing import Final, NamedTuple

from conviction_gate.contracts.court import CourtUpdate

NOTICE_BEFORE_JUDGMENT: Final = timedelta(days=30)

_ORDER_ON_ONE_DAY: Final = {
    "appeal_filed": 0,
    "appeal_ended": 1,
    "appeal_affirmed": 2,
    "appeal_withdrawn": 2,
    "appeal_reversed": 3,
    "appeal_de_novo": 3,
}
APPEAL_ENTRIES: Final = tuple(_ORDER_ON_ONE_DAY)


class Appealed(Enum):
    """How a conviction stands after what was appealed."""

    STANDS = "stands"
    IN_DOUBT = "under appeal, or nobody knows how the appeal ended"
    UNDONE = "reversed, or to be tried anew"


class AfterAppeal(NamedTuple):
    """How a conviction stands, and the day on which it was undone, if it was."""

    state: Appealed
    undone_on: date | None = None


STANDS: Final = AfterAppeal(Appealed.STANDS)
_IN_DOUBT: Final = AfterAppeal(Appealed.IN_DOUBT)


def after_appeal(decided_on: date, entries: Iterable[CourtUpdate]) -> AfterAppeal:
    """How a conviction of this day stands after the appeal entries of its charge, and no other ones.

    What undid it is final: an entry that says later that it stands again is a contradiction, and so is one
    of the same day. An end that does not say how is doubt, until another entry says how.
    """
    appeal = sorted(
        (entry for entry in entries if entry.occurred_on >= decided_on - NOTICE_BEFORE_JUDGMENT),
        key=lambda entry: (entry.occurred_on, _ORDER_ON_ONE_DAY[entry.entry]),
    )
    state = STANDS
    settled_on: date | None = None
    contradicted = False
    for entry in appeal:
        day, is_earlier = entry.occurred_on, entry.occurred_on < decided_on
        match entry.entry:
            case "appeal_filed":
                if state.undone_on is None:
                    state, settled_on = _IN_DOUBT, None
            case "appeal_ended":
                if state.undone_on is None and settled_on is None:
                    state = _IN_DOUBT
            case "appeal_affirmed" | "appeal_withdrawn":
                if state.undone_on is not None:
                    contradicted = True
                else:
                    state, settled_on = STANDS, day
            case _ if is_earlier:  # it undid an earlier conviction
                state, settled_on = STANDS, None
            case word:
                # A new trial is often asked for on the day of the judgment; a reversal then is unheard of.
                same_day = word == "appeal_reversed" and day == decided_on
                contradicted = contradicted or same_day or settled_on == day
                state = AfterAppeal(Appealed.UNDONE, day)
    return _IN_DOUBT if contradicted else state
