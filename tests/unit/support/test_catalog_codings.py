"""Merging two placings of the same rows, and how their agreement is measured."""

import csv
from pathlib import Path

import pytest

from tests.support.catalog_codings import COLUMNS, Row, kappa, main, merged, report


def row(code: str, charge_class: str, covers: str = "", severity: str = "") -> Row:
    cells = {"scheme": "ZZ", "code": code, "covers": covers, "charge_class": charge_class, "severity": severity}
    return dict.fromkeys(COLUMNS, "") | {"description": "x", "source": "read", "verified": "yes"} | cells


@pytest.mark.parametrize(
    ("pairs", "value"),
    [
        ([("a", "a"), ("b", "b")], 1.0),
        ([("a", "b"), ("b", "a")], -1.0),
        # 20 alike as yes, 15 as no, 5 and 10 apart: the textbook's 0.4
        ([("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15, 0.4),
        ([("a", "a")], None),
        ([], None),
    ],
)
def test_kappa_is_agreement_beyond_chance(pairs: list[tuple[str, str]], value: float | None) -> None:
    assert kappa(pairs) == (None if value is None else pytest.approx(value))


def test_what_two_readers_place_alike_stays_and_the_rest_is_left_open() -> None:
    first = [
        row("1", "dui"),
        row("2", "minor_traffic", severity="infraction"),
        row("3", "dui"),
        row("4", "dui"),
    ]
    second = {("ZZ", "1", ""): "dui", ("ZZ", "2", ""): "hit_and_run", ("ZZ", "3", "subdivisions"): "dui"}
    rows, pairs = merged(first, second)
    assert [(one["code"], one["charge_class"], one["severity"], one["note"]) for one in rows] == [
        ("1", "dui", "", ""),
        ("2", "unclassified", "", "two readers differ: minor_traffic, hit_and_run"),
    ]
    assert "| ZZ | 2 | 50.0 % |" in report(pairs)
    assert "- ZZ, 1 of 2: 2 (minor_traffic, hit_and_run)" in report(pairs)


def test_a_bare_code_is_not_in_scope_where_a_part_of_it_is_excluded() -> None:
    first = [row("1", "minor_traffic", "subdivisions"), row("1(b)", "dui"), row("11", "minor_traffic")]
    rows, _ = merged(first, {("ZZ", one["code"], one["covers"]): one["charge_class"] for one in first})
    assert [(one["charge_class"], one["note"]) for one in rows] == [
        ("unclassified", "1(b) is dui"),
        ("dui", ""),
        ("minor_traffic", ""),
    ]


def test_merged_rows_go_into_a_file_for_each_scheme_without_those_that_have_a_flaw(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def write(name: str, columns: tuple[str, ...], rows: list[Row]) -> str:
        with (tmp_path / name).open("w", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
        return str(tmp_path / name)

    first = [row("1", "dui"), row("2", "minor_traffic") | {"description": "Drunk driving"}, row("3", "dui")]
    todo = write(
        "todo.csv",
        ("n", "scheme", "code", "covers"),
        [{"n": c, "scheme": "ZZ", "code": c, "covers": ""} for c in "123"],
    )
    done = write(
        "done.csv",
        ("n", "charge_class"),
        [{"n": one["code"], "charge_class": one["charge_class"]} for one in first],
    )
    words = ["merge", write("first.csv", COLUMNS, first), "--second", todo, done, "--out", str(tmp_path)]
    assert main(words) == 1
    assert "code 2: minor_traffic, yet it speaks of drunk driving" in capsys.readouterr().out
    with (tmp_path / "zz.csv").open() as file:
        assert [one["code"] for one in csv.DictReader(file)] == ["1", "3"]
    assert main(["check", str(tmp_path / "zz.csv")]) == 0
    assert main(["check", str(tmp_path / "first.csv")]) == 1
