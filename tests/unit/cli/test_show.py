"""What `show` prints of a case."""

import pytest

from conviction_gate.cli.printing import clean
from conviction_gate.cli.show import waiting
from conviction_gate.contracts.fields import Status
from tests.unit.messages import view


def test_what_a_stranger_sent_cannot_steer_a_terminal() -> None:
    assert clean("a\x1b[31m\x07\nb") == "a\ufffd[31m\ufffd\ufffdb"


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("awaiting_booking", "Waits for the booking from CA0190000"),
        ("checking_history", "Waits for the criminal history"),
        ("waiting_for_court", "Waits for the court to end charge 1, since 2013-07-15 12:00Z ("),
        ("needs_review", "Waits for a person's answer"),
        ("flagged", "Nobody waits: the case has ended"),
        ("cleared", "Nobody waits: the case has ended"),
    ],
)
def test_a_card_says_who_waits_for_what(status: Status, told: str) -> None:
    assert waiting(view(status)).startswith(told)
