"""Courts' words: each row of the table, sent through the rules, does what the table says."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conviction_gate.contracts.court import CourtUpdate
from conviction_gate.contracts.history import DISPOSITIONS as HISTORY_DISPOSITIONS
from conviction_gate.contracts.reading import read_message
from conviction_gate.files.conversion import convert
from conviction_gate.files.dispositions import Word, fold_word, history_word, words
from conviction_gate.files.fields import SENT
from conviction_gate.files.maps import read_map
from conviction_gate.files.page import page
from conviction_gate.files.tables import read_table
from tests.support.facts import booking, charge, decided, facts_of

ROOT = Path(__file__).parents[3]
NOW = datetime(2014, 1, 1, tzinfo=UTC)
SUSPENDED = ("CA-VC", "14601.2(a)")
"""Minor traffic, and a misdemeanor by the catalog."""

MAP = read_map(
    """
makes = "disposition"
[columns]
tracking_number = "OTN"
charge_id = "Count"
decided_on = "Date"
disposition = { column = "Word", values = "@dispositions" }
[constants]
agency = "CA0190000"
""",
    "court",
)


def message_for(word: str) -> dict[str, str]:
    """What a court's word is sent as."""
    table = read_table(f'OTN,Count,Date,Word\nA-1,1,2013-07-15,"{word}"\n'.encode(), MAP)
    (made,) = convert(table, MAP, NOW).made
    return made.message


@pytest.mark.parametrize("row", words(), ids=lambda row: row.word)
def test_each_word_does_what_the_table_says(row: Word) -> None:
    fields = message_for(row.word)
    name = fields.pop("type")
    message = read_message(
        name, json.dumps({k: v for k, v in fields.items() if k not in ("agency", "tracking_number")})
    )
    decision = decided(facts_of(booking(charge(code=SUSPENDED)), message))
    asks = isinstance(message, CourtUpdate) and message.unknown_entry is not None
    assert (decision.status, asks) == (
        ("waiting_for_court", True) if row.then == "attention" else (row.then, False)
    )


def test_no_word_stands_there_twice_and_each_says_why() -> None:
    folded = [fold_word(one.word) for one in words()]
    assert len(set(folded)) == len(folded) >= 150
    assert all(one.why and one.send in SENT for one in words())


def test_case_blanks_and_punctuation_do_not_count() -> None:
    assert message_for("ADJ.  withheld")["entry"] == "adjudication_withheld"
    assert message_for("Guilty Plea - Negotiated")["type"] == "conviction"


def test_the_court_s_own_word_stays_with_an_entry() -> None:
    assert message_for("Bond Forf.")["detail"] == "Bond Forf."
    assert message_for("Disposed")["entry"] == "Disposed"


@pytest.mark.parametrize(
    "word", ["Guilty", "Not guilty", "SIS", "FTA", "Bond forfeited", "Disposed", "Pardoned"]
)
def test_in_a_history_a_doubtful_word_is_unknown(word: str) -> None:
    sent = next(one.send for one in words() if one.word == word)
    expected = {"Guilty": "convicted", "Not guilty": "acquitted", "SIS": "deferred_with_plea", "FTA": "pending"}
    assert history_word(sent) == expected.get(word, "unknown")


def test_every_word_is_one_of_a_history_s_dispositions() -> None:
    assert {history_word(one) for one in SENT} <= HISTORY_DISPOSITIONS


def test_the_public_page_is_current() -> None:
    assert (ROOT / "docs/dispositions.md").read_text(encoding="utf-8") == page(), "run `make dispositions-page`"
