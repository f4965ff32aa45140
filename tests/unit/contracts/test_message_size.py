"""The largest message that fits, and what is refused before it is read."""

import json
from pathlib import Path
from typing import Any

import pytest

from conviction_gate.contracts.reading import MAX_MESSAGE_BYTES, DoesNotFit, oversize, read_message
from tests.support.largest_messages import ID, TEXT, full_booking


def full_correction() -> dict[str, Any]:
    """The largest message: it holds another one."""
    return {
        "type": "correction",
        "message_id": "m" * ID,
        "sender": "s" * ID,
        "court": "c" * TEXT,
        "docket_number": "d" * ID,
        "corrects": "k" * ID,
        "corrects_sender": "s" * ID,
        "ground": "clerical_error",
        "corrected_on": "2014-01-01",
        "detail": "d" * TEXT,
        "replacement": full_booking() | {"type": "booking"},
    }


def test_the_largest_message_fits_with_a_sixth_to_spare_as_the_pages_say() -> None:
    text = json.dumps(full_correction())
    assert read_message("correction", text).message_id == "m" * ID
    assert 0.8 < len(text) / MAX_MESSAGE_BYTES < 0.9
    root = Path(__file__).parents[3]
    for page in ("docs/deploying.md", "docs/decisions/0003-raw-payloads-in-signal-handlers.md"):
        assert f"{len(text):,} bytes" in " ".join((root / page).read_text().split())


@pytest.mark.parametrize(("size", "fits"), [(MAX_MESSAGE_BYTES, True), (MAX_MESSAGE_BYTES + 1, False)])
def test_a_larger_one_is_refused_by_its_size(size: int, fits: bool) -> None:
    assert (oversize(size) is None) == fits


@pytest.mark.parametrize("charge", [0, {}, []])
def test_very_many_charges_are_counted_and_not_read(charge: object) -> None:
    with pytest.raises(DoesNotFit, match=r"^charges: more than 100 of them"):
        read_message("booking", json.dumps({"charges": [charge] * 100_000}))
    replaced = {"corrects": "b-1", "replacement": {"charges": [charge] * 100_000}}
    with pytest.raises(DoesNotFit, match=r"^replacement\.charges: more than 100"):
        read_message("correction", json.dumps(replaced))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"x": "\\ud800"}', "half a character"),
        ('{"x": "\ud800"}', "half a character"),
        ('{"x": "\\u0000"}', "NUL character"),
    ],
)
def test_what_cannot_be_stored_is_found_whether_it_is_escaped_or_not(text: str, reason: str) -> None:
    with pytest.raises(DoesNotFit, match=reason):
        read_message("conviction", text)
