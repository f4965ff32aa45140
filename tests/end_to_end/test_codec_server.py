"""What is sealed, read through the codec server: by `temporal`, by who has a token, and by nobody else."""

import json
import re
import signal
from asyncio.subprocess import PIPE

import httpx
import pytest

from runtime import children
from runtime.embedded import free_port
from tests.end_to_end.conftest import BIN, House
from tests.end_to_end.test_client import AGENCY, a_booking

pytestmark = pytest.mark.usefixtures("encrypted")

CASE = f"booking-case:{AGENCY}:C-1"
TOKEN = "0123456789abcdef0123456789abcdef"


async def test_the_temporal_program_reads_what_the_server_does_not_hold(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = await house.up()
    up = f"http://127.0.0.1:{house.codec_port}"
    assert f"codec server {up}" in ready
    await house.gate("history", "import", "-", stdin=json.dumps({"subject": {"fbi_number": "F-C-1"}}))
    await house.gate("start", "-", stdin=json.dumps(a_booking("C-1")))
    await house.until(CASE, status="waiting_for_court")
    show = ("temporal", "workflow", "show", "-w", CASE, "--detailed")
    assert "F-C-1" not in await house.run(*show)
    assert "F-C-1" in await house.run(*show, "--codec-endpoint", up)
    # What the program sends is sealed too.
    await house.run(
        *("temporal", "workflow", "signal", "-w", CASE, "--codec-endpoint", up),
        *("--name", "court_update", "--input"),
        '{"message_id": "marker-7", "charge_id": "1", "occurred_on": "2012-06-20", "entry": "continuance"}',
    )
    assert "marker-7" in [message["message_id"] for message in (await house.show(CASE))["messages"]]
    audit = (house.data / "codec.log").read_text()
    told = [json.loads(line) for line in audit.splitlines()]
    assert {(line["who"], line["result"]) for line in told} == {("anybody", "ok")}
    assert {line["route"] for line in told} == {"/encode", "/decode"}
    assert not re.search("F-C-1|marker-7", audit)

    address = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("CONVICTION_GATE_CODEC_ADDRESS", address)
    assert "openssl rand -hex 32" in await house.gate("codec-server", code=2)
    monkeypatch.setenv("CONVICTION_GATE_CODEC_TOKEN", f"r-7={TOKEN}")
    server = await children.spawn(
        str(BIN / "conviction-gate"), "codec-server", env=house.environment, stdout=PIPE, stderr=PIPE
    )
    assert server.stderr is not None
    ready = (await server.stderr.readline()).decode()
    assert ready == f"ready: codec server http://{address}, namespace default\n"
    by_token = ("--codec-endpoint", f"http://{address}", "--codec-auth")
    # With another one the program itself says nothing but `context deadline exceeded`, after a minute.
    async with httpx.AsyncClient(trust_env=False) as client:
        refused = await client.post(f"http://{address}/decode", json={}, headers={"Authorization": "Bearer x"})
    assert "no token that is known here" in refused.text
    assert "F-C-1" in await house.run(*show, *by_token, f"Bearer {TOKEN}")
    server.send_signal(signal.SIGTERM)
    said, _ = await server.communicate()
    assert server.returncode == 0
    told = [json.loads(line) for line in said.decode().splitlines()]
    assert {(line["who"], line["result"]) for line in told} == {(None, "refused, 401"), ("r-7", "ok")}

    await house.stop()
    assert not [
        file for file in house.data.glob("temporal.db*") if re.search(b"F-C-1|marker-7", file.read_bytes())
    ]
