"""`charges lookup` and `charges check`, and the file of codes that an agency has of its own."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

import worker
from conviction_gate.cli.command_line import app
from conviction_gate.config.catalogs import read_catalogs
from conviction_gate.config.settings import Settings, SettingsError
from conviction_gate.policy.catalog import built_in

HEADER = "scheme,code,description,charge_class,severity,source,verified,note\n"
OWN = HEADER + "CA-VC,9999(a),Local sign,minor_traffic,infraction,county ordinance list,yes,\n"
AGENCY = "CAZZ00100"


def ran(*words: str, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(app, ["charges", *words], input=stdin)


@pytest.fixture
def own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that CONVICTION_GATE_AGENCIES names for agencies whose ORI begins with CAZZ."""
    file = tmp_path / "own.csv"
    file.write_text(OWN, "utf-8")
    monkeypatch.setenv("CONVICTION_GATE_AGENCIES", json.dumps({"CAZZ": {"catalog": str(file)}}))
    return file


def test_a_code_is_shown_in_any_spelling_with_how_it_was_read() -> None:
    shown = ran("lookup", "ca vc", "CVC 14601.2 (A)/M")
    assert shown.exit_code == 0
    assert shown.stdout.splitlines() == [
        "ca vc CVC 14601.2 (A)/M",
        "read as   14601.2(a), level m",
        "class     minor_traffic: in scope, no flag before a conviction where all is minor and the record is "
        "clean",
        "severity  misdemeanor, from self-law.org/code/ca/vehicle-code/40000-11 (Vehicle Code 40000.11)",
        "row       CA-VC 14601.2(a), Driving while suspended for a conviction under 23152 or 23153 (ca-vc.csv "
        "line 6)",
        "source    recalled (not verified)",
        "note      nobody suspects 23152 at this arrest; whether there was such a conviction the history tells",
    ]


def test_a_text_that_can_be_read_in_two_ways_shows_both() -> None:
    shown = ran("lookup", "CA-VC", "23152 F")
    assert shown.stdout.splitlines()[1] == "read as   23152(f) or as 23152, level f"
    found = json.loads(ran("lookup", "CA-VC", "23152 F", "--json").stdout)
    assert found["charge_class"] == "dui"
    assert [row["code"] for row in found["rows"]] == ["23152(f)", "23152"]


def test_a_code_that_changed_is_shown_for_the_day_of_the_booking() -> None:
    assert ran("lookup", "FL-FS", "316.027(1)(a)").exit_code == 1
    assert ran("lookup", "FL-FS", "316.027(1)(a)", "--on", "2014-07-01").exit_code == 1
    shown = ran("lookup", "FL-FS", "316.027(1)(a)", "--on", "2014-06-30")
    assert "class     hit_and_run: excluded by the policy" in shown.stdout


@pytest.mark.parametrize(
    ("scheme", "code", "meaning"),
    [
        ("NJ", "39:4-50", "excluded by the policy"),
        ("NIBRS", "240", "outside traffic law"),
        ("NCIC", "5015", "never decides"),
        ("NCIC", "5499", "a person rules which class it is"),
        (
            "CA-VC",
            "23103(a)",
            "in scope, no flag before a conviction where all is minor and the record is clean; booked",
        ),
        ("FL-FS", "316.1935", "excluded by the policy"),  # a serious felony
        ("CA-VC", "2800.2", "booked as a felony, it is excluded"),  # a wobbler
        ("AAMVA-ACD", "S95", "booked as a felony, it is excluded"),  # no severity
        ("CA-VC", "2800.1", "below felony, a person rules"),
    ],
)
def test_what_the_policy_makes_of_a_code(scheme: str, code: str, meaning: str) -> None:
    shown = ran("lookup", scheme, code, "--json")
    assert shown.exit_code == 0
    assert json.loads(shown.stdout)["meaning"].startswith(meaning)


def test_words_that_leave_a_code_open_are_named() -> None:
    shown = ran("lookup", "CA-VC", "HIT AND RUN 12500(A)").stdout.splitlines()
    assert "read as   12500(a), the words hit and run" in shown
    assert "no row of the catalog has it with these words" in shown
    assert any(line.startswith("another code: CA-VC 12500(a) is minor_traffic") for line in shown)


