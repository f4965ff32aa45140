"""The server and its worker are killed while bookings and ends arrive: what was acknowledged is there."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.service import RPCError

from conviction_gate.config.settings import Settings
from conviction_gate.contracts.names import CaseId
from conviction_gate.devserver.resources import free_port
from conviction_gate.encryption.converter import data_converter
from conviction_gate.registry import Registry
from tests.support.instance import Instance
from tests.support.senders import Senders
from tests.support.workflow_cases import case_id, conviction, dismissal

LIVES, BATCH = 3, 12


@pytest.mark.timeout(240)
async def test_what_was_acknowledged_survives_three_kills_under_load(tmp_path: Path) -> None:
    instance = Instance(tmp_path / "data", free_port(), free_port())
    cases = [case_id() for _ in range(LIVES * BATCH)]
    flagged, cleared = cases[::2], cases[1::2]
    await instance.up()
    client = await Client.connect(instance.environment["TEMPORAL_ADDRESS"], data_converter=data_converter)
    senders = Senders(client)

    async def send(case: CaseId) -> None:
        """What nobody acknowledged yet, and never again what somebody did."""
        name, message = ("conviction", conviction()) if case in flagged else ("dismissal", dismissal())
        known = {sent.name for sent in senders.sent[case].values() if sent.acknowledged}
        with suppress(RPCError):
            if "booking" not in known:
                await senders.book(case)
            if name not in known:
                await senders.send(case, name, message)

    async def send_all() -> None:
        await asyncio.gather(*map(send, cases))

    for life in range(LIVES):
        sending = asyncio.create_task(send_all())
        while sum(sent.acknowledged for s in senders.sent.values() for sent in s.values()) < life * BATCH + 5:
            await asyncio.sleep(0.01)
        await instance.kill()  # in the middle of it
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending
        await instance.up()
    await send_all()
    async with await Registry.open(Settings(data=instance.data).registry) as registry:
        assert not await senders.broken_promises(registry, flagged=flagged, cleared=cleared)
    assert await instance.stop() == 0
