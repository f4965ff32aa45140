"""`charges diff`: which codes two catalogs place differently, and how many cases hold such a code."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from conviction_gate.cli import charges_diff
from conviction_gate.cli.command_line import app
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.booking import Offense
from conviction_gate.contracts.case import CaseView, ChargeView
from conviction_gate.contracts.internal.facts import ClassifiedOffense
from conviction_gate.registry import Registry, migrate
from tests.support.conclusions import cleared, flagged, withdrawal

HEADER = (
    "scheme,code,covers,except,description,charge_class,severity,severity_source,source,verified,from,until,"
    "note\n"
)
OLD = HEADER + (
    "ZZ,1(a),,,Stop sign,minor_traffic,misdemeanor,the law,ours,yes,,,\n"
    "ZZ,2,,,Signal,minor_traffic,,,ours,yes,,,\n"
    "ZZ,3,,,Gone,minor_traffic,,,ours,yes,,,\n"
    "ZZ,4,,,Changed by its day,minor_traffic,,,ours,yes,,2014-06-30,\n"
)
NEW = HEADER + (
    "ZZ,1,subdivisions,,Stop sign,minor_traffic,infraction,the law,ours,yes,,,\n"
    "ZZ,2,,,Signal,minor_traffic,,,ours,yes,,,\n"
    "ZZ,4,,,Changed by its day,dui,,,ours,yes,,2014-06-30,\n"
    "ZZ,5,,,Come,hit_and_run,,,ours,yes,,,\n"
)


def ran(*words: str) -> Result:
    return CliRunner().invoke(app, ["charges", "diff", *words])


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """The old catalog as a folder of one file, the new one as a file."""
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / "zz.csv").write_text(OLD)
    new = tmp_path / "new.csv"
    new.write_text(NEW)
    return str(folder), str(new)


def test_codes_that_are_placed_differently_are_listed(files: tuple[str, str]) -> None:
    shown = ran(*files)
    assert shown.exit_code == 0
    assert shown.stdout.splitlines() == [
        "5 codes are placed differently",
        "  ZZ 1: not placed -> minor_traffic, infraction",
        "  ZZ 1(a): minor_traffic, misdemeanor -> minor_traffic, infraction",
        "  ZZ 3: minor_traffic -> not placed",
        "  ZZ 4: minor_traffic -> dui",
        "  ZZ 5: not placed -> hit_and_run",
    ]


def test_the_catalog_of_this_release_is_the_new_one_where_none_is_named(tmp_path: Path) -> None:
    old = tmp_path / "old.csv"
    old.write_text(HEADER + "CA-VC,12500(a),,,Unlicensed,dui,,,ours,yes,,,\n")
    lines = ran(str(old)).stdout.splitlines()
    assert "  CA-VC 12500(a): dui -> minor_traffic, wobbler" in lines
    assert "  CA-VC 12500: not placed -> minor_traffic, wobbler" in lines


def test_cases_that_hold_such_a_code_are_counted(
    files: tuple[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CONVICTION_GATE_DATA", str(tmp_path / "data"))

    async def with_cases() -> None:
        await migrate(Settings().registry)
        async with await Registry.open(Settings().registry) as registry:
            for number, codes in enumerate((("1(a)", "2"), ("1 (A)",), ("1(a)",), ("2",))):
                done = flagged(case=f"A-{number}") if number == 2 else cleared(case=f"A-{number}")
                offenses = (Offense(scheme="ZZ", code=code) for code in codes)
                placed = tuple(
                    ClassifiedOffense(**offense.model_dump(), charge_class="minor_traffic")
                    for offense in offenses
                )
                facts = done.facts.model_copy(update={"placements": placed})
                done = done.model_copy(update={"facts": facts})
                await (registry.flag(done) if number == 2 else registry.clear(done))
                if number == 2:
                    lifted = withdrawal("defer.traffic_only")
                    same = lifted.conclusion.model_copy(update={"case": done.case, "facts": facts})
                    await registry.withdraw(lifted.model_copy(update={"conclusion": same}))

    asyncio.run(with_cases())
    on_the_server = flagged(case="A-2").case
    charge = ChargeView(
        charge_id="1",
        scheme="ZZ",
        code="1(a)",
        charge_class="minor_traffic",
        severity=None,
        disposition=None,
        decided_on=None,
    )
    waiting = on_the_server.model_copy(update={"charges": (charge,)})
    unconcerned = on_the_server.model_copy(
        update={"charges": (charge.model_copy(update={"code": "2"}),), "booked_at": None}
    )

    class Server:
        async def open_cases(self) -> AsyncIterator[CaseView]:
            yield waiting
            yield unconcerned

    @asynccontextmanager
    async def server() -> AsyncIterator[Server]:
        yield Server()

    monkeypatch.setattr(charges_diff, "cases", server)
    found = {
        one["code"]: (one["ended"], one["open"]) for one in json.loads(ran(*files, "--cases", "--json").stdout)
    }
    assert found == {"1(a)": (1, 1), "1 (A)": (1, 0), "1": (0, 0), "3": (0, 0), "4": (0, 0), "5": (0, 0)}
    assert (
        "  ZZ 1(a): minor_traffic, misdemeanor -> minor_traffic, infraction; 1 ended cases, 1 open"
        in ran(*files, "--cases").stdout.splitlines()
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "holds no CSV file"),
        ("code\n", "its first line must name the columns"),
        (b"\xff", "cannot be read"),
    ],
)
def test_a_catalog_that_cannot_be_read_is_refused(
    tmp_path: Path, text: str | bytes | None, reason: str
) -> None:
    if text is not None:
        (tmp_path / "zz.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    shown = ran(str(tmp_path))
    assert shown.exit_code == 2
    assert reason in shown.stderr
