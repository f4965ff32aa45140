"""How a worker process ends: on a signal, by itself, and where it cannot start."""

import asyncio
import signal
import sqlite3
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import httpx
from google.protobuf.duration_pb2 import Duration
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.service import RPCError

from conviction_gate.devserver import processes, worker_process
from conviction_gate.devserver.resources import free_port
from tests.support.killable_workers import World, kill
from tests.support.workflow_cases import settled

HASTY = """
import asyncio, sys, time
from datetime import timedelta
from conviction_gate.service import shutdown
shutdown.MARGIN = timedelta(0)

class Stubborn:
    is_running = True
    async def run(self): await asyncio.sleep(3600)
    async def shutdown(self):
        print("stopping", flush=True)
        time.sleep(3600)  # nothing of this process goes on but its clock

async def main():
    stopping = shutdown.GracefulShutdown(timedelta(seconds=1))
    stopping.on_signals()
    await stopping.run(Stubborn(), lambda: asyncio.sleep(0), "worker ready")

asyncio.run(main())
"""


async def spawned(world: World, *command: str, **environment: str) -> Process:
    own = {
        "TEMPORAL_ADDRESS": world.running.address,
        "TEMPORAL_NAMESPACE": world.running.namespace,
        "CONVICTION_GATE_DATA": str(world.running.data),
    }
    env = worker_process.environment(own) | environment
    return await processes.spawn(*(command or worker_process.COMMAND), env=env, stdout=PIPE, stderr=PIPE)


async def ready(process: Process) -> None:
    assert process.stdout is not None
    assert (await process.stdout.readline()).startswith(worker_process.READY_LINE)


async def ended(process: Process) -> tuple[int | None, list[str]]:
    """Its exit code and what it said."""
    _, said = await process.communicate()
    return process.returncode, said.decode().splitlines()


class Deaf:
    """A service that takes questions and never answers."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def __aenter__(self) -> str:
        self._server = await asyncio.start_server(self._hear, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/history"

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.set()
        await reader.read()
        writer.close()


async def test_what_is_under_way_is_given_up_after_the_grace_and_another_worker_does_it(world: World) -> None:
    deaf = Deaf()
    async with deaf as url:
        first = await spawned(world, CONVICTION_GATE_HISTORY_URL=url, CONVICTION_GATE_WORKER_GRACE="0.1s")
        await ready(first)
        (case,) = await world.senders.book_many(1)
        await deaf.asked.wait()
        first.terminate()
        code, _ = await ended(first)
    assert code == 0
    async with world.worker():
        await settled(world.senders.handle(case), "waiting_for_court")


async def test_a_second_signal_ends_it_at_once_and_probes_see_it_stop(world: World) -> None:
    deaf = Deaf()
    port = free_port()
    async with deaf as url, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as probe:
        first = await spawned(
            world,
            CONVICTION_GATE_HISTORY_URL=url,
            CONVICTION_GATE_WORKER_GRACE="1h",
            CONVICTION_GATE_HEALTH=f"127.0.0.1:{port}",
        )
        await ready(first)
        while (await probe.get("/readyz")).status_code != 200:
            await asyncio.sleep(0.1)
        await world.senders.book_many(1)
        await deaf.asked.wait()
        first.terminate()
        while "shutting down" not in (await probe.get("/readyz")).text:
            await asyncio.sleep(0.02)
        assert (await probe.get("/livez")).status_code == 200
        first.terminate()
        code, said = await ended(first)
    assert code == 128 + signal.SIGTERM
    assert said[-1] == "worker: second signal, exiting at once; another worker takes its tasks"


async def test_one_that_hangs_is_left_when_its_time_is_over(world: World) -> None:
    process = await spawned(world, sys.executable, "-c", HASTY)
    await ready(process)
    process.terminate()
    code, said = await ended(process)
    assert (code, said) == (
        1,
        ["worker: not finished within 1 s, exiting anyway; another worker takes its tasks"],
    )


# Where it cannot start ------------------------------------------------------------------------------


async def refused(world: World, **environment: str) -> str:
    """The one line that a worker says which cannot start."""
    process = await spawned(world, **environment)
    try:
        code, said = await ended(process)
    finally:
        await kill(process)
    assert code == 1
    (line,) = said
    assert line.startswith("worker: ")
    return line.removeprefix("worker: ")


async def test_no_server(world: World) -> None:
    address = f"127.0.0.1:{free_port()}"
    assert await refused(world, TEMPORAL_ADDRESS=address) == (
        f"no Temporal server answers at {address}; start one with `conviction-gate up` or set TEMPORAL_ADDRESS"
    )


async def a_namespace(world: World, name: str) -> None:
    """A namespace without anything, known to all of the server."""
    await world.client.workflow_service.register_namespace(
        RegisterNamespaceRequest(namespace=name, workflow_execution_retention_period=Duration(seconds=86_400))
    )
    asked = ListSearchAttributesRequest(namespace=name)
    while True:
        try:
            await world.client.operator_service.list_search_attributes(asked)
        except RPCError:
            await asyncio.sleep(0.1)
        else:
            return


async def test_no_namespace_or_none_that_is_set_up(world: World) -> None:
    assert "; check TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE" in await refused(
        world, TEMPORAL_NAMESPACE="nowhere"
    )
    await a_namespace(world, "bare")
    line = await refused(world, TEMPORAL_NAMESPACE="bare")
    assert "CaseStatus (Keyword) is missing" in line
    assert line.endswith("; run `conviction-gate setup`")


async def test_a_registry_that_is_missing_or_newer(world: World, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    line = await refused(world, CONVICTION_GATE_REGISTRY_URL=url)
    assert line.endswith("is not set up; run `conviction-gate registry migrate`")
    (tmp_path / "registry.db").write_bytes((world.running.data / "registry.db").read_bytes())
    with sqlite3.connect(tmp_path / "registry.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    line = await refused(world, CONVICTION_GATE_REGISTRY_URL=url)
    assert line.endswith("install the release that wrote it, or a later one")


async def test_an_address_that_is_taken(world: World) -> None:
    taken = f"127.0.0.1:{world.running.address.rpartition(':')[2]}"
    for name in ("METRICS", "HEALTH"):
        line = await refused(world, **{f"CONVICTION_GATE_{name}": taken})
        assert f"CONVICTION_GATE_{name}" in line
        assert "choose another port" in line
