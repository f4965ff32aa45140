"""Who waits for what, as `show` says it."""

import pytest

from conviction_gate.cli.show import waiting
from conviction_gate.contracts.fields import Status
from tests.support.messages import view


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("awaiting_booking", "Waits for the booking from CA0190000"),
        ("checking_history", "Waits for the criminal history"),
        ("waiting_for_court", "Waits for the court to end charge 1, since 2013-07-15 05:00 PDT ("),
        ("needs_review", "Waits for a person's ruling: `conviction-gate explain CA0190000:A2012-0042117`"),
        ("flagged", "The case has ended and waits for nothing"),
        ("cleared", "The case has ended and waits for nothing"),
    ],
)
def test_a_card_says_who_waits_for_what(status: Status, sentence: str, pacific: None) -> None:
    assert waiting(view(status)).startswith(sentence)


def test_a_case_that_cannot_continue_says_why() -> None:
    assert waiting(view(stopped="its run was terminated")) == "The case is stuck: its run was terminated"
