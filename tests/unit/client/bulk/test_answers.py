"""Many messages, each with its case's own answer, and without a worker nobody waits for long."""

import asyncio

import pytest

from conviction_gate.client.bulk import answers
from conviction_gate.client.bulk.answers import Answered
from conviction_gate.client.bulk.pace import AHEAD
from conviction_gate.client.errors import NoWorker
from conviction_gate.client.replies import Reply, reply
from conviction_gate.contracts.case import SubmitAnswer
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.names import CaseId
from tests.support.messages import CASE, CONVICTION, message

SENT = message("conviction", CONVICTION)
ANSWER = SubmitAnswer(accepted=True, duplicate=False, status="waiting_for_court", effect="recorded")


class Cases:
    """Cases that answer while a worker runs. `most`: that were asked at a time."""

    def __init__(self, *, works: bool = True, is_known: bool = False) -> None:
        self.works, self.is_known = works, is_known
        self.asked = self.sent = self.now = self.most = 0

    async def submit(self, message: Message, case_id: CaseId) -> SubmitAnswer | Reply:
        self.asked += 1
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(0 if self.works else 3600)
        finally:
            self.now -= 1
        if self.is_known:
            raise NoWorker
        return ANSWER

    async def send(self, message: Message, case_id: CaseId) -> Reply:
        self.sent += 1
        return reply("accepted", "sent to the case", case_id)


async def send(cases: Cases, how_many: int, answered: Answered | None = None) -> list[SubmitAnswer | Reply]:
    """As many at a time as a file is sent."""
    answered = answered or Answered(cases)
    left, got = iter(range(how_many)), []

    async def some() -> None:
        for _ in left:
            got.append(await answered.send(SENT, CASE))

    await asyncio.gather(*(some() for _ in range(20)))
    return got


async def test_each_message_gets_its_cases_answer_a_few_at_a_time() -> None:
    cases = Cases()
    assert await send(cases, 100) == [ANSWER] * 100
    assert (cases.asked, cases.sent, cases.most) == (100, 0, AHEAD)


async def test_where_nobody_works_all_are_recorded_and_few_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "WAIT", 0.002)
    cases = Cases(works=False)
    assert len(await send(cases, 20_000)) == 20_000
    assert cases.sent == 20_000
    assert cases.asked < 200


async def test_a_server_that_knows_that_nobody_works_is_believed() -> None:
    cases = Cases(is_known=True)
    await send(cases, 1000)
    assert cases.sent == 1000
    assert cases.asked < 100


async def test_once_somebody_works_again_cases_answer() -> None:
    cases = Cases(is_known=True)
    answered = Answered(cases)
    await send(cases, 300, answered)
    cases.is_known = False
    await send(cases, 2000, answered)
    assert await send(cases, 50, answered) == [ANSWER] * 50
