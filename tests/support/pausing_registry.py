"""A registry whose writes a test can hold back."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from conviction_gate.contracts.booking import Subject
from conviction_gate.contracts.case import CaseResult
from conviction_gate.contracts.internal.activities import Concluded, Conclusion, EarlierRecord
from conviction_gate.registry import Background, Registry


class PausingRegistry(Registry):
    """Writes outcomes, but fails as often as it is asked to, and answers only once it may.

    `strange`: what it remembers of a case is in words that only a newer release knows.
    """

    def __init__(self, usual: Registry) -> None:
        super().__init__(usual._database)
        self.fails = 0
        self.strange = False
        self.written = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def background(self, subjects: Sequence[Subject], case_id: str) -> Background:
        known = await super().background(subjects, case_id)
        if not self.strange:
            return known
        outcome = CaseResult.model_construct(outcome="suspended")
        return replace(known, earlier=EarlierRecord.model_construct(outcome=outcome))

    async def flag(self, conclusion: Conclusion) -> Concluded:
        if self.fails:
            self.fails -= 1
            raise ConnectionError("the registry is down")
        concluded = await super().flag(conclusion)
        self.written.set()
        await self.may_answer.wait()
        return concluded
