"""The files of the catalog: every row accounted for, and what a row must say."""

from datetime import date
from importlib.resources import files

import pytest

from conviction_gate.contracts.booking import Offense
from conviction_gate.policy.catalog import Catalog, CatalogError, CatalogRow, built_in, read_rows
from tests.support.catalog_rows import FULL, GOOD, HEADER, rows

FILES = sorted(
    file.name for file in files("conviction_gate.policy.catalog").iterdir() if file.name.endswith(".csv")
)


@pytest.mark.parametrize("name", FILES)
def test_each_file_holds_to_the_rules(name: str) -> None:
    """Reading refuses what breaks a rule; a new file is tested by lying there."""
    text = files("conviction_gate.policy.catalog").joinpath(name).read_text("utf-8")
    held = Catalog.of_rows(read_rows(text, name)).entries
    assert tuple(read_rows(text, name, is_tested=True)) == held
    assert {f"{entry.scheme.lower()}.csv" for entry in held} == {name}
    assert [entry.where for entry in held if entry.verified and entry.source == "recalled"] == []


def test_the_catalog_finds_its_own_rows() -> None:
    lost = []
    for entry in built_in().entries:
        day = entry.since or entry.until or date(2012, 5, 4)
        if entry.covers != "range" and entry not in built_in().look_up(entry.scheme, entry.code, day).rows:
            lost.append(f"{entry.scheme} {entry.code}")
    assert lost == []


def test_nothing_in_scope_holds_an_excluded_offense() -> None:
    """A bare code that is several offenses is unclassified, or its row is only one of them.

    FL-FS 322.34(2) is: the third conviction is a felony, and the charge is filed as 322.34(2)(c) then.
    """
    held = {
        f"{row.scheme} {row.code}"
        for row in built_in().entries
        if row.charge_class in ("minor_traffic", "reckless_no_injury") and row.covers != "range"
        for below in built_in().near(row.scheme, row.code)
        if below.code.lower().startswith(f"{row.code.lower()}(")
        and below.charge_class not in ("minor_traffic", "reckless_no_injury", "unclassified", "court_process")
    }
    assert held == {"FL-FS 322.34(2)"}


def test_a_row_is_read() -> None:
    assert rows(GOOD) == [
        CatalogRow(
            scheme="ZZ-VC",
            code="1(a)",
            covers="",
            excepted=(),
            description="Stop sign",
            charge_class="minor_traffic",
            severity=None,
            recalled_severity="infraction",
            severity_source="",
            source="the code itself",
            verified=True,
            since=None,
            until=None,
            note="",
            where="zz.csv line 2",
        )
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (GOOD.replace("1(a)", ""), ", code (none): no code, or none that can be looked up; write"),
        (GOOD.replace("1(a)", "1" * 129), ", code 1111"),
        (GOOD.replace("1(a)", "1\x07"), ", code 1\x07: no code, or none that can be looked up; write"),
        (GOOD.replace("ZZ-VC", ""), ", code 1(a): scheme '' cannot be looked up; write"),
        (GOOD.replace("ZZ-VC", "ZÄ-VC"), ", code 1(a): scheme 'ZÄ-VC' cannot be looked up; write"),
        (GOOD.replace("ZZ-VC", "Z" * 65), ", code 1(a): scheme 'ZZ"),
        (GOOD.replace("1(a)", "1..2"), ", code 1..2: a range is written FIRST..LAST, with covers range; only"),
        (GOOD.replace("Stop sign", " "), ", code 1(a): no description; say"),
        (GOOD.replace("the code itself", ""), ", code 1(a): no source; say"),
        (
            GOOD.replace("minor_traffic", "minor"),
            ", code 1(a): charge_class 'minor' is none of the policy's; write",
        ),
        (
            GOOD.replace("infraction", "petty"),
            ", code 1(a): severity 'petty' is unknown; write infraction, misde",
        ),
        (GOOD.replace("the code itself", "recalled"), ", code 1(a): verified, yet only recalled; name"),
        (GOOD.replace("yes", "true"), ", code 1(a): verified 'true' is neither yes nor no; write"),
        (GOOD + ",", ": not as many cells as columns; put"),
        (GOOD.removesuffix(","), ": not as many cells as columns; put"),
        (GOOD.replace("Stop sign", '"Stop" sign'), ": not CSV ("),
    ],
)
def test_a_row_that_breaks_a_rule_is_refused_with_its_place(line: str, reason: str) -> None:
    with pytest.raises(CatalogError) as caught:
        rows(GOOD.replace("1(a)", "1(b)"), line)
    assert str(caught.value).startswith("zz.csv line 3" + reason)


def test_a_scheme_has_at_most_64_characters() -> None:
    assert Catalog.of_rows(rows(GOOD.replace("ZZ-VC", "Z" * 64))).look_up("Z" * 64, "1(a)").rows


def test_blank_lines_are_no_rows() -> None:
    assert rows("", GOOD, "", "") == rows("", GOOD)


@pytest.mark.parametrize(
    "header", ["", HEADER.replace("source,", ""), HEADER + ",note", "code;scheme", HEADER + ",x"]
)
def test_a_file_without_the_columns_is_refused(header: str) -> None:
    with pytest.raises(CatalogError, match=r"zz.csv: its first line must name the columns scheme,code,"):
        rows(header=header)


