"""The public tables of codes that are kept here: the catalog places the share of each that is asked."""

from pathlib import Path

import pytest

from conviction_gate.policy.catalog import built_in
from tests.support.catalog_coverage import LEAST, SOURCES, TABLES, lacking, main, states


def test_the_catalog_places_its_share_of_each_public_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0, capsys.readouterr().out
    assert {file.stem for file in TABLES.glob("*.csv")} == LEAST.keys() == SOURCES.keys()


def test_a_share_that_is_too_small_or_a_table_that_is_missing_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "az-pima.csv").write_text("scheme,code,description\nAZ-ARS,28-1381A1,\nAZ-ARS,99-99,\n")
    assert main([str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "az-pima: 50.0 % of 2 codes; at least 90 %" in out
    assert "ca-doj: no table here" in out


def test_each_state_has_its_most_used_offenses_and_the_excluded_ones() -> None:
    entries = built_in().entries
    assert len(states(entries)) == 51
    assert lacking(states(entries)) == []
    without = [row for row in entries if (row.scheme, row.charge_class) != ("OH-ORC", "hit_and_run")]
    few = [row for row in without if row.scheme != "MA-GL" or row.charge_class != "minor_traffic"]
    assert lacking(states(few)) == ["MA", "OH"]
