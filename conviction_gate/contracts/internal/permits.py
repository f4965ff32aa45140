"""Who may rule, reopen a case, and withdraw a flag.

None of it is proof: a sender writes its own id, and is as good as the way by which it came (docs/security.md).
"""

from dataclasses import dataclass
from typing import Final

from conviction_gate.contracts.internal.refusal import RefusalReason

Allowed = frozenset[str] | None
"""Ids of those who may; None: everybody who can reach us."""

NOT_A_REVIEWER: Final = RefusalReason(
    "reviewer: not one of those who may rule here; have one of them rule, or add this one to "
    "CONVICTION_GATE_REVIEWERS and send it again"
)
NOT_A_WITHDRAWER: Final = RefusalReason(
    "sender: not one of those who may withdraw a flag here; have one of them send it, or add this one to "
    "CONVICTION_GATE_WITHDRAWERS and send it under a new message_id"
)
NOT_A_REOPENER: Final = RefusalReason(
    "--by: not one of those who may reopen a case here; have one of them do it, or add this one to "
    "CONVICTION_GATE_REOPENERS"
)


@dataclass(frozen=True)
class Permits:
    """`reviewers` and `reopeners`: ids of persons; `withdrawers`: senders, after the end of a case."""

    reviewers: Allowed = None
    reopeners: Allowed = None
    withdrawers: Allowed = None

    def refusal_to_review(self, reviewer: str) -> RefusalReason | None:
        """Why a person may not rule; None where they may."""
        return None if _may(reviewer, self.reviewers) else NOT_A_REVIEWER

    def refusal_to_reopen(self, by: str) -> RefusalReason | None:
        """Why a person may not reopen an ended case; None where they may."""
        return None if _may(by, self.reopeners) else NOT_A_REOPENER

    def refusal_to_withdraw(self, sender: str) -> RefusalReason | None:
        """Why a sender may not withdraw the flag of an ended case; None where it may."""
        return None if _may(sender, self.withdrawers) else NOT_A_WITHDRAWER


ANYBODY: Final = Permits()


def _may(who: str, allowed: Allowed) -> bool:
    return allowed is None or who in allowed
