"""What docker-compose.yml describes, by hand: set-up, two workers, a registry on PostgreSQL."""

import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from conviction_gate.devserver import processes, worker_process
from conviction_gate.devserver.embedded import embedded
from conviction_gate.devserver.resources import free_port
from tests.support.instance import Instance
from tests.support.sent_messages import a_booking, a_conviction

AGENCY = "CAZZ00515"


@asynccontextmanager
async def working(instance: Instance) -> AsyncIterator[Process]:
    """`python -m worker`, as the image starts it."""
    env = worker_process.environment({"TEMPORAL_ADDRESS": f"127.0.0.1:{instance.port}"})
    process = await processes.spawn(*worker_process.COMMAND, env=env, stdout=PIPE, stderr=None)
    try:
        assert process.stdout is not None
        assert (await process.stdout.readline()).startswith(worker_process.READY_LINE)
        yield process
    finally:
        await processes.stop(process, worker_process.STOP_WITHIN)


async def test_a_case_outlives_the_worker_that_began_it(
    secrets: Path, bare_postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = secrets / "conviction_gate_registry_url"
    address.unlink()
    address.write_text(bare_postgresql_url)
    # The workers and the command line share it, and nothing else.
    monkeypatch.setenv("CONVICTION_GATE_SECRETS", str(secrets))
    monkeypatch.delenv("CONVICTION_GATE_REGISTRY_URL", raising=False)
    instance = Instance(tmp_path / "data", free_port(), free_port())
    async with embedded(data=tmp_path / "server", port=instance.port, worker=False):
        assert "set up" in await instance.gate("setup")
        await instance.gate("setup")  # as at every start
        async with working(instance) as one, working(instance) as other:
            cases = [f"booking-case:{AGENCY}:T-{number}" for number in range(2)]
            bookings = [a_booking(f"T-{number}", agency=AGENCY) for number in range(2)]
            await instance.gate("start", "-", stdin="\n".join(map(json.dumps, bookings)))
            for case in cases:
                await instance.until(case, status="waiting_for_court")
            one.terminate()
            assert await one.wait() == 0
            messages = [a_conviction("1") | {"case_id": case} for case in cases]
            await instance.gate("send", "conviction", "-", stdin="\n".join(map(json.dumps, messages)))
            for case in cases:
                await instance.until(case, status="flagged")
            flags = json.loads(await instance.gate("flags", "--json"))
            assert sorted(flag["case_id"] for flag in flags) == cases
            assert other.returncode is None
            other.terminate()
            assert await other.wait() == 0
