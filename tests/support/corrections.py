"""What comes after the end of a case, and a judge of it that answers as a test wants."""

import json

from conviction_gate.contracts.booking import Subject
from conviction_gate.contracts.case import CaseResult, CorrectionResult
from conviction_gate.contracts.internal.activities import (
    CorrectionRequest,
    Judgement,
)
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.signals import typed
from conviction_gate.registry import (
    Registry,
)
from conviction_gate.registry.entries import Judge
from tests.support.conclusions import (
    AGENCY,
    LATER,
    ONE_PERSON,
)


class FakeJudge:
    """Withdraws once as many messages as asked for say that the charge was vacated or wrong."""

    def __init__(
        self, needs: int = 1, *, reopens: bool = False, citizen: tuple[Subject, ...] = (Subject(**ONE_PERSON),)
    ) -> None:
        self.needs = needs
        self.reopens = reopens
        self.citizen = citizen
        self.seen: list[tuple[Facts, CaseResult]] = []

    def __call__(self, facts: Facts, result: CaseResult, message: Message) -> Judgement:
        self.seen.append((facts, result))
        facts = facts.including(message)
        count = len(facts.dismissals) + len(facts.corrections)
        fell = count >= self.needs and result.outcome == "flagged"
        reason = "the reason no longer holds" if fell else "the flag stands"
        citizen = self.citizen if facts.findings else ()
        return Judgement(fell, fell and self.reopens, reason, "L", facts, citizen)


def request(message: Message, case: str = "T-1", rejection: str | None = None) -> CorrectionRequest:
    named = {"agency": AGENCY, "tracking_number": case}
    return CorrectionRequest(
        correction_id=f"flag-correction:{AGENCY}:{case}:{message.message_id}",
        case_id=f"booking-case:{AGENCY}:{case}",
        payload=json.dumps(named | typed(message)),
        received_at=LATER,
        rejection=rejection,
    )


async def corrected(registry: Registry, asked: CorrectionRequest, judge: Judge) -> CorrectionResult:
    """What a correction of a case that has ended answers."""
    answer = (await registry.correct(asked, judge)).result
    assert answer is not None
    return answer
