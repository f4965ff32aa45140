"""The policy of 27 April 2012 as rules: pure functions from facts to a decision.

No I/O, no clock, no server. What depends on the day (the class of a charge, the history) comes in
with the facts, so that the same facts decide the same way for ever.
"""

from policy.asking import answers_to, question_views
from policy.correction import (
    TAKEN_AFTER_THE_END,
    Judgement,
    is_taken_after_the_end,
    judge,
    lift_code,
)
from policy.decision import UNREADABLE, Decision
from policy.editions import EDITIONS, Edition, edition_among, edition_at, edition_named
from policy.matter import TURNS
from policy.reopening import reopen
from policy.review import bind
from policy.rules import decide
from policy.telling import charge_views, effect_of, history_told, open_charges, unplaced_offenses

__all__ = [
    "EDITIONS",
    "TAKEN_AFTER_THE_END",
    "TURNS",
    "UNREADABLE",
    "Decision",
    "Edition",
    "Judgement",
    "answers_to",
    "bind",
    "charge_views",
    "decide",
    "edition_among",
    "edition_at",
    "edition_named",
    "effect_of",
    "history_told",
    "is_taken_after_the_end",
    "judge",
    "lift_code",
    "open_charges",
    "question_views",
    "reopen",
    "unplaced_offenses",
]
