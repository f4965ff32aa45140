"""What a probe could not see: tasks that never end, a registry without writes, too many connections."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from conviction_gate.devserver.resources import free_port
from conviction_gate.registry import Registry, RegistryError
from conviction_gate.service import health, monitoring, shutdown
from conviction_gate.service.health import Health, serving
from conviction_gate.service.monitoring import end_where_stuck
from conviction_gate.service.shutdown import GracefulShutdown
from conviction_gate.temporal import sandbox
from conviction_gate.temporal.sandbox import Activations


def healthy() -> Health:
    return Health({}, GracefulShutdown(timedelta(seconds=20)))


async def test_a_worker_whose_workflow_tasks_never_end_is_not_live(monkeypatch: pytest.MonkeyPatch) -> None:
    activations = Activations()
    monkeypatch.setattr(health, "activations", activations)
    monkeypatch.setattr(sandbox, "STUCK_AFTER", 0.0)
    address = f"127.0.0.1:{free_port()}"
    async with serving(address, healthy()), httpx.AsyncClient() as probe:
        assert (await probe.get(f"http://{address}/livez")).status_code == 200
        stuck = activations.begin()
        answer = await probe.get(f"http://{address}/livez")
        assert (answer.status_code, "no workflow task has ended" in answer.json()["worker"]) == (503, True)
        activations.end(stuck)
        assert (await probe.get(f"http://{address}/livez")).status_code == 200


async def test_a_worker_whose_workflow_tasks_never_end_ends_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    activations, ended = Activations(), asyncio.Queue[tuple[int, str]]()
    monkeypatch.setattr(monitoring, "activations", activations)
    monkeypatch.setattr(monitoring, "CHECK_EVERY", 0.01)
    monkeypatch.setattr(sandbox, "STUCK_AFTER", 0.0)
    monkeypatch.setattr(shutdown, "_exit_now", lambda *how: ended.put_nowait(how))
    watch = asyncio.create_task(end_where_stuck(GracefulShutdown(timedelta(seconds=20))))
    await asyncio.sleep(0.05)
    assert ended.empty()
    activations.begin()
    code, reason = await ended.get()
    await watch
    assert (code, "no workflow task has ended" in reason) == (1, True)


def test_one_task_that_never_ends_does_not_count_while_others_end() -> None:
    activations = Activations()
    activations.begin()
    activations.end(activations.begin())
    assert activations.failure is None


async def test_a_registry_that_takes_no_writes_is_not_ready(sqlite_url: str) -> None:
    async with await Registry.open(sqlite_url) as registry:
        await registry.check_writes()
        await registry._database.write(
            lambda session: session.execute(
                text(
                    "CREATE TRIGGER full BEFORE UPDATE ON alembic_version "
                    "BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"
                )
            )
        )
        await registry.check()
        with pytest.raises(RegistryError):
            await registry.check_writes()


async def test_the_check_changes_nothing(url: str) -> None:
    async with await Registry.open(url) as registry:
        await registry.check_writes()
        await registry.check()


async def test_one_connection_too_many_takes_the_place_of_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "MAX_CONNECTIONS", 3)
    monkeypatch.setattr(health, "REQUEST_WITHIN", 3600.0)
    address = f"127.0.0.1:{free_port()}"
    host, _, port = address.partition(":")
    async with serving(address, healthy()), httpx.AsyncClient() as probe:
        silent = [await asyncio.open_connection(host, int(port)) for _ in range(3)]
        assert (await probe.get(f"http://{address}/livez")).status_code == 200
        with suppress(ConnectionResetError):
            assert await asyncio.wait_for(silent[0][0].read(), 20) == b""
        for _, writer in silent:
            writer.close()
