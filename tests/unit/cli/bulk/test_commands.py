"""`start` and `send` name the known schemes where a scheme is in no catalog."""

import pytest

from conviction_gate.cli.bulk.commands import unknown_schemes
from conviction_gate.contracts.message import Message
from conviction_gate.policy.catalog import built_in
from tests.support.catalog_rows import GOOD, rows
from tests.support.facts import amendment, charge, conviction, dismissal
from tests.support.messages import BOOKING, booking


def test_an_unknown_scheme_gets_the_nearest_known_one() -> None:
    schemes = ("CALVC", "VC", "CALVC", "TX", "COUNTY-ORD")
    charges = [{**BOOKING["charges"][0], "charge_id": str(n), "scheme": s} for n, s in enumerate(schemes)]
    hints = unknown_schemes(booking(charges=charges), built_in())
    assert [hint.partition("; ")[0] for hint in hints] == [
        "the catalog has no scheme 'CALVC'",
        "the catalog has no scheme 'TX'",
    ]
    assert "did you mean CA-VC" in hints[0]
    assert "TX-PC or TX-TC" in hints[1]


@pytest.mark.parametrize(
    ("message", "count"),
    [
        (amendment(charge(code=("CALVC", "12500(a)")), "2012-06-01"), 1),
        (conviction("2012-06-01", of=("CALVC", "12500(a)")), 1),
        (conviction("2012-06-01", of=("CA-VC", "12500(a)")), 0),
        (conviction("2012-06-01"), 0),
        (dismissal("2012-06-01"), 0),
    ],
)
def test_so_does_each_message_that_names_an_offense(message: Message, count: int) -> None:
    assert len(unknown_schemes(message, built_in())) == count


def test_a_scheme_of_the_agency_s_own_is_known() -> None:
    charges = [{**BOOKING["charges"][0], "scheme": "CA-VD"}]
    assert unknown_schemes(booking(charges=charges), built_in())
    own = built_in().with_own(rows(GOOD.replace("ZZ-VC", "CA-VD")))
    assert unknown_schemes(booking(charges=charges), own) == []
