"""Each reading of ours that one may doubt is named in docs/readings.md, and makes a difference somewhere."""

import re
from pathlib import Path

import pytest

from bench.country import OFTEN, Country
from bench.readings import READINGS, counted, main

PAGE = (Path(__file__).parents[3] / "docs" / "readings.md").read_text(encoding="utf-8")


def test_the_table_has_a_row_for_each_reading_that_leads_to_its_words() -> None:
    rows = re.findall(r"^\| \[(.+)\]\(#(.+?)\) \|", PAGE, re.MULTILINE)
    assert [name for name, _ in rows] == [reading.name for reading in READINGS]
    headings = {
        re.sub("[^a-z -]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^### (.+)", PAGE, re.M)
    }
    assert {anchor for _, anchor in rows} <= headings


def test_each_reading_says_the_other_one_why_and_what_it_costs() -> None:
    sections = PAGE.split("\n### ")[1:]
    for section in sections:
        assert re.findall(r"^- \*\*(.+?):\*\*", section, re.MULTILINE) == ["Ours", "The other", "Why", "Costs"]


def test_each_reading_decides_some_case_of_the_country_otherwise() -> None:
    counts = counted([*Country().cases(6_000)])
    assert [name for name, count in counts.items() if not count.ours] == []


def test_the_country_is_always_the_same_and_everything_happens_in_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    once, again = ([*Country().cases(50)] for _ in range(2))
    assert once == again
    assert all(0 < often < 100 for often in OFTEN.values())
    assert main(["50"]) == 0
    assert capsys.readouterr().out.startswith("50 bookings: flag ")
