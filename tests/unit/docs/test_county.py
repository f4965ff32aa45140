"""The synthetic county: drawn alike each time, and few of its bookings wait for a person because of a code."""

from pathlib import Path

import pytest

from bench.county import BOOKINGS, MOST, drawn, main, measured, written

PAGE = (Path(__file__).parents[3] / "docs/catalog.md").read_text(encoding="utf-8")


def test_few_bookings_wait_for_a_person_because_of_a_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    share = first.partition("; ")[2].partition(" %")[0]
    assert first.startswith(f"{BOOKINGS} bookings; ")
    assert float(share) < 100 * MOST
    assert f"{share} % wait for a person" in PAGE, "write the new figure into docs/catalog.md"


def test_the_county_is_always_the_same() -> None:
    once, again = (written(list(drawn(200, 1))) for _ in range(2))
    assert once == again != written(list(drawn(200, 2)))
    found = measured(once)
    assert found.bookings == sum(found.rules.values()) == 200


def test_a_code_that_no_row_places_makes_its_booking_wait() -> None:
    found = measured(written([("322.34(2a)",), ("322.34(2a)", "999.99"), ("316.193(1)", "999.99")]))
    assert found.codes == {"999.99": 1}
    assert (found.rules["review.unclassified_charge"], found.rules["flag.excluded_offense"]) == (1, 1)
