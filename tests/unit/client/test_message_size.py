"""What is too large for a case is refused before it is sent."""

import json

import pytest

from conviction_gate.client.case_client import CaseClient
from conviction_gate.contracts.booking import Booking
from tests.support.largest_messages import full_booking


@pytest.mark.parametrize("call", ["start", "send", "submit"])
async def test_a_message_with_more_bytes_than_a_case_reads_is_refused_unsent(call: str) -> None:
    """Each text fits: it is the letter that takes two bytes."""
    booking = Booking.model_validate_json(json.dumps(full_booking("é")))
    client = CaseClient(None, None)  # type: ignore[arg-type]  # nobody is asked
    sent = client.start(booking) if call == "start" else getattr(client, call)(booking, booking.case_id)
    answer = await sent
    assert (answer.status, answer.text.partition(":")[0]) == ("refused", "the payload is too large")
