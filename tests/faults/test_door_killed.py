"""Door, worker and server are killed under fifty senders: what was answered with success is there once, and
everything else can be sent again."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from conviction_gate.config.settings import Settings
from conviction_gate.contracts.names import CaseId
from conviction_gate.devserver.resources import free_port
from conviction_gate.registry import Registry
from tests.support.instance import Instance
from tests.support.workflow_cases import booking, case_id, conviction

SENDERS = 50
SUCCESS = (200, 201, 202)


class Jail:
    """One sender of one arrest, and what it was answered with success."""

    def __init__(self) -> None:
        self.case: CaseId = case_id()
        place = f"/v1/cases/{self.case.agency}/{self.case.tracking_number}"
        self._waiting: list[tuple[str, dict[str, Any]]] = [
            ("/v1/bookings", booking(self.case)),
            (f"{place}/messages", {"type": "conviction", **conviction()}),
        ]

    @property
    def acknowledged(self) -> int:
        return 2 - len(self._waiting)

    async def send(self, door: httpx.AsyncClient) -> None:
        """Send what is not answered with success yet, and never again what is."""
        while self._waiting:
            path, message = self._waiting[0]
            answer = await door.post(path, json=message)
            assert answer.status_code in (*SUCCESS, 503), answer.text
            if answer.status_code in SUCCESS:
                self._waiting.pop(0)
            else:
                await asyncio.sleep(0.05)


async def hold(tmp_path: Path, kills: int) -> None:
    instance = Instance(tmp_path / "data", free_port(), free_port())
    jails = [Jail() for _ in range(SENDERS)]
    await instance.up()

    async def send_all() -> None:
        async with instance.door() as door:
            await asyncio.gather(*(suppressed(jail.send(door)) for jail in jails))

    async def suppressed(sending: Any) -> None:
        with suppress(httpx.TransportError):
            await sending

    for life in range(kills):
        sending = asyncio.create_task(send_all())
        enough = (life + 1) * 2 * SENDERS // (kills + 2)
        while sum(jail.acknowledged for jail in jails) < enough and not sending.done():
            await asyncio.sleep(0.01)
        await instance.kill()  # in the middle of it
        await sending
        await instance.up()
    while any(jail.acknowledged < 2 for jail in jails):
        await send_all()
    async with await Registry.open(Settings(data=instance.data).registry) as registry:
        for jail in jails:
            while (recorded := await registry.recorded_case(str(jail.case))) is None:
                await asyncio.sleep(0.1)  # the test's time-out is the limit
            assert recorded.result.outcome == "flagged"
            assert recorded.case.messages_total == 2
            assert recorded.case.rejected_total == 0
            assert {message.sender for message in recorded.facts.messages} == {"local"}
        flags = await registry.flags()
    assert sorted(flag.case_id for flag in flags) == sorted(str(jail.case) for jail in jails)
    assert {flag.status for flag in flags} == {"active"}
    assert await instance.stop() == 0


@pytest.mark.timeout(240)
async def test_what_was_answered_with_success_survives_a_kill(tmp_path: Path) -> None:
    await hold(tmp_path, kills=1)


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_what_was_answered_with_success_survives_three_kills(tmp_path: Path) -> None:
    await hold(tmp_path, kills=3)
