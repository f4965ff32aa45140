"""The policy of 27 April 2012 as rules: pure functions from facts to a decision.

No I/O, no clock, no server. What depends on the day (the class of a charge, the history) comes in
with the facts, so that the same facts decide the same way for ever.
"""

from conviction_gate.policy.classification import classified_on
from conviction_gate.policy.correction import (
    LookedUp,
    NotLookedUp,
    ToLookUp,
    can_change_ended_case,
    citizen_ids,
    judge,
    lift_code,
    refusal_of_replacement,
    to_look_up,
)
from conviction_gate.policy.counting import CountedMessages
from conviction_gate.policy.deciding import decide
from conviction_gate.policy.decision import NO_BOOKING, UNREADABLE, Decision
from conviction_gate.policy.editions import EDITIONS, Edition, edition_among, edition_at, edition_named
from conviction_gate.policy.endings import STATUS_CHANGING_ENTRIES
from conviction_gate.policy.questions import answers_to, question_views, ruling_command
from conviction_gate.policy.reopening import can_be_reopened, reopen
from conviction_gate.policy.review import bind
from conviction_gate.policy.views import (
    charge_views,
    effect_of,
    history_summary,
    offenses_named,
    offenses_of_record,
    offenses_to_look_up,
    open_charges,
    unknown_charges,
)

__all__ = [
    "EDITIONS",
    "NO_BOOKING",
    "STATUS_CHANGING_ENTRIES",
    "UNREADABLE",
    "CountedMessages",
    "Decision",
    "Edition",
    "LookedUp",
    "NotLookedUp",
    "ToLookUp",
    "answers_to",
    "bind",
    "can_be_reopened",
    "can_change_ended_case",
    "charge_views",
    "citizen_ids",
    "classified_on",
    "decide",
    "edition_among",
    "edition_at",
    "edition_named",
    "effect_of",
    "history_summary",
    "judge",
    "lift_code",
    "offenses_named",
    "offenses_of_record",
    "offenses_to_look_up",
    "open_charges",
    "question_views",
    "refusal_of_replacement",
    "reopen",
    "ruling_command",
    "to_look_up",
    "unknown_charges",
]
