"""`start` names the known schemes where a booking's scheme is in no catalog."""

from conviction_gate.cli.bulk.commands import unknown_schemes
from tests.unit.messages import BOOKING, booking


def test_an_unknown_scheme_gets_the_nearest_known_one() -> None:
    schemes = ("CALVC", "VC", "CALVC", "TX", "COUNTY-ORD")
    charges = [{**BOOKING["charges"][0], "charge_id": str(n), "scheme": s} for n, s in enumerate(schemes)]
    hints = unknown_schemes(booking(charges=charges))
    assert [hint.partition("; ")[0] for hint in hints] == [
        "the catalog has no scheme 'CALVC'",
        "the catalog has no scheme 'TX'",
    ]
    assert "did you mean CA-VC" in hints[0]
    assert "TX-PC or TX-TC" in hints[1]
