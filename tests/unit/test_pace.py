"""A long file goes as fast as its cases act on it, and a house without a worker holds nobody up for long."""

import asyncio

import pytest

from contracts.names import CaseId
from intake import pace
from intake.pace import AT_ONCE, TOGETHER, Pace


class House:
    """Cases that act on their messages only when they are let."""

    def __init__(self) -> None:
        self.busy: set[CaseId] = set()
        self.most = self.sent = self.looks = 0

    async def is_at_rest(self, case_id: CaseId) -> bool:
        self.looks += 1
        return case_id not in self.busy

    async def send(self, pace: Pace, how_many: int) -> None:
        for _ in range(how_many):
            await pace.turn()
            case_id = CaseId("ZZ0000100", f"T-{self.sent}")
            self.sent += 1
            self.busy.add(case_id)
            self.most = max(self.most, len(self.busy))
            pace.sent(case_id)

    async def act(self) -> None:
        while True:
            await asyncio.sleep(0.001)
            if self.busy:
                self.busy.remove(min(self.busy, key=lambda case_id: int(case_id.tracking_number[2:])))


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "BETWEEN", 0.0001)


async def test_a_short_file_goes_without_a_look() -> None:
    house = House()
    await house.send(Pace(house.is_at_rest), AT_ONCE)
    assert house.looks == 0


async def test_a_long_file_stays_a_few_messages_ahead_of_its_cases() -> None:
    house = House()
    acting = asyncio.create_task(house.act())
    sending = Pace(house.is_at_rest)
    await house.send(sending, AT_ONCE + 10 * TOGETHER)
    house.most = 0
    await house.send(sending, 50 * TOGETHER)
    acting.cancel()
    assert house.most <= 3 * TOGETHER


async def test_where_nobody_works_a_long_file_goes_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "PATIENCE", 0.005)
    house = House()
    await asyncio.wait_for(house.send(Pace(house.is_at_rest), 100_000), 20)
    assert house.sent == 100_000


async def test_once_somebody_works_again_the_file_slows_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "PATIENCE", 0.005)
    house = House()
    sending = Pace(house.is_at_rest)
    await house.send(sending, 1000)
    house.busy.clear()
    monkeypatch.setattr(pace, "PATIENCE", 20)
    acting = asyncio.create_task(house.act())
    await house.send(sending, 3000)
    house.most = 0
    await house.send(sending, 50 * TOGETHER)
    acting.cancel()
    assert house.most <= 3 * TOGETHER
