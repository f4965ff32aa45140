"""What the door opens at its first use, and while it cannot."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from conviction_gate.config.settings import Settings
from conviction_gate.contracts.names import CaseId
from conviction_gate.door import cases
from conviction_gate.door.cases import CasesBehindTheDoor
from conviction_gate.registry import RegistryError, migrate
from conviction_gate.temporal.connect import ConnectError

CASE = CaseId("CA0190000", "A-1")


async def test_while_the_server_is_away_nobody_waits_for_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = 0

    async def connecting() -> Any:
        nonlocal tried
        tried += 1
        await asyncio.sleep(0.01)
        raise ConnectError("no server answers")

    door = CasesBehindTheDoor(Settings(data=tmp_path), connecting)
    failed = await asyncio.gather(*(door.check_server() for _ in range(20)), return_exceptions=True)
    assert {type(error) for error in failed} == {ConnectError}
    assert tried == 1
    monkeypatch.setattr(cases, "OPENED_AGAIN_AFTER", 0.0)
    later = CasesBehindTheDoor(Settings(data=tmp_path), connecting)
    for _ in range(2):
        with pytest.raises(ConnectError):
            await later.check_server()
    assert tried == 3


async def test_the_registry_is_opened_once_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "OPENED_AGAIN_AFTER", 0.0)
    settings = Settings(data=tmp_path)
    door = CasesBehindTheDoor(settings)
    with pytest.raises(RegistryError):
        await door.recorded(CASE)
    await migrate(settings.registry)
    assert await door.recorded(CASE) is None
    await door.check_registry()
    await door.close()