def test_a_code_that_is_not_there_goes_to_a_person_and_others_of_its_section_are_shown_with_their_class() -> (
    None
):
    shown = ran("lookup", "FL-FS", "316.192")
    assert shown.exit_code == 1
    assert shown.stdout.splitlines() == [
        "FL-FS 316.192",
        "read as   316.192",
        "class     unclassified: a person rules which class it is, and the case waits until then",
        "severity  none of its own",
        "no row of the catalog has it",
        "another code: FL-FS 316.192(2) is reckless_no_injury, Reckless driving",
        "another code: FL-FS 316.192(3)(c)1-PROP is reckless_no_injury, Reckless with property damage",
        "another code: FL-FS 316.192(3)(c)1-PERS is reckless_injury, Reckless with damage to a person",
        "another code: FL-FS 316.192(3)(c)2 is reckless_injury, Reckless with serious bodily injury",
        "another code: FL-FS 316.192(1) is reckless_no_injury, Reckless driving",
    ]
    assert json.loads(ran("lookup", "NJ", "2C:12-1", "--json").stdout)["near"] == [
        "another code: NJ 2C:12-1(c) is reckless_injury, Assault by auto"
    ]


@pytest.mark.parametrize(
    ("scheme", "hint"),
    [
        ("PC", "no scheme PC; did you mean CA-PC or TX-PC?"),
        ("CAVX", "no scheme CAVX; did you mean CA-VC"),
        ("ZZ", "no scheme ZZ; the catalog has AAMVA-ACD, "),
    ],
)
def test_a_scheme_that_is_not_there_is_answered_with_those_that_may_be_meant(scheme: str, hint: str) -> None:
    shown = ran("lookup", scheme, "1\x1b[2J")
    assert shown.exit_code == 1
    assert hint in shown.stdout
    assert "\x1b" not in shown.stdout


LIST = """Scheme,Code,Description,Count
CA-VC,12500(a),Unlicensed,12
CA-VC,12500 A,Unlicensed,3
TX-PC,49.04,DWI,4

CA-VC,2800.1,Evading,1
NCIC,5499,"Traffic, other",7
CA-VC,99999,,1
CA-VC,no code at all,,2
"""


def test_a_list_is_told_by_its_share_and_by_what_a_person_must_look_at() -> None:
    result = ran("check", "-", stdin=LIST)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "3 of 6 codes placed (50.0 %)",
        "20 of 30 charges placed (66.7 %)",
        "     3 unclassified",
        "     1 minor_traffic",
        "     1 dui",
        "     1 other_traffic_serious",
        "",
        "A person must look at 4:",
        "  CA-VC 2800.1 (Evading): below felony, a person rules whether it is minor",
        "  NCIC 5499 (Traffic, other): can be several offenses (reckless driving and eluding share this code; "
        "send the statute)",
        "  CA-VC 99999: no row of the catalog places 99999",
        "  CA-VC no code at all: cannot be read as a code of this scheme",
        "one code in 2 spellings, counted once: CA-VC 12500(a), CA-VC 12500 A",
    ]


