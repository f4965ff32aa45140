"""Sends messages so that each case says itself what it made of one, a few at a time.

A signal has no answer: a message whose id was used before for another one is sent, and the case rejects it
later. The update `submit` costs the case as much work, and its answer is the pace too.
"""

import asyncio
from typing import Protocol

from conviction_gate.client.bulk.pace import AHEAD, WAIT
from conviction_gate.client.errors import NoWorker
from conviction_gate.client.replies import Reply
from conviction_gate.contracts.case import SubmitAnswer
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.names import CaseId


class Cases(Protocol):
    """What is asked; `CaseClient` is one."""

    async def submit(self, message: Message, case_id: CaseId) -> SubmitAnswer | Reply: ...
    async def send(self, message: Message, case_id: CaseId) -> Reply: ...


class Answered:
    """Sends messages and brings what their cases answer; what no case answers is recorded all the same."""

    def __init__(self, cases: Cases) -> None:
        self._cases = cases
        self._turn = asyncio.Semaphore(AHEAD)
        self._unanswered = 1
        self._free = 0

    async def send(self, message: Message, case_id: CaseId) -> SubmitAnswer | Reply:
        """The case's answer; where none comes, the client's, which has looked at what was sent before."""
        async with self._turn:
            if self._free:
                self._free -= 1
            else:
                unanswered = self._unanswered
                try:
                    async with asyncio.timeout(WAIT):
                        answer = await self._cases.submit(message, case_id)
                except (TimeoutError, NoWorker):
                    self._free = self._unanswered = 2 * unanswered  # those that waited beside it double it once
                else:
                    self._unanswered = 1
                    return answer
        return await self._cases.send(message, case_id)
