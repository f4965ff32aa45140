"""`convert`, and `--map` with the commands that take JSON Lines."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from conviction_gate.cli.bulk.mapped import RefusedRows, source
from conviction_gate.cli.command_line import app
from conviction_gate.contracts.reading import DoesNotFit

MAPS = Path(__file__).parents[4] / "deploy/maps"
JAIL = MAPS / "jail-bookings.toml"
COURT = MAPS / "case-charges.toml"
RAP_SHEET = MAPS / "rap-sheet.toml"


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with copies of the samples, and a data folder of its own."""
    shutil.copytree(MAPS / "samples", tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("CONVICTION_GATE_DATA", str(tmp_path / "data"))
    return tmp_path


def ran(*words: object, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(app, [*map(str, words)], input=stdin)


def test_messages_go_to_the_output_and_refused_rows_beside_the_file(sample: Path) -> None:
    done = ran("convert", "--map", JAIL, sample / "jail-bookings.csv")
    assert done.exit_code == 1
    assert [json.loads(line)["booking_number"] for line in done.stdout.splitlines()] == [
        "B-1001",
        "B-1002",
        "B-1003",
        "B-1005",
    ]
    refused = sample / "jail-bookings.csv.refused.csv"
    assert "line 7: refused: charge.severity (column 'Level'): 'W' has no value" in done.stderr
    assert f"the refused rows are in {refused}; correct them there" in done.stderr
    assert done.stderr.endswith("4 messages, 1 refused\n")
    assert "B-1004,T-1004,,,,,F-1004" in refused.read_text("utf-8-sig")
    refused.write_text(refused.read_text("utf-8-sig").replace(",W,", ",M,"), "utf-8")
    again = ran("convert", "--map", JAIL, refused)
    assert (again.exit_code, json.loads(again.stdout)["message_id"]) == (0, "jail-bookings:B-1004")


def test_check_prints_what_would_happen_and_writes_nothing(sample: Path) -> None:
    before = sorted(sample.iterdir())
    done = ran("convert", "--map", COURT, sample / "case-charges.csv", "--check")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "cp1252, CRLF; 8 rows",
        "     2 conviction",
        "     2 dismissal",
        "     2 court_update",
        "     2 refused",
        "Literals that the map does not explain:",
        "     1 disposition (column 'Disposition'): 'PLEA BARGAIN'",
        "Dropped columns: Defendant, DOB",
        "Codes: 1 placed, 0 not placed, which a person looks at",
    ]
    assert sorted(sample.iterdir()) == before


def test_check_counts_codes_that_no_row_places(sample: Path) -> None:
    data = (sample / "jail-bookings.csv").read_bytes().replace(b"22350", b"99999")
    found = json.loads(ran("convert", "--map", JAIL, "-", "--check", "--json", stdin=data).stdout)
    assert found["codes_not_placed"] == [{"scheme": "CA-VC", "code": "99999", "charges": 1, "meant": []}]
    assert (found["codes_placed"], found["messages"], found["skipped"]) == (4, {"booking": 4}, 1)
    assert [one["line"] for one in found["refused_rows"]] == [7]


def test_check_names_the_scheme_that_may_be_meant(sample: Path) -> None:
    text = JAIL.read_text("utf-8").replace('"CA-VC"', '"CALVC"')
    (sample / "own.toml").write_text(text, "utf-8")
    done = ran("convert", "--map", sample / "own.toml", sample / "jail-bookings.csv", "--check")
    assert "     1 CALVC 22350: no scheme CALVC; did you mean CA-VC" in done.stdout


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--map", "gone.toml", "-"], "--map: gone.toml cannot be read"),
        (["--map", COURT, "-"], "-: its bytes are UTF-8, and the map says cp1252; write encoding ="),
        (["--map", RAP_SHEET, "-"], r"-: its columns are not parted by '\t' but by ','"),
    ],
)
def test_what_cannot_be_done_is_one_line(sample: Path, words: list[object], reason: str) -> None:
    done = ran("convert", *words, stdin=(sample / "jail-bookings.csv").read_bytes())
    assert done.exit_code == 2
    assert done.stderr.replace("<stdin>", "-").startswith(f"error: {reason}")
    assert done.stderr.count("\n") == 1


def test_other_commands_get_the_messages_and_keep_the_refused_rows(sample: Path) -> None:
    with (sample / "case-charges.csv").open("rb") as file:
        found = source(file, COURT)
    items = list(found.items)
    assert [item.where for item in items] == [f"line {n}" for n in range(2, 10)]
    assert (items[-1].end, found.size) == (8, 8)
    assert json.loads(items[0].read(bytes.decode))["type"] == "conviction"
    with pytest.raises(DoesNotFit, match="'PLEA BARGAIN' has no value"):
        items[5].read(bytes.decode)
    refused = found.refused
    assert isinstance(refused, RefusedRows)
    assert refused.add(items[5], "no such word")
    assert refused.add(items[0], "its case has ended")
    lines = refused.path.read_text("cp1252").splitlines()
    assert refused.path.name == "case-charges.csv.refused.csv"
    assert [line.split(";")[1] for line in lines] == ["OTN", "T-1007", "T-1001"]
    assert [line.rsplit(";", 2)[1:] for line in lines[1:]] == [
        ["7", "no such word"],
        ["2", "its case has ended"],
    ]


def test_histories_and_dockets_are_imported_by_a_map(sample: Path) -> None:
    done = ran("history", "import", sample / "rap-sheet.tsv", "--map", RAP_SHEET, "--json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["imported"], [one["where"] for one in found["refused"]]) == (1, 4, ["line 5"])
    assert (sample / "rap-sheet.tsv.refused.csv").exists()
    done = ran("docket", "import", sample / "case-charges.csv", "--map", COURT, "--json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["imported"], len(found["refused"])) == (1, 6, 2)


def test_a_jail_without_codes_sends_its_words(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (sample / "jail.toml").write_text(
        """
makes = "booking"
[columns]
booking_number = "Booking"
tracking_number = "OTN"
"subject.fbi_number" = "FBI"
"charge.code" = "Charge"
booked_at = { column = "Booked", formats = ["%m/%d/%Y"], time_zone = "America/New_York" }
[constants]
agency = "GA0330000"
"charge.scheme" = "COBB-WORDS"
""",
        "utf-8",
    )
    words = ("Driving while license  SUSPENDED", "HIT AND RUN; DUTY *", "Traffic offense", "traffic offense")
    rows = (f"B-{n},A-{n},F-{n},{word},05/04/2012" for n, word in enumerate(words))
    (sample / "jail.csv").write_text("\n".join(("Booking,OTN,FBI,Charge,Booked", *rows)), "utf-8")
    (sample / "own.csv").write_text(
        "scheme,code,description,charge_class,severity,source,verified,note\n"
        "COBB-WORDS,DRIVING WHILE LICENSE SUSPENDED,Suspended license,minor_traffic,,O.C.G.A. 40-5-121,yes,\n"
        "COBB-WORDS,HIT AND RUN; DUTY *,Hit and run,hit_and_run,,O.C.G.A. 40-6-270,yes,\n",
        "utf-8",
    )
    monkeypatch.setenv("CONVICTION_GATE_AGENCIES", json.dumps({"GA033": {"catalog": str(sample / "own.csv")}}))
    done = ran("convert", "--map", sample / "jail.toml", sample / "jail.csv", "--check", "--json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["codes_placed"]) == (0, 2)
    assert [(one["code"], one["charges"]) for one in found["codes_not_placed"]] == [
        ("Traffic offense", 1),
        ("traffic offense", 1),
    ]
