"""California's own five-digit codes: each is what its statute is, or is left open."""

import re

import pytest

from conviction_gate.policy.catalog import built_in
from conviction_gate.policy.catalog.rows import CatalogRow

ROWS = [row for row in built_in().entries if row.scheme == "CA-DOJ"]
SCHEMES = {"VC": "CA-VC", "PC": "CA-PC"}


def statute_of(row: CatalogRow) -> tuple[str, str]:
    """The scheme and the code of the statute that a row names."""
    found = re.match(r"(VC|PC) ([^,;]+)", row.note)
    assert found, row.note
    return SCHEMES[found[1]], found[2]


def test_each_code_is_placed_as_its_statute_or_left_open() -> None:
    for row in ROWS:
        placing = built_in().look_up(*statute_of(row))
        assert row.charge_class in (placing.charge_class, "unclassified"), row
        assert row.severity in (placing.severity, None), row


def test_what_is_left_open_says_why() -> None:
    left_open = [row for row in ROWS if row.charge_class == "unclassified"]
    assert left_open
    reasons = ("two readers differ", "charged as a felony", "speaks of drink", "as CA-VC places it")
    assert [row.code for row in left_open if not any(reason in row.note for reason in reasons)] == []


@pytest.mark.parametrize(
    ("code", "charge_class"),
    [
        ("54106", "minor_traffic"),
        ("ca doj 54106", "minor_traffic"),
        ("54106/I", "minor_traffic"),
        ("9150", "other_traffic_serious"),
        ("09150 F", "other_traffic_serious"),
        ("5410", "unclassified"),
        ("541060", "unclassified"),
        ("54106 1", "unclassified"),
    ],
)
def test_a_code_is_found_as_it_is_sent(code: str, charge_class: str) -> None:
    assert built_in().look_up("CA DOJ", code).charge_class == charge_class


def test_no_felony_is_minor_traffic() -> None:
    minor = [row for row in ROWS if row.charge_class == "minor_traffic"]
    assert [row.code for row in minor if row.description.endswith("(F)")] == []
