"""Two `up` on one machine, each with a data folder of its own and no port that was asked for."""

import re
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from conviction_gate.config.data_folder import SERVER_FILE, ServerAddresses, running_server
from conviction_gate.devserver import processes
from conviction_gate.devserver.resources import free_port
from tests.support.instance import BIN


def environment(data: Path, **more: str) -> dict[str, str]:
    env = processes.own_server_environment() | {"CONVICTION_GATE_DATA": str(data)}
    return env | {"CONVICTION_GATE_ENCRYPTION": "on"} | more


@asynccontextmanager
async def up(data: Path, *options: str, **more: str) -> AsyncIterator[Process]:
    """`conviction-gate up`, once it is ready; killed at the end if it still runs."""
    process = await processes.spawn(
        str(BIN / "conviction-gate"), "up", *options, env=environment(data, **more), stdout=PIPE, stderr=None
    )
    try:
        assert process.stdout is not None
        line = await process.stdout.readline()
        assert line.startswith(b"ready: ")
        yield process
    finally:
        await processes.stop(process, 60)


async def gate(data: Path, *words: str) -> str:
    """The output of a command that knows nothing but the data folder."""
    process = await processes.spawn(
        str(BIN / "conviction-gate"), *words, env=environment(data), stdout=PIPE, stderr=None
    )
    out, _ = await process.communicate()
    return out.decode()


def found(data: Path) -> ServerAddresses:
    server = running_server(data)
    assert server is not None
    return server


async def test_commands_find_the_server_of_their_data_folder(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    async with up(one), up(other) as process:
        first, second = found(one), found(other)
        assert not set(vars(first).values()) & set(vars(second).values()) - {None}
        for data, server in ((one, first), (other, second)):
            assert f"ok\tserver\t{server.address}," in await gate(data, "doctor")
        # The second one did not get the default port: it says how other programs find it.
        assert process.stdout is not None
        lines = [""]
        while "NeedsAttention" not in lines[-1]:
            lines.append((await process.stdout.readline()).decode().rstrip())
        assert f"  export TEMPORAL_ADDRESS={second.address}" in lines
        assert f"  export CONVICTION_GATE_DATA={other}" in lines
        assert f"  temporal workflow show --codec-endpoint {second.codec_address} -w CASE" in lines
        links = f"{second.ui_address}/namespaces/default/workflows?query="
        assert [line for line in lines if line.startswith(links)] == lines[-5::2]
        assert not [
            line for line in lines if len(line) > 80 and not line.startswith(links) and str(other) not in line
        ]
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"{second.codec_address}/livez")).status_code == 200
    for data in (one, other):
        assert not (data / SERVER_FILE).exists()


async def test_a_server_that_was_killed_is_not_found_and_the_next_one_is(tmp_path: Path) -> None:
    async with up(tmp_path, "--no-worker") as process:
        assert running_server(tmp_path) is not None
        process.send_signal(signal.SIGKILL)
        await process.wait()
    assert (tmp_path / SERVER_FILE).exists()
    async with up(tmp_path, "--no-worker"):  # it waits for what is left of the first one
        assert running_server(tmp_path) is not None
    assert running_server(tmp_path) is None


async def test_once_it_says_ready_its_worker_is(tmp_path: Path) -> None:
    health, metrics = (f"127.0.0.1:{free_port()}" for _ in range(2))
    own = {"CONVICTION_GATE_HEALTH": health, "CONVICTION_GATE_METRICS": metrics}
    async with up(tmp_path, **own), httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"http://{health}/readyz")
        assert (answer.status_code, answer.json()["ready"]) == (200, True), answer.text
        shown = (await client.get(f"http://{metrics}/metrics")).text
    assert re.findall(r"^conviction_gate_ready\S* (\S+)$", shown, re.MULTILINE) == ["1"]
    assert re.findall(r"^conviction_gate_check.* (\S+)$", shown, re.MULTILINE) == ["1"] * 4
