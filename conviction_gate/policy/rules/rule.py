"""A rule beside its public words: what it asks of a case, when it answers, what follows, and on whose word."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from conviction_gate.contracts.fields import RuleName
from conviction_gate.policy.decision import Decision
from conviction_gate.policy.matter import Matter

ANNOUNCED: Final = "the announcement of 27 April 2012"
OURS: Final = "our own reading"

CLEAR: Final = "The case is closed without a flag."
FLAG: Final = "The case is flagged."
REVIEW: Final = "A person looks at it and rules. Until then the case waits."

Ask = Callable[[Matter], Decision | None]


@dataclass(frozen=True)
class Words:
    """When a rule answers with `rule`, what is done then, and on whose word (`source`).

    Written for anybody: docs/policy.md and `conviction-gate explain` are made from it.
    """

    rule: RuleName
    title: str
    when: str
    then: str
    source: str


@dataclass(frozen=True)
class PolicyRule:
    """One rule of an edition. Rules are asked by `number`, from 1; the first that answers decides."""

    number: int
    words: tuple[Words, ...]
    ask: Ask


def policy_rule(number: int, *words: Words) -> Callable[[Ask], PolicyRule]:
    """Make a function the rule of this number, described by these words: one for each answer it can give."""
    return lambda ask: PolicyRule(number, words, ask)
