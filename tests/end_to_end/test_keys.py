"""`conviction-gate keys`, and a server with encryption: its key, a rotation, and a missing key."""

import json
import re
from pathlib import Path

import pytest

from tests.support.instance import Instance
from tests.support.sent_messages import AGENCY, a_booking, a_conviction

pytestmark = pytest.mark.usefixtures("encrypted")


async def test_the_commands(instance: Instance) -> None:
    assert "no key" in await instance.gate("keys", "list", code=2)
    assert "make one with `conviction-gate keys new`" in await instance.gate("list", code=2)
    made = await instance.gate("keys", "new", "k1")
    assert made.startswith(f"made {instance.data}/keys/k1.key; keep a copy")
    assert "conviction-gate keys use k2" in await instance.gate("keys", "new", "k2")
    await instance.gate("keys", "use", "k2")
    listed = await instance.gate("keys", "list")
    assert [line.split()[:2] for line in listed.splitlines()] == [["k1", "decrypts"], ["k2", "current"]]
    rows = json.loads(await instance.gate("keys", "list", "--json"))
    assert rows[1] == {"id": "k2", "current": True, "file": f"{instance.data}/keys/k2.key", "age_days": 0}
    secrets = [file.read_text().strip() for file in (instance.data / "keys").glob("*.key")]
    assert not any(secret in made + listed for secret in secrets)
    assert "see `conviction-gate keys list`" in await instance.gate("keys", "use", "k3", code=2)
    printed = await instance.gate("keys", "new", "k9", "--print")
    assert re.fullmatch(r"k9=[A-Za-z0-9+/]{43}=\n", printed)
    assert not (instance.data / "keys" / "k9.key").exists()


async def test_keys_of_the_environment_are_not_mixed_with_files(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONVICTION_GATE_KEYRING", await instance.gate("keys", "new", "k9", "--print"))
    assert await instance.gate("keys", "list") == "k9\tcurrent\tCONVICTION_GATE_KEYRING\t\n"
    assert "keys new --print" in await instance.gate("keys", "new", code=2)


async def test_a_case_waits_through_a_rotation(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    await instance.up()
    await instance.gate("history", "import", "-", stdin=json.dumps({"subject": {"fbi_number": "F-9"}}))
    await instance.gate("start", "-", stdin=json.dumps(a_booking("R-1")))
    waiting = f"booking-case:{AGENCY}:R-1"
    await instance.until(waiting, status="waiting_for_court")
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("CONVICTION_GATE_KEYRING", await instance.gate("keys", "new", "theirs", "--print"))
        said = await instance.gate("show", waiting, code=2)
        assert re.fullmatch(
            r"error: the payload is encrypted with the key '[-0-9]+', which is not .*; restore that key .*\n",
            said,
        )
    convicted = {"type": "conviction", "agency": AGENCY, "tracking_number": "R-1", **a_conviction("R-1")}
    await instance.gate("keys", "new", "k2")
    await instance.gate("keys", "use", "k2")
    await instance.stop()
    await instance.up()
    await instance.gate("send", "-", stdin=json.dumps(convicted))
    assert (await instance.until(waiting, status="flagged"))["rule"] == "flag.convicted"
    keys = {key["id"]: key["current"] for key in json.loads(await instance.gate("keys", "list", "--json"))}
    assert keys.pop("k2")
    assert len(keys) == 1


async def test_a_server_that_lost_its_keys_gets_no_new_ones(instance: Instance) -> None:
    await instance.up()
    await instance.stop()
    kept = (instance.data / "keys").rename(instance.data / "copy")
    ports = (
        "--port",
        str(instance.port),
        "--ui-port",
        str(instance.ui_port),
        "--codec-port",
        str(instance.codec_port),
        "--door-port",
        str(instance.door_port),
    )
    assert "restore your copy of the keys" in await instance.gate("up", *ports, code=1)
    kept.rename(instance.data / "keys")
    await instance.up()


async def test_a_bad_key_is_one_line(instance: Instance, tmp_path: Path) -> None:
    await instance.gate("keys", "new", "k1")
    (instance.data / "keys" / "k1.key").chmod(0o644)
    for command in (("up",), ("list",), ("keys", "list")):
        said = await instance.gate(*command, code=1 if command == ("up",) else 2)
        assert re.fullmatch(r".*k1\.key is accessible to other users \(0644\); run `chmod 600 .*`\n", said)
