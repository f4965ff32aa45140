"""Words, ids and times are read as they are written in the field."""

import json

import pytest

from conviction_gate.contracts.court import Conviction, CourtUpdate, Dismissal
from conviction_gate.contracts.reading import read_booking, read_message
from tests.support.full_messages import CHARGE, MESSAGES, changed, reason, with_charge


@pytest.mark.parametrize(
    ("written", "entry"),
    [
        ("appeal_filed", "appeal_filed"),
        ("APPEAL FILED", "appeal_filed"),
        (" Appeal-Filed\n", "appeal_filed"),
        ("appeal _ - filed", "appeal_filed"),
        ("Adjudication Withheld", "adjudication_withheld"),
        ("Continuance", "continuance"),
        ("OTHER", "other"),
    ],
)
def test_an_entry_is_read_whatever_its_case_blanks_and_hyphens(written: str, entry: str) -> None:
    message = read_message("court_update", changed("court_update", entry=written))
    assert isinstance(message, CourtUpdate)
    assert (message.entry, message.detail, message.unknown_entry) == (entry, "to October", None)
    again = read_message("court_update", message.model_dump_json())
    assert again == message


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("Nolle Prosequi", "nolle_prosequi"),
        ("DISMISSED-WITHOUT-PREJUDICE", "dismissed_without_prejudice"),
        (" merged ", "merged"),
    ],
)
def test_a_disposition_is_read_so_too(written: str, word: str) -> None:
    message = read_message("dismissal", changed("dismissal", disposition=written))
    assert isinstance(message, Dismissal)
    assert message.disposition == word


@pytest.mark.parametrize("written", ["appealfiled", "appeal.filed", "appeal_filed_", "guilty", "", "_"])
def test_a_word_that_only_looks_like_one_is_unknown(written: str) -> None:
    message = read_message("court_update", changed("court_update", entry=written))
    assert isinstance(message, CourtUpdate)
    assert (message.entry, message.unknown_entry) == ("other", written)
    assert reason("dismissal", changed("dismissal", disposition=written)).startswith("disposition: ")


def test_no_other_word_is_read_so() -> None:
    for name, field, word in (
        ("subject_finding", "finding", "US Citizen"),
        ("correction", "ground", "Clerical Error"),
        ("review_decision", "ruling", "Minor Traffic"),
    ):
        assert reason(name, changed(name, **{field: word})).startswith(f"{field}: ")


def test_ids_are_trimmed() -> None:
    message = read_message("conviction", changed("conviction", charge_id=" 1\t", sender=" a ", message_id="m "))
    assert isinstance(message, Conviction)
    assert (message.charge_id, *message.key) == ("1", "a", "m")
    booking = read_booking(with_charge(charge_id="\n1 ", code=" 12500(a)", scheme="CA-VC "))
    assert [(c.charge_id, c.scheme, c.code) for c in booking.charges] == [("1", "CA-VC", "12500(a)")]
    twice = changed("booking", charges=[CHARGE, CHARGE | {"charge_id": " 1 "}])
    assert reason("booking", twice) == "charges: two charges have one charge_id; give each its own"
    assert reason("conviction", changed("conviction", charge_id="  ")).startswith("charge_id: empty")
    assert reason("booking", changed("booking", tracking_number=" A-1")).startswith("tracking_number: ")


def test_an_offset_may_be_written_without_a_colon() -> None:
    plain = read_booking(json.dumps(MESSAGES["booking"]))
    assert read_booking(changed("booking", booked_at="2012-05-04T02:15:00-0700")) == plain
    for booked_at in ("2012-05-04T02:15:00-07", "2012-05-04T02:15:00-070", "2012-05-04T02:15:00-7:00"):
        assert reason("booking", changed("booking", booked_at=booked_at)).startswith("booked_at: ")


@pytest.mark.parametrize("year", ["0001", "1012", "1912", "1949"])
def test_a_booking_of_another_century_does_not_fit(year: str) -> None:
    said = reason("booking", changed("booking", booked_at=f"{year}-12-31T23:59:59-07:00"))
    assert said == "booked_at: before 1950; check the year"
    read_booking(changed("booking", booked_at="1950-01-01T00:00:00-07:00"))
