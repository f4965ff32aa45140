"""The synthetic county: drawn alike each time, and few of its bookings wait for a person because of a code."""

import re
from pathlib import Path

import pytest

from bench.county import MOST, drawn, main, measured, written

PAGE = (Path(__file__).parents[3] / "docs/catalog.md").read_text(encoding="utf-8")


def test_few_bookings_wait_for_a_person_because_of_a_code() -> None:
    share = measured(written(list(drawn(2000, 1)))).share
    figure = re.search(r"\*\*([\d.]+) % wait for a person because of a code\*\*", PAGE)
    assert figure
    assert share < MOST
    assert share == pytest.approx(float(figure[1]) / 100, abs=0.01), "write the new figure into docs/catalog.md"


def test_the_command_prints_the_share(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--bookings", "100"]) == 0
    assert capsys.readouterr().out.startswith("100 bookings; ")


def test_the_county_is_always_the_same() -> None:
    once, again = (written(list(drawn(200, 1))) for _ in range(2))
    assert once == again != written(list(drawn(200, 2)))
    found = measured(once)
    assert found.bookings == sum(found.rules.values()) == 200


def test_a_code_that_no_row_places_makes_its_booking_wait() -> None:
    found = measured(written([("322.34(2a)",), ("322.34(2a)", "999.99"), ("316.193(1)", "999.99")]))
    assert found.codes == {"999.99": 1}
    assert (found.rules["review.unclassified_charge"], found.rules["flag.excluded_offense"]) == (1, 1)
