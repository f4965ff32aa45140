"""A long file goes as fast as its cases act on it, and without a worker nobody waits for long."""

import asyncio
from functools import partial

import pytest

from conviction_gate.client.bulk import pace
from conviction_gate.client.bulk.pace import AHEAD, UNPACED, Pace
from conviction_gate.contracts.names import CaseId


class IdleCases:
    """Cases that act on their messages, one after the other, only while they are let."""

    def __init__(self) -> None:
        self.busy: list[CaseId] = []
        self.most = self.sent = self.looks = 0

    async def is_idle(self, case_id: CaseId) -> bool:
        self.looks += 1
        return case_id not in self.busy

    async def send(self, pace: Pace, how_many: int) -> None:
        """As many at a time as a file is sent."""
        left = iter(range(how_many))

        async def some() -> None:
            for _ in left:
                case_id = CaseId("ZZ0000100", f"T-{self.sent}")
                self.sent += 1
                await pace.send(partial(self._take, case_id), case_id)

        await asyncio.gather(*(some() for _ in range(20)))

    async def _take(self, case_id: CaseId) -> None:
        await asyncio.sleep(0)
        self.busy.append(case_id)
        self.most = max(self.most, len(self.busy))

    async def act(self) -> None:
        while True:
            await asyncio.sleep(0.0005)
            if self.busy:
                self.busy.pop(0)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "POLL_EVERY", 0.0001)


async def test_a_short_file_goes_without_a_look() -> None:
    cases = IdleCases()
    await cases.send(Pace(cases.is_idle, asyncio.Event()), UNPACED)
    assert (cases.looks, cases.most) == (0, UNPACED)


async def test_a_long_file_stays_a_few_messages_ahead_of_its_cases() -> None:
    cases = IdleCases()
    acting = asyncio.create_task(cases.act())
    sending = Pace(cases.is_idle, asyncio.Event())
    await cases.send(sending, 2 * UNPACED)
    cases.most = 0
    await cases.send(sending, 200)
    acting.cancel()
    assert cases.most == AHEAD


async def test_where_nobody_works_a_long_file_goes_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "WAIT", 0.005)
    cases = IdleCases()
    await cases.send(Pace(cases.is_idle, asyncio.Event()), 20_000)
    assert cases.most == 20_000
    assert cases.looks < 1000


async def test_once_somebody_works_again_the_file_slows_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "WAIT", 0.005)
    cases = IdleCases()
    sending = Pace(cases.is_idle, asyncio.Event())
    await cases.send(sending, 300)
    assert cases.most == 300
    monkeypatch.setattr(pace, "WAIT", 20)
    acting = asyncio.create_task(cases.act())
    await cases.send(sending, 600)
    cases.most = 0
    await cases.send(sending, 100)
    acting.cancel()
    assert cases.most == AHEAD


async def test_who_is_told_to_stop_waits_for_no_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "WAIT", 20.0)
    cases, stop = IdleCases(), asyncio.Event()
    sending = asyncio.create_task(cases.send(Pace(cases.is_idle, stop), UNPACED + 20))
    while cases.looks < 3:
        await asyncio.sleep(0)
    looks = cases.looks
    stop.set()
    await sending
    assert cases.looks <= looks + 1
    assert cases.sent == UNPACED + 20
