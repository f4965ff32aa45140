"""`conviction-gate keys`, and a server with encryption: its key, a rotation, and a missing key."""

import json
import re
from pathlib import Path

import pytest

from tests.end_to_end.conftest import House
from tests.end_to_end.test_client import AGENCY, a_booking, a_conviction

pytestmark = pytest.mark.usefixtures("encrypted")


async def test_the_commands(house: House) -> None:
    assert "no key" in await house.gate("keys", "list", code=2)
    assert "make one with `conviction-gate keys new`" in await house.gate("list", code=2)
    made = await house.gate("keys", "new", "k1")
    assert made.startswith(f"made {house.data}/keys/k1.key; keep a copy")
    assert "conviction-gate keys use k2" in await house.gate("keys", "new", "k2")
    await house.gate("keys", "use", "k2")
    listed = await house.gate("keys", "list")
    assert [line.split()[:2] for line in listed.splitlines()] == [["k1", "decrypts"], ["k2", "current"]]
    rows = json.loads(await house.gate("keys", "list", "--json"))
    assert rows[1] == {"id": "k2", "current": True, "file": f"{house.data}/keys/k2.key", "age_days": 0}
    secrets = [file.read_text().strip() for file in (house.data / "keys").glob("*.key")]
    assert not any(secret in made + listed for secret in secrets)
    assert "see `conviction-gate keys list`" in await house.gate("keys", "use", "k3", code=2)
    printed = await house.gate("keys", "new", "k9", "--print")
    assert re.fullmatch(r"k9=[A-Za-z0-9+/]{43}=\n", printed)
    assert not (house.data / "keys" / "k9.key").exists()


async def test_keys_of_the_environment_are_not_mixed_with_files(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONVICTION_GATE_KEYRING", await house.gate("keys", "new", "k9", "--print"))
    assert await house.gate("keys", "list") == "k9\tcurrent\tCONVICTION_GATE_KEYRING\t\n"
    assert "keys new --print" in await house.gate("keys", "new", code=2)


async def test_a_case_waits_through_a_rotation(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.up()
    await house.gate("history", "import", "-", stdin=json.dumps({"subject": {"fbi_number": "F-9"}}))
    await house.gate("start", "-", stdin=json.dumps(a_booking("R-1")))
    waiting = f"booking-case:{AGENCY}:R-1"
    await house.until(waiting, status="waiting_for_court")
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("CONVICTION_GATE_KEYRING", await house.gate("keys", "new", "theirs", "--print"))
        said = await house.gate("show", waiting, code=2)
        assert re.fullmatch(
            r"error: the payload is encrypted with the key '[-0-9]+', which is not .*; restore that key .*\n",
            said,
        )
    convicted = {"type": "conviction", "agency": AGENCY, "tracking_number": "R-1", **a_conviction("R-1")}
    await house.gate("keys", "new", "k2")
    await house.gate("keys", "use", "k2")
    await house.stop()
    await house.up()
    await house.gate("send", "-", stdin=json.dumps(convicted))
    assert (await house.until(waiting, status="flagged"))["rule"] == "flag.convicted"
    keys = {key["id"]: key["current"] for key in json.loads(await house.gate("keys", "list", "--json"))}
    assert keys.pop("k2")
    assert len(keys) == 1


async def test_a_server_that_lost_its_keys_gets_no_new_ones(house: House) -> None:
    await house.up()
    await house.stop()
    kept = (house.data / "keys").rename(house.data / "copy")
    ports = ("--port", str(house.port), "--ui-port", str(house.ui_port), "--codec-port", str(house.codec_port))
    assert "restore your copy of the keys" in await house.gate("up", *ports, code=1)
    kept.rename(house.data / "keys")
    await house.up()


async def test_a_bad_key_is_one_line(house: House, tmp_path: Path) -> None:
    await house.gate("keys", "new", "k1")
    (house.data / "keys" / "k1.key").chmod(0o644)
    for command in (("up",), ("list",), ("keys", "list")):
        said = await house.gate(*command, code=1 if command == ("up",) else 2)
        assert re.fullmatch(r".*k1\.key is accessible to other users \(0644\); run `chmod 600 .*`\n", said)