@pytest.mark.parametrize(
    "words",
    [
        "DUI",
        "DWI, first",
        "OWI",
        "Driving while intoxicated",
        "Under the influence",
        "Alcohol in the blood",
        "Liquor in the car",
        "Drunken driving",
        "Under-age drinking",
        "Ability impaired",
        "Drugs at the wheel",
        "BAC of .08",
        "Refused a breath test",
        "Hit and run",
        "Hit-and-run",
        "Hit & run",
        "Leaving the scene",
        "Leaves an accident",
        "Left the scene",
        "Left place of crash",
        "Fail to stop after accident",
        "Failure to remain at a crash",
        "Fled a collision",
        "Crash with injury, no aid rendered",
        "Identity not revealed after injury crash",
        "Duty to give information",
        "Striking a fixture",
    ],
)
def test_minor_traffic_speaks_of_no_drunk_driving_and_of_no_left_scene(words: str) -> None:
    for line in (GOOD.replace("Stop sign", f'"{words}"'), f'{GOOD}"{words}"'):
        with pytest.raises(CatalogError, match=r"line 2, code 1\(a\): minor_traffic, yet it speaks of drunk"):
            rows(line)
        assert rows(line.replace("minor_traffic", "unclassified"))


@pytest.mark.parametrize(
    "words",
    [
        "Improper left turn",
        "Left of center",
        "Failure to report crash",
        "Failure to stop at a sign",
        "Obscene plate",
    ],
)
def test_words_of_minor_traffic_are_no_such_words(words: str) -> None:
    assert rows(GOOD.replace("Stop sign", words))


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("all,,,,", "covers 'all' is unknown; write subdivisions, range or nothing"),
        ("range,,,,", "a range is written FIRST..LAST, with covers range"),
        ("subdivisions,2,,,", "a range is written FIRST..LAST, with covers range; only a range has exceptions"),
        (",,,2014-02-30,", "from '2014-02-30' is not a day; write"),
        (",,,,20140630", "until '20140630' is not a day; write"),
        (",,,2014-07-01,2014-06-30", "from 2014-07-01 is after until 2014-06-30; write"),
    ],
)
def test_what_a_row_reaches_and_when_is_held_to_its_rules(cells: str, reason: str) -> None:
    with pytest.raises(CatalogError, match=f"zz.csv line 2, code 1\\(a\\): {reason}"):
        rows(f"{GOOD},{cells}", header=FULL)


@pytest.mark.parametrize("source", ["", "recalled"])
def test_a_severity_that_nobody_read_is_unknown_to_the_rules(source: str) -> None:
    known, unread = rows(f"{GOOD},,,the law,,", f"{GOOD},,,{source},,", header=FULL)
    assert (known.severity, known.recalled_severity) == ("infraction", None)
    assert (unread.severity, unread.recalled_severity) == (None, "infraction")
    assert Catalog.of_rows([unread]).place(Offense(scheme="ZZ-VC", code="1(a)")).severity is None


def test_a_row_without_a_severity_has_none_of_either_kind() -> None:
    (row,) = rows(GOOD.replace("infraction", ""))
    assert (row.severity, row.recalled_severity) == (None, None)


def test_a_row_may_hold_from_one_day_to_a_later_one() -> None:
    (row,) = rows(f"{GOOD},,,,2013-12-01,2014-06-30", header=FULL)
    assert [row.holds_on(day) for day in (date(2013, 11, 30), date(2014, 6, 30), date(2014, 7, 1), None)] == [
        False,
        True,
        False,
        False,
    ]


def test_a_row_may_hold_on_one_day() -> None:
    (row,) = rows(f"{GOOD},,,,2014-06-30,2014-06-30", header=FULL)
    assert row.holds_on(date(2014, 6, 30))


def test_a_severity_is_never_read_where_there_is_none() -> None:
    with pytest.raises(CatalogError, match="a severity_source without a severity; write"):
        rows(f"{GOOD.replace('infraction', '')},,,the law,,", header=FULL)


def test_no_row_of_the_catalog_decides_by_a_severity_from_memory() -> None:
    unread = [entry for entry in built_in().entries if entry.recalled_severity]
    assert {entry.severity for entry in unread} == {None}
    assert {entry.severity_source for entry in unread} == {"recalled"}


def test_a_code_that_changed_is_looked_up_by_the_day_of_the_booking() -> None:
    old, new = (
        f"{GOOD},,,,,2014-06-30",
        f"{GOOD.replace('minor_traffic', 'hit_and_run').replace('Stop sign', 'Hit and run')},,,,2014-07-01,",
    )
    catalog = Catalog.of_rows(rows(old, new, header=FULL))
    offense = Offense(scheme="ZZ-VC", code="1(A)")
    days = {day: catalog.place(offense, day).charge_class for day in (date(2014, 6, 30), date(2014, 7, 1))}
    assert list(days.values()) == ["minor_traffic", "hit_and_run"]
    assert catalog.place(offense).charge_class == "unclassified"  # no day, no meaning
    assert (
        Catalog.of_rows(rows(old, header=FULL)).place(offense, date(2014, 7, 1)).charge_class == "unclassified"
    )
    with pytest.raises(CatalogError, match="keep one of the two, or part them by from and until"):
        Catalog.of_rows(rows(old, new.replace("07-01", "06-30"), header=FULL))


def test_one_code_in_two_rows_is_refused() -> None:
    with pytest.raises(
        CatalogError, match=r"zz.csv line 3, code 1 \(A\): the same code as 1\(a\) of zz.csv line 2"
    ):
        Catalog.of_rows(rows(GOOD, GOOD.replace("ZZ-VC,1(a)", "zz vc,1 (A)")))
