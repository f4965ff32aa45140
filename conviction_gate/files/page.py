"""The public table of courts' words, docs/dispositions.md: `make dispositions-page` writes it."""

from itertools import groupby
from typing import Final

from conviction_gate.files.dispositions import words
from conviction_gate.files.fields import CONVICTION, DISMISSALS, INFRACTION

_THEN: Final = {
    "flagged": "flagged",
    "cleared": "cleared",
    "waiting_for_court": "waits on",
    "needs_review": "a person rules",
    "attention": "waits on, and asks for attention",
}

_INTRO: Final = """\
<!-- Made by `make dispositions-page` from conviction_gate/files/dispositions.csv: change it there. -->

# Courts' words

What a court writes about a charge, what to send for it, and why. A [map](files.md) of a court's CSV file uses
this table by `values = "@dispositions"`; a court that means another thing by a word says so under `own_values`.
A sender of JSON sends the same.

A word that does not say clearly how a charge ended never flags and never clears. It is sent as an entry of the
docket that a person has to read. Case, blanks, dots, commas, dashes and stars do not count: `*ADJ. WITHHELD` is
`Adj withheld`. A word that is not here is not guessed: its row is refused with the reason.
Of 130,078 court actions in the public records of Okaloosa County, Florida (2010 to 2020), 99.9 % are a word of
this table.

*then* is what becomes of a case of one minor traffic charge, a misdemeanor, and a clean record: a test sends
each row through the rules. Where other charges are open, the case waits for them.
"""


def page() -> str:
    """The page as Markdown."""
    lines = [_INTRO, "| word | send | then | why |", "| --- | --- | --- | --- |"]
    for (send, then, why), same in groupby(words(), key=lambda one: (one.send, one.then, one.why)):
        lines.append(f"| {', '.join(one.word for one in same)} | {_message(send)} | {_THEN[then]} | {why} |")
    return "\n".join(lines) + "\n"


def _message(send: str) -> str:
    if send == CONVICTION:
        return "`conviction`"
    if send == INFRACTION:
        return "`conviction` with severity `infraction`"
    if send in DISMISSALS:
        return f"`dismissal`, `{send}`"
    return "`court_update` with its own words as `entry`" if send == "other" else f"`court_update`, `{send}`"


if __name__ == "__main__":
    print(page(), end="")
