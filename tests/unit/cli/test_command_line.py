"""Each command says what it did, or what to do."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from conviction_gate.cli.command_line import app
from conviction_gate.contracts.booking import Subject
from conviction_gate.registry import Registry
from tests.support.conclusions import CASE_ID, flagged
from tests.support.messages import CASE, CONVICTION


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder, given back to the environment afterwards whatever `--data` says."""
    monkeypatch.setenv("CONVICTION_GATE_DATA", str(tmp_path / "unused"))
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.delenv("CONVICTION_GATE_REGISTRY_URL", raising=False)
    return tmp_path / "data"


def gate(*words: str, code: int, stdin: str = "") -> str:
    result = CliRunner().invoke(app, words, input=stdin)
    assert result.exit_code == code, result.output
    return result.output


async def docket_of(folder: Path) -> tuple[Any, ...]:
    async with await Registry.open(f"sqlite:///{folder / 'registry.db'}") as opened:
        return tuple(map(json.loads, await opened.docket(CASE.agency, CASE.tracking_number)))


def test_a_fresh_folder_takes_histories_and_dockets(folder: Path) -> None:
    rows = '{"subject": {"fbi_number": "1"}}\n{"subject": {}}\n'
    said = gate("history", "import", "-", "--data", str(folder), stdin=rows, code=1)
    assert "1 imported, 1 refused" in said
    assert "line 2: refused: subject: " in said
    entry = json.dumps(CONVICTION | {"case_id": str(CASE), "type": "conviction"})
    said = gate("--data", str(folder), "docket", "import", "-", "--json", stdin=entry, code=0)
    assert json.loads(said) == {"imported": 1, "refused": []}
    assert asyncio.run(docket_of(folder)) == ({"type": "conviction", "sender": "", **CONVICTION},)
    assert gate("flags", "--json", "--data", str(folder), code=0) == "[]\n"
    assert gate("flags", "--data", str(folder), code=0) == "no flags\n"


async def records_of(folder: Path, fbi_number: str) -> list[str]:
    async with await Registry.open(f"sqlite:///{folder / 'registry.db'}") as opened:
        known = await opened.background([Subject(fbi_number=fbi_number)], str(CASE))
    return [record.disposition for record in known.history.records]


def test_a_history_line_that_is_refused_never_makes_a_record_look_clean(folder: Path) -> None:
    rows = '{"subject": {"fbi_number": "F-1"}, "records": [{"decided_on": "a word"}]}'
    assert "1 refused" in gate("history", "import", "-", "--data", str(folder), stdin=rows, code=1)
    assert asyncio.run(records_of(folder, "F-1")) == ["unknown"]
    rows = '{"subject": {"fbi_number": "F-1"}, "records": []}'
    said = gate("history", "import", "-", "--data", str(folder), "--json", stdin=rows, code=0)
    assert json.loads(said) == {"imported": 1, "refused": [], "flagged_cases": []}
    assert asyncio.run(records_of(folder, "F-1")) == []


def test_the_flagged_cases_that_a_history_concerns_are_named(folder: Path) -> None:
    gate("registry", "migrate", "--data", str(folder), code=0)

    async def flag() -> None:
        async with await Registry.open(f"sqlite:///{folder / 'registry.db'}") as opened:
            await opened.flag(flagged(fbi_number="F-1"))
            await opened.flag(flagged(case="T-2", fbi_number="F-2"))

    asyncio.run(flag())
    rows = '{"subject": {"fbi_number": "F-1"}, "records": []}'
    said = gate("history", "import", "-", "--data", str(folder), stdin=rows, code=0)
    assert f"1 flagged cases concerned: {CASE_ID}; ask for their records again with --recheck" in said


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("flags",), "conviction-gate registry migrate"),
        (("list",), "TEMPORAL_ADDRESS"),
        (("show", "CA0190000:x"), "conviction-gate up"),
        (("start", "-"), "conviction-gate up"),
        (("setup",), "conviction-gate up"),
        (("list", "--agency", "' OR 1"), "--agency"),
        (("send", "verdict", "-"), "TYPE: 'verdict' is not a type of message; "),
        (("send", "conviction", "-", "--case", "x"), "--case: 'x'"),
        (("send", "conviction"), "write `send conviction FILE`"),
        (("send", "no-such-file"), "no-such-file"),
        (("send", "."), "Is a directory"),
        (("send", "conviction", "a", "b"), "one file at a time"),
        (("list", "--waiting-for", "soon"), "--waiting-for: 'soon' is not a duration; write"),
        (("list", "--waiting-for", "0d"), "--waiting-for: '0d' is out of range"),
        (("list", "--limit", "1001"), "--limit"),
        (("start", "no-such-file"), "no-such-file"),
        (("list", "--status", "lost"), "--status"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(folder: Path, words: tuple[str, ...], named: str) -> None:
    assert named in gate(*words, code=2)


def test_the_file_that_is_read_is_never_written(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "bookings.refused.jsonl"
    file.write_text("{}\n")
    assert "--refused: " in gate("start", str(file), "--refused", str(file), code=2)
    tmp_path.joinpath("bookings.refused.refused.jsonl").symlink_to(file)
    assert "is the file that is read" in gate("start", str(file), code=2)
    assert file.read_text() == "{}\n"


def test_a_setting_that_does_not_fit_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVICTION_GATE_DOCKET_CHECK_EVERY", "often")
    assert "CONVICTION_GATE_DOCKET_CHECK_EVERY" in gate("flags", code=2)
