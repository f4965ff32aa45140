"""What a correction puts in the place of a message is read as a message of its own."""

from typing import Any

import pytest

from conviction_gate.contracts.court import Correction
from conviction_gate.contracts.reading import read_message
from tests.support.full_messages import CHARGE, MESSAGES, NAMES, changed, reason

REPLACING = [name for name in NAMES if name not in ("correction", "record_update", "review_decision")]


def with_replacement(name: str, **fields: Any) -> str:
    replacement = MESSAGES[name] | {"message_id": "new-1"} | fields
    return changed("correction", replacement={k: v for k, v in replacement.items() if k != "sender"})


@pytest.mark.parametrize("name", REPLACING)
def test_a_replacement_is_known_by_its_type_or_by_a_field_of_its_own(name: str) -> None:
    for text in (with_replacement(name), with_replacement(name, type=name)):
        message = read_message("correction", text)
        assert isinstance(message, Correction)
        assert message.replacement == read_message(name, changed(name, message_id="new-1", sender="test-court"))
        assert read_message("correction", message.model_dump_json()) == message


def test_a_replacement_may_be_another_senders() -> None:
    text = changed("correction", replacement=MESSAGES["dismissal"] | {"message_id": "d-1", "sender": "clerk"})
    message = read_message("correction", text)
    assert isinstance(message, Correction)
    assert message.replacement is not None
    assert message.replacement.key == ("clerk", "d-1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *(
            (with_replacement(name, type=name), "replacement: no message that can replace another; ")
            for name in ("correction", "record_update", "review_decision")
        ),
        (with_replacement("review_decision"), "replacement: no message that can replace another; "),
        (with_replacement("conviction", type="a word"), "replacement: no message that can replace another; "),
        (with_replacement("conviction", type=7), "replacement: no message that can replace another; "),
        (changed("correction", replacement={}), "replacement: no message that can replace another; "),
        (changed("correction", replacement="c-2"), "replacement: no message that can replace another; "),
        (with_replacement("conviction", decided_on="soon"), "replacement.decided_on: not a date"),
        (with_replacement("conviction", charge_id=None), "replacement.charge_id: "),
        (with_replacement("booking", charges=[]), "replacement.charges: an empty list"),
        (with_replacement("booking", charges=[CHARGE | {"code": 7}]), "replacement.charges.0.code: not a text"),
        (with_replacement("booking", booked_at="1912-05-04T02:15:00Z"), "replacement.booked_at: before 1950"),
        (with_replacement("dismissal", disposition="x"), "replacement.disposition: an unknown word"),
        (
            with_replacement("conviction", message_id="court-5"),
            "replacement.message_id: the id of",
        ),
        (
            with_replacement("conviction", message_id=" court-1 "),
            "replacement.message_id: the id of",
        ),
    ],
)
def test_a_replacement_that_does_not_fit_is_named_by_its_field(text: str, said: str) -> None:
    assert reason("correction", text).startswith(said)
