"""Encrypted payloads, read through the codec server: by `temporal`, by who has a token, and by nobody else."""

import json
import re
import signal
from asyncio.subprocess import PIPE, Process

import httpx
import pytest

from conviction_gate.devserver import processes
from conviction_gate.devserver.resources import free_port
from tests.support.instance import BIN, Instance
from tests.support.sent_messages import AGENCY, a_booking
from tests.support.token_issuer import AUDIENCE, Issuer, answering, new_rsa

pytestmark = pytest.mark.usefixtures("encrypted")

CASE = f"booking-case:{AGENCY}:C-1"
TOKEN = "0123456789abcdef0123456789abcdef"


async def test_the_temporal_program_reads_what_the_server_does_not_hold(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = await instance.up()
    up = f"http://127.0.0.1:{instance.codec_port}"
    assert f"codec server  {up}\n" in ready
    await instance.gate("history", "import", "-", stdin=json.dumps({"subject": {"fbi_number": "F-C-1"}}))
    await instance.gate("start", "-", stdin=json.dumps(a_booking("C-1")))
    await instance.until(CASE, status="waiting_for_court")
    show = ("temporal", "workflow", "show", "-w", CASE, "--detailed")
    assert "F-C-1" not in await instance.run(*show)
    assert "F-C-1" in await instance.run(*show, "--codec-endpoint", up)
    # What the program sends is encrypted too.
    await instance.run(
        *("temporal", "workflow", "signal", "-w", CASE, "--codec-endpoint", up),
        *("--name", "court_update", "--input"),
        '{"message_id": "marker-7", "charge_id": "1", "occurred_on": "2012-06-20", "entry": "continuance"}',
    )
    assert "marker-7" in [message["message_id"] for message in (await instance.show(CASE))["messages"]]
    audit = (instance.data / "codec.log").read_text()
    logged = [json.loads(line) for line in audit.splitlines()]
    assert {(line["who"], line["result"]) for line in logged} == {("anybody", "ok")}
    assert {line["route"] for line in logged} == {"/encode", "/decode"}
    assert not re.search("F-C-1|marker-7", audit)

    address = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("CONVICTION_GATE_CODEC_ADDRESS", address)
    assert "openssl rand -hex 32" in await instance.gate("codec-server", code=2)
    monkeypatch.setenv("CONVICTION_GATE_CODEC_TOKEN", f"r-7={TOKEN}")
    server = await codec_server(instance)
    assert await said_by(server) == f"ready: codec server http://{address}, namespace default\n"
    by_token = ("--codec-endpoint", f"http://{address}", "--codec-auth")
    # With another one the program itself says nothing but `context deadline exceeded`, after a minute.
    async with httpx.AsyncClient(trust_env=False) as client:
        refused = await client.post(f"http://{address}/decode", json={}, headers={"Authorization": "Bearer x"})
    assert "no known token" in refused.text
    assert "F-C-1" in await instance.run(*show, *by_token, f"Bearer {TOKEN}")
    logged = [json.loads(line) for line in (await ended(server)).splitlines()]
    assert {(line["who"], line["result"]) for line in logged} == {(None, "refused, 401"), ("r-7", "ok")}

    await instance.stop()
    assert not [
        file for file in instance.data.glob("temporal.db*") if re.search(b"F-C-1|marker-7", file.read_bytes())
    ]


async def test_who_signed_in_reads_by_the_token_of_the_sign_in(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    await instance.gate("keys", "new")
    address = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("CONVICTION_GATE_CODEC_ADDRESS", address)
    monkeypatch.setenv("CONVICTION_GATE_CODEC_AUDIENCE", AUDIENCE)
    assert "CODEC_AUDIENCE: requires" in await instance.gate("codec-server", code=2)
    with answering(Issuer(k1=new_rsa())) as issuer:
        monkeypatch.setenv("CONVICTION_GATE_CODEC_ISSUER", issuer.name)
        monkeypatch.setenv("CONVICTION_GATE_CODEC_JWKS", issuer.address)
        server = await codec_server(instance)
        assert (await said_by(server)).startswith("ready: codec server")
        read = await ask(address, issuer.token())
        assert (read.status_code, read.json()) == (200, {})
        stranger = await ask(address, issuer.token(key=new_rsa()))
        assert (stranger.status_code, "its signature" in stranger.text) == (401, True)
        issuer.status = 500
        assert (await ask(address, issuer.token())).status_code == 200
    logged = [json.loads(line) for line in (await ended(server)).splitlines()]
    assert [(line["who"], line["by"], line["result"]) for line in logged] == [
        ("u-17", "jwt", "ok"),
        (None, None, "refused, 401"),
        ("u-17", "jwt", "ok"),
    ]

    # With nobody at that address it starts all the same, and says what is wrong.
    server = await codec_server(instance)
    assert f"the sign-in's keys: {issuer.address} cannot be read" in await said_by(server)
    assert (await said_by(server)).startswith("ready: codec server")
    closed = await ask(address, issuer.token())
    assert (closed.status_code, "try again in 30 s" in closed.text) == (503, True)
    await ended(server)


async def codec_server(instance: Instance) -> Process:
    return await processes.spawn(
        str(BIN / "conviction-gate"), "codec-server", env=instance.environment, stdout=PIPE, stderr=PIPE
    )


async def said_by(server: Process) -> str:
    """The next line on its stderr."""
    assert server.stderr is not None
    return (await server.stderr.readline()).decode()


async def ended(server: Process) -> str:
    """Told to stop, it does; what its audit says."""
    server.send_signal(signal.SIGTERM)
    said, _ = await server.communicate()
    assert server.returncode == 0
    return said.decode()


async def ask(address: str, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}", "X-Namespace": "default"}
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.post(f"http://{address}/decode", json={"payloads": []}, headers=headers)
