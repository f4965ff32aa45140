"""Words and abbreviations of courts, what to send for each, and why: `dispositions.csv`.

`send` is as in `fields.SENT`: a conviction, a dismissal's disposition, or an entry of the docket. What does not
say clearly how a charge ended never flags and never clears: it is sent as an entry that a person has to read.
`then` is the status of a case of one minor charge and a clean record after that message; `attention` where it
waits on, and a person is asked to look at the court's own word.
"""

import csv
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from conviction_gate.files.fields import CONVICTION, INFRACTION
from conviction_gate.policy.court_words import history_disposition

OTHER: Final = "other"
"""Sent with the court's own word as the entry, which no rule knows."""

_IN_A_HISTORY: Final = {CONVICTION: "convicted", INFRACTION: "infraction_found"}


class Word(NamedTuple):
    """A court's word. `then`: the status that follows, or `attention`."""

    word: str
    send: str
    then: str
    why: str


@cache
def words() -> tuple[Word, ...]:
    """All words, in the order of the file."""
    text = files(__package__).joinpath("dispositions.csv").read_text("utf-8")
    return tuple(Word(**row) for row in csv.DictReader(text.splitlines()))


@cache
def sent_for() -> Mapping[str, str]:
    """What is sent for each word, by the word as it is compared."""
    return {fold_word(one.word): one.send for one in words()}


def fold_word(text: str) -> str:
    """A court's word as it is compared: whatever its case, blanks, dots, commas, dashes and stars."""
    return " ".join(re.sub(r"[.,_;:*–-]+", " ", text).split()).casefold()


def history_word(sent: str) -> str:
    """The disposition of a criminal history for what a court's word is sent as; `unknown` goes to a person."""
    return _IN_A_HISTORY.get(sent) or history_disposition(sent)
