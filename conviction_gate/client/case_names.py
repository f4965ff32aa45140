"""A case as a person names it."""

from typing import Final

from conviction_gate.contracts.names import CaseId

CASE_FORM: Final = "ORI:NUMBER or booking-case:ORI:NUMBER, as in CA0190000:A2012-0042117"


def read_case_id(text: str) -> CaseId | None:
    """The case's id, whether or not the text begins with `booking-case:`; None where it names no case."""
    return CaseId.parse(text) or CaseId.parse(f"booking-case:{text}")