def test_a_list_is_told_to_programs() -> None:
    lines = '{"scheme": "CA-VC", "code": "12500(a)", "n": 1}\n{"scheme": "CA-VC", "code": "2800.1"}\n'
    result = ran("check", "-", "--json", stdin=lines)
    assert result.exit_code == 0  # all are placed, though one is for a person
    assert json.loads(result.stdout) == {
        "codes": 2,
        "placed": 2,
        "share": 1.0,
        "charges": 2,
        "charges_placed": 2,
        "by_class": {"minor_traffic": 1, "other_traffic_serious": 1},
        "to_look_at": [
            {
                "scheme": "CA-VC",
                "code": "2800.1",
                "description": "",
                "charge_class": "other_traffic_serious",
                "severity": "misdemeanor",
                "reason": "below felony, a person rules whether it is minor",
            }
        ],
        "spelled_twice": [],
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "line 1 names no scheme and code; begin with"),
        ("scheme;code\nCA-VC;12500(a)\n", "line 1 names no scheme and code; begin with"),
        ("scheme,code\n", "holds no codes; name"),
        ("[]", "holds no codes; name"),
        ("scheme,code\nCA-VC,\n", "line 2: no code, or not a text; correct"),
        ("scheme,code\n,1\n", "line 2: no scheme, or not a text; correct"),
        (
            "scheme,code\nCA-VC," + "1" * 200_000,
            "line 2: not CSV (field larger than field limit (131072)); correct",
        ),
        ('{"scheme": "NCIC", "code": 399}', "line 1: no code, or not a text; correct"),
        ('{"scheme": "NCIC"}\n{"scheme"\n', "line 1: no code"),
        (b"scheme,code\nCA-VC,12500(\xe0)", "not UTF-8; save"),
        ("scheme,code,count\nNCIC,5404,many", "line 2: count 'many' is not a whole number; correct"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_with_the_place(text: str | bytes, reason: str) -> None:
    result = ran("check", "-", stdin=text)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: the list: {reason}")


def test_an_agency_asks_its_own_codes_too(own_file: Path) -> None:
    assert ran("lookup", "CA-VC", "9999 (A)").exit_code == 1
    assert ran("lookup", "CA-VC", "9999 (A)", "--agency", "CAYY00100").exit_code == 1
    shown = ran("lookup", "CA-VC", "9999 (A)", "--agency", AGENCY)
    assert shown.exit_code == 0
    assert f"row       CA-VC 9999(a), Local sign ({own_file} line 2)\n" in shown.stdout
    assert ran("check", "-", "--agency", AGENCY, stdin="scheme,code\nCA-VC,9999(a)\nNJ,39:4-50").exit_code == 0
    assert ran("check", "-", "--agency", "Kern", stdin=LIST).stderr.startswith(
        "error: --agency: 'Kern' is not an ORI"
    )


def test_the_longest_prefix_that_has_a_file_counts(own_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = own_file.with_name("other.csv")
    other.write_text(OWN.replace("9999", "8888"), "utf-8-sig")
    agencies = {
        "CA": {"catalog": str(other)},
        "CAZZ": {"catalog": str(own_file)},
        "CAZZ00200": {"docket_check_every": "7d"},
    }
    monkeypatch.setenv("CONVICTION_GATE_AGENCIES", json.dumps(agencies))
    catalog_of = read_catalogs(Settings())
    held = {
        agency: [code for code in ("9999(a)", "8888(a)") if catalog_of(agency).find("CA-VC", code)]
        for agency in ("CAZZ00200", "CAYY00100", "NYZZ00100")
    }
    assert held == {"CAZZ00200": ["9999(a)"], "CAYY00100": ["8888(a)"], "NYZZ00100": []}
    assert catalog_of("NYZZ00100") is built_in()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("NJ,39:4-50,Careless,minor_traffic,,ours,yes,", "code 39:4-50: the catalog has it as dui"),
        ("CA-VC,8888(a),Local sign,minor_traffic,,,yes,", "code 8888(a): no source; say"),
        (
            "CA-VC,8888(a),Local DWI,minor_traffic,,ours,yes,",
            "code 8888(a): minor_traffic, yet it speaks of drunk",
        ),
        (OWN.splitlines()[1], "code 9999(a): the same code as 9999(a) of"),
    ],
)
def test_a_line_that_breaks_a_rule_is_left_out_and_told(
    own_file: Path, caplog: pytest.LogCaptureFixture, line: str, reason: str
) -> None:
    own_file.write_text(f"{OWN}{line}\nCA-VC,7777*,Local sign,minor_traffic,,ours,yes,\n", "utf-8")
    message = f"{own_file} line 3, {reason}"
    assert read_catalogs(Settings())(AGENCY).find("CA-VC", "7777*")
    assert message in caplog.text
    shown = ran("lookup", "CA-VC", "9999(a)", "--agency", AGENCY)
    assert shown.exit_code == 0
    assert shown.stderr.startswith(f"warning: {message}")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("code\n", ": its first line must name the columns"),
        (b"\xff\xfe", " is not UTF-8; save it"),
        (None, " cannot be read (No such file or directory); name a CSV file"),
    ],
)
def test_a_file_that_cannot_be_read_keeps_the_worker_from_starting(
    own_file: Path, capsys: pytest.CaptureFixture[str], text: str | bytes | None, reason: str
) -> None:
    match text:
        case str():
            own_file.write_text(text, "utf-8")
        case bytes():
            own_file.write_bytes(text)
        case None:
            own_file.unlink()
    message = f"CONVICTION_GATE_AGENCIES (CAZZ.catalog): {own_file}{reason}"
    with pytest.raises(SettingsError) as caught:
        read_catalogs(Settings())
    assert str(caught.value).startswith(message)
    assert worker.main() == 1
    assert capsys.readouterr().err.startswith(f"worker: {message}")
    shown = ran("lookup", "CA-VC", "12500(a)", "--agency", AGENCY)
    assert (shown.exit_code, shown.stderr.startswith(f"error: {message}")) == (2, True)
