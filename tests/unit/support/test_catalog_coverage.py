"""The public tables of codes that are kept here: the catalog places the share of each that is asked."""

from pathlib import Path

import pytest

from tests.support.catalog_coverage import LEAST, SOURCES, TABLES, main


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
