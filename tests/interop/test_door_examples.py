"""The TypeScript sender of examples/door/, compiled and run by `make test-interop`."""

from pathlib import Path

from conviction_gate.devserver.resources import free_port
from tests.support.instance import Instance

EXAMPLES = Path(__file__).parents[2] / "examples"
TYPES = EXAMPLES / "typescript" / "node_modules"
OPTIONS = ("--module", "es2022", "--moduleResolution", "bundler", "--target", "es2022", "--strict")


async def test_the_sender_with_fetch_flags_a_case(tmp_path: Path) -> None:
    instance = Instance(tmp_path / "data", free_port(), free_port())
    await instance.up()
    types = ("--types", "node", "--typeRoots", str(TYPES / "@types"))
    built = ("--outDir", str(tmp_path / "built"))
    await instance.run(
        str(TYPES / ".bin" / "tsc"), str(EXAMPLES / "door" / "send.ts"), *OPTIONS, *types, *built
    )
    script = (tmp_path / "built" / "send.js").rename(tmp_path / "send.mjs")
    key = (instance.data / "door.key").read_text().strip()
    where = [f"DOOR=http://127.0.0.1:{instance.door_port}", f"KEY={key}"]
    said = await instance.run("env", *where, "node", str(script), "CAZZ01910", "T-1")
    assert said.splitlines()[1:] == [
        "booking again: duplicate true",
        "conviction: charge 1: conviction on 2013-07-15",
        "case: flagged, flag.convicted",
    ]
    await instance.stop()
