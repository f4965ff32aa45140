"""Who may do what a person answers for, and what is said to whoever may not.

None of it is anything that a sender can prove: an id is as good as the way that it came (docs/security.md).
"""

from dataclasses import dataclass
from typing import Final

Allowed = frozenset[str] | None
"""Ids of those who may; None: whoever can reach us."""

NOT_A_REVIEWER: Final = (
    "reviewer: not one of those who may rule here; have one of them rule, or add this one to "
    "CONVICTION_GATE_REVIEWERS and send it again"
)
NOT_A_WITHDRAWER: Final = (
    "sender: not one of those who may withdraw a flag here; have one of them send it, or add this one to "
    "CONVICTION_GATE_WITHDRAWERS and send it under a new message_id"
)
NOT_A_REOPENER: Final = (
    "--by: not one of those who may reopen a case here; have one of them do it, or add this one to "
    "CONVICTION_GATE_REOPENERS"
)


@dataclass(frozen=True)
class Permits:
    """`reviewers` and `reopeners`: ids of persons; `withdrawers`: senders, of what comes after the end.

    Each method tells why somebody may not, None where they may.
    """

    reviewers: Allowed = None
    reopeners: Allowed = None
    withdrawers: Allowed = None

    def refusal_to_review(self, reviewer: str) -> str | None:
        """Whether a person may rule on what is asked."""
        return None if _may(reviewer, self.reviewers) else NOT_A_REVIEWER

    def refusal_to_reopen(self, by: str) -> str | None:
        """Whether a person may open an ended case again."""
        return None if _may(by, self.reopeners) else NOT_A_REOPENER

    def refusal_to_withdraw(self, sender: str) -> str | None:
        """Whether a sender may withdraw the flag of an ended case."""
        return None if _may(sender, self.withdrawers) else NOT_A_WITHDRAWER


ANYBODY: Final = Permits()


def _may(who: str, allowed: Allowed) -> bool:
    return allowed is None or who in allowed
