"""What a court's word says about an earlier charge, as the disposition of a criminal history."""

from collections.abc import Mapping
from typing import Final, get_args

from conviction_gate.contracts.court import ENTRIES, Disposition
from conviction_gate.policy.endings import DEFERRALS, SAYS_NO_GUILT, STATUS_CHANGING_ENTRIES

_OPEN: Final = (ENTRIES - STATUS_CHANGING_ENTRIES - {"other"}) | {"reinstated"}
_IN_A_HISTORY: Final[Mapping[str, str]] = {
    **dict.fromkeys(get_args(Disposition), "dismissed"),
    **{word: word for word in SAYS_NO_GUILT},
    **dict.fromkeys(DEFERRALS, "deferred_with_plea"),
    **dict.fromkeys(_OPEN, "pending"),
    "juvenile_adjudicated": "adjudicated",
}


def history_disposition(word: str) -> str:
    """The disposition of a history for a dismissal's `disposition` or a docket's `entry`; `unknown`, which goes
    to a person, for any other."""
    return _IN_A_HISTORY.get(word, "unknown")
