"""The TypeScript senders of examples/door/ and examples/client/, compiled and run by `make test-interop`."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from conviction_gate.devserver.resources import free_port
from tests.support.instance import Instance

EXAMPLES = Path(__file__).parents[2] / "examples"
TYPES = EXAMPLES / "typescript" / "node_modules"
OPTIONS = ("--module", "es2022", "--moduleResolution", "bundler", "--target", "es2022", "--strict")
SAID = [
    "booking again: duplicate true",
    "conviction: charge 1: conviction on 2013-07-15",
    "case: flagged, flag.convicted",
]


@pytest.fixture(scope="module")
async def instance(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Instance]:
    instance = Instance(tmp_path_factory.mktemp("examples") / "data", free_port(), free_port())
    await instance.up()
    yield instance
    await instance.stop()


async def sent(instance: Instance, script: Path, number: str) -> list[str]:
    """What a sender prints."""
    key = (instance.data / "door.key").read_text().strip()
    where = [f"DOOR=http://127.0.0.1:{instance.door_port}", f"KEY={key}"]
    return (await instance.run("env", *where, "node", str(script), "CAZZ01910", number)).splitlines()


async def test_the_sender_with_fetch_flags_a_case(instance: Instance, tmp_path: Path) -> None:
    types = ("--types", "node", "--typeRoots", str(TYPES / "@types"))
    built = ("--outDir", str(tmp_path / "built"))
    await instance.run(
        str(TYPES / ".bin" / "tsc"), str(EXAMPLES / "door" / "send.ts"), *OPTIONS, *types, *built
    )
    script = (tmp_path / "built" / "send.js").rename(tmp_path / "send.mjs")
    assert (await sent(instance, script, "T-1"))[1:] == SAID


async def test_the_sender_with_a_generated_client_flags_a_case(instance: Instance) -> None:
    first, *said = await sent(instance, EXAMPLES / "client" / "dist" / "main.js", "T-2")
    assert (first, said) == ("booking: 201 checking_history", SAID)


def test_the_generated_client_knows_every_call() -> None:
    generated = (EXAMPLES / "client" / "src" / "door.d.ts").read_text()
    for name in ("book", "sendMessage", "rule", "reopen", "listFlags"):
        assert f"{name}: {{" in generated
