"""What a worker answers to probes: the truth, in time, and without loading what it asks."""

import asyncio
import json
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple, cast

import httpx
import pytest
from temporalio.client import Client
from temporalio.converter import DataConverter
from temporalio.service import RPCError, RPCStatusCode

from conviction_gate.config.settings import Settings, SettingsError
from conviction_gate.devserver.resources import free_port
from conviction_gate.encryption.codec import converter_for
from conviction_gate.encryption.keys import make_key, new_secret, use_key
from conviction_gate.registry import RegistryError
from conviction_gate.service import health
from conviction_gate.service.health import Health, serving
from conviction_gate.service.shutdown import GracefulShutdown


class Things:
    """What is checked, each of which can be broken."""

    def __init__(self) -> None:
        self.broken: dict[str, Exception] = {}
        self.asked = 0
        self.shutdown = GracefulShutdown(timedelta(seconds=20))
        self.health = Health({"worker": self.worker, "registry": self.registry}, self.shutdown)

    async def worker(self) -> None:
        self.asked += 1
        self._look("worker")

    async def registry(self) -> None:
        self._look("registry")

    def _look(self, name: str) -> None:
        if name in self.broken:
            raise self.broken[name]


@pytest.fixture
def things(monkeypatch: pytest.MonkeyPatch) -> Things:
    monkeypatch.setattr(health, "CACHED_FOR", 0.0)
    return Things()


async def asked(things: Things, path: str) -> tuple[int, dict[str, object]]:
    address = f"127.0.0.1:{free_port()}"
    async with serving(address, things.health), httpx.AsyncClient() as probe:
        answer = await probe.get(f"http://{address}{path}")
    return answer.status_code, answer.json()


async def test_ready(things: Things) -> None:
    body = {"ready": True, "checks": {"worker": "ok", "registry": "ok"}}
    assert await asked(things, "/readyz") == (200, body)
    assert await asked(things, "/livez") == (200, {"alive": True, "worker": "ok"})


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RegistryError("the registry at X is not set up; run Y"), "the registry at X is not set up; run Y"),
        (
            RPCError("MARKER", RPCStatusCode.UNAVAILABLE, b""),
            "the Temporal server does not answer (UNAVAILABLE)",
        ),
        (ValueError("MARKER"), "unexpected ValueError; see the log"),
    ],
)
async def test_not_ready_with_the_reason(things: Things, error: Exception, reason: str) -> None:
    things.broken["registry"] = error
    body = {"ready": False, "checks": {"worker": "ok", "registry": reason}}
    assert await asked(things, "/readyz") == (503, body)
    assert (await asked(things, "/livez"))[0] == 200
    del things.broken["registry"]
    assert (await asked(things, "/readyz"))[0] == 200


async def test_what_hangs_is_not_ready(things: Things, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECK_WITHIN", 0.0)
    monkeypatch.setattr(things, "worker", lambda: asyncio.sleep(3600))
    checked = Health({"worker": things.worker}, things.shutdown)
    assert await checked.problems() == {"worker": "no answer within 0 s"}


async def test_probes_that_come_at_once_ask_once(things: Things, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CACHED_FOR", 3600.0)
    await asyncio.gather(*(things.health.problems() for _ in range(20)))
    assert things.asked == 1


async def test_a_worker_that_stops_is_not_ready_and_lives(things: Things) -> None:
    things.shutdown.requested.set()
    assert (await asked(things, "/livez"))[0] == 200
    status, answer = await asked(things, "/readyz")
    assert (status, answer["checks"]) == (503, {"worker": "it is shutting down", "registry": "ok"})


async def test_a_worker_that_failed_is_neither_ready_nor_alive(things: Things) -> None:
    things.shutdown.failure = "the worker failed"
    assert await asked(things, "/livez") == (503, {"alive": False, "worker": "the worker failed"})
    assert (await asked(things, "/readyz"))[0] == 503


async def test_another_page(things: Things) -> None:
    assert (await asked(things, "/metrics"))[0] == 404


@pytest.mark.parametrize("said", [b"\r\n\r\n", b"x" * 100_000, b"GET /livez", b"\xff\x00 \r\n\r\n"])
async def test_what_is_no_request_disturbs_nobody(things: Things, said: bytes) -> None:
    port = free_port()
    async with serving(f"127.0.0.1:{port}", things.health):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(said)
        writer.write_eof()
        answer = b""
        with suppress(ConnectionResetError):  # it had more to say
            answer = await reader.read()
        writer.close()
        assert not answer or json.loads(answer.partition(b"\r\n\r\n")[2])
        async with httpx.AsyncClient() as probe:
            assert (await probe.get(f"http://127.0.0.1:{port}/livez")).status_code == 200


async def test_a_port_that_is_taken(things: Things) -> None:
    address = f"127.0.0.1:{free_port()}"
    async with serving(address, things.health):
        with pytest.raises(SettingsError, match=r"CONVICTION_GATE_HEALTH: cannot bind to .*; choose"):
            async with serving(address, things.health):
                pytest.fail("it listens")


async def test_without_an_address_nobody_listens(things: Things) -> None:
    async with serving(None, things.health):
        pass


class _Keys(NamedTuple):
    """As much of a client as the check of the keys needs."""

    data_converter: DataConverter
    namespace: str = "default"


async def test_keys_that_changed_since_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "keys"
    monkeypatch.setenv("CONVICTION_GATE_ENCRYPTION", "on")
    monkeypatch.setenv("CONVICTION_GATE_KEYS", str(folder))
    first = make_key(folder, "k1")
    started = _Keys(converter_for(Settings(), "default"))
    checked = Health(
        {"keys": partial(health.check_keys, cast(Client, started))}, GracefulShutdown(timedelta(seconds=20))
    )
    monkeypatch.setattr(health, "CACHED_FOR", 0.0)

    async def found() -> str | None:
        return (await checked.problems())["keys"]

    assert await found() is None
    make_key(folder, "k2")  # which opens only, until it is used
    assert await found() is None
    use_key(folder, "k2")
    assert await found() == "the key 'k2' became the current one after this worker started; restart it"
    use_key(folder, "k1")
    assert await found() is None
    first.write_text(new_secret())
    gone = "this worker encrypts with the key 'k1', which is gone; put it back"
    assert await found() == gone
    use_key(folder, "k2")
    first.unlink()
    assert await found() == gone
    (folder / "current").write_text("k1")
    lost = await found()
    assert lost is not None
    assert lost.startswith("this worker goes on with the keys of its start, but could not restart: ")
    assert "names a key that does not exist; restore its file" in lost
    monkeypatch.setenv("CONVICTION_GATE_ENCRYPTION", "off")
    assert await found() == "encryption is off now, and was not when this worker started; restart it"
