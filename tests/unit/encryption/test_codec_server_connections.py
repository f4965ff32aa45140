"""The server of the codec, the door and the pages has a bound on connections."""

import asyncio

import pytest

from conviction_gate.config.settings import SettingsError
from conviction_gate.devserver.resources import free_port
from conviction_gate.encryption import codec_server
from conviction_gate.encryption.codec_server import serving
from tests.support.door import FakeDoor


async def test_one_connection_too_many_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec_server, "MAX_CONNECTIONS", 3)
    port = free_port()
    async with serving(FakeDoor().app, f"127.0.0.1:{port}", lambda error: SettingsError(str(error))):
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4)]
        reader, _ = silent[-1]
        assert await asyncio.wait_for(reader.read(), 5) == b""
        for _, writer in silent:
            writer.close()
