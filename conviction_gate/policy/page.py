"""The public page of the rules, docs/policy.md: `python -m conviction_gate.policy.page > docs/policy.md`.

The words for each class of charge are here, those for each rule beside it in `rules/`; `conviction-gate
explain` uses both. They are written for anybody, at an eighth-grade reading level at most, which a test
measures.
"""

import sys
from collections.abc import Iterator
from datetime import date, timedelta
from string import ascii_lowercase
from typing import Final, NamedTuple

from conviction_gate.contracts.fields import ChargeClass, RuleName
from conviction_gate.contracts.internal.activities import Intervals
from conviction_gate.policy.editions import EDITIONS
from conviction_gate.policy.rules.rule import OURS, PolicyRule, Words


class ClassWords(NamedTuple):
    """What a class of charge is called, and what it means for the policy."""

    name: str
    meaning: str


RULES: Final[dict[RuleName, Words]] = {
    words.rule: words for edition in EDITIONS for rule in edition.rules for words in rule.words
}
"""The words of every rule by the name under which records hold it."""

CLASSES: Final[dict[ChargeClass, ClassWords]] = {
    "minor_traffic": ClassWords(
        "minor traffic",
        "A small traffic offense, such as driving too fast or without a license. The policy is made for it.",
    ),
    "reckless_no_injury": ClassWords(
        "reckless driving, nobody hurt",
        "The policy treats it like minor traffic. One report of 2012 says that all reckless driving is "
        f"left out. That only the kind that hurts someone is left out is {OURS}.",
    ),
    "dui": ClassWords("drunk or drugged driving", "The policy leaves it out."),
    "hit_and_run": ClassWords(
        "hit and run",
        f"The policy leaves it out. That it does so even where only a thing was damaged is {OURS}.",
    ),
    "reckless_injury": ClassWords("reckless driving that hurt someone", "The policy leaves it out."),
    "other_traffic_serious": ClassWords(
        "grave traffic offense",
        "Such as a race, a flight from the police, or a death on the road. A felony is left out. "
        f"Otherwise a person says whether it is minor. All of this is {OURS}.",
    ),
    "non_traffic": ClassWords("not traffic", "An offense outside traffic law. The policy is not made for it."),
    "court_process": ClassWords(
        "court matter",
        "The person did not come to court, or there is a warrant in the same matter. That is no new "
        f"offense, so it never decides a case. This is {OURS}.",
    ),
    "unclassified": ClassWords(
        "not known",
        "The code is not in our catalog, or it could be more than one offense. We never guess.",
    ),
}


def page() -> str:
    """The whole page, in Markdown."""
    parts = (_HEAD, _classes(), _RULES, _rules(), _editions(), _timers(), _REST)
    return "\n\n".join(part.strip() for part in parts) + "\n"


def long_date(day: date) -> str:
    """A day as people write it, in any locale."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _classes() -> str:
    rows = [f"| {words.name} | {words.meaning} |" for words in CLASSES.values()]
    return "\n".join([_CLASSES.strip() + "\n", "| kind of charge | what it means |", "| --- | --- |", *rows])


def _rules() -> str:
    return "\n".join(part for rule in EDITIONS[-1].rules for part in _rule(rule))


def _rule(rule: PolicyRule) -> Iterator[str]:
    """A part for each answer of a rule; where there are several they are 1a, 1b and so on."""
    letters = ascii_lowercase if len(rule.words) > 1 else [""]
    for letter, words in zip(letters, rule.words, strict=False):
        yield (
            f"### {rule.number}{letter}. {words.title}\n\n"
            f"- When: {words.when}\n- Then: {words.then}\n- Source: {words.source}.\n"
            f"- In records: `{words.rule}`\n"
        )


def _editions() -> str:
    return _EDITIONS + "\n".join(f"- {long_date(edition.in_force_from)}" for edition in EDITIONS)


def _timers() -> str:
    waits = Intervals()
    return f"""{_TIMERS}
- Every {_days(waits.docket_check)} we ask the court for news, where there is a way to ask.
- After {_days(waits.docket_overdue)} without an end, a person is asked to look at the case.
- Every {_days(waits.review_reminder)} a person who has to rule is reminded.
- Where no booking comes for {_days(waits.booking_overdue)} after a court's message, a person is asked to look.
- Where the court names a charge that we do not know, a person is asked to look after
  {_days(waits.unknown_charge)}.
"""


def _days(span: timedelta) -> str:
    return f"{span.days} days"


_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

_HEAD: Final = """
<!-- Made by `make policy-page` from conviction_gate/policy/rules/ and page.py: change it there. -->

# The rules, in plain words

## The promise

> A person who is booked for minor traffic only, and has a clean record, is not flagged before a court
> convicts them of a traffic crime. Never.

Time does not change this. Nor does silence, a lost message, or a broken machine. Where there is doubt, no
machine decides: the case goes to a person, and it waits until that person rules.

## What a flag is

When the police book someone into a jail, the prints go to the federal agency for immigration. A flag is
a note that puts the case before one of its officers, who may look at it. Nothing more.

- A flag is not an order to hold someone.
- A flag does not say that someone must leave.
- A flag does not decide what rights someone has.

A case that ends without a flag is called cleared.

## Where the rules come from

On 27 April 2012 the agency (ICE) answered a task force that had looked at its work with jails. It said
that it would wait for a conviction where someone is booked only for minor traffic and has a clean record.
We have not found the full text of that answer. We know it from the press of those days, such as Colorlines
of 3 May 2012, and from notes that lawyers wrote for each other. They agree on the main points. It must be
a conviction for a crime. Drunk driving, hit and run, and reckless driving that hurts someone are left out.

The answer is short, and life is not. Where it is silent we had to choose. Each rule below says whether it
comes from that day or is our own reading. [One page](readings.md) lists each reading that one may doubt,
why we chose it, and who bears the cost. Where a case leaves a doubt, we ask a person.
"""

_CLASSES: Final = """
## Kinds of charge

Each charge is of one kind. The kind comes from the offense, never from how harsh the law is. In New Jersey
drunk driving is not a crime, and it is still left out. In Texas speeding is a crime, and it is still minor.
Our catalog says for each code of law which kind it is, and where we have that from. Many of its rows we have
yet to check against the law itself. What explains a case says so where it rests on one of them, and so does a
look-up of the code. Where a person has to rule on a charge, the ruling counts.
"""

_RULES: Final = """
## The rules

We ask the rules one by one, from the top. The first one that fits decides. They are asked again each time
news comes in, with all that is known by then. So it does not matter which news came first.
"""

_EDITIONS: Final = """
## Editions

Policies change. A case is decided by the rules of the day of its booking, even if it ends years later. An
older booking goes by the first rules. Rules that were used once are never changed: new ones get a new date.
These are the dates so far:

"""

_TIMERS: Final = """

## How long a case waits

As long as it takes. No clock ever flags anyone, and none ever clears anyone. The clocks only ask:
"""

_REST: Final = """
An office can set other lengths of time.

## What a person may rule

A person answers only the question that is asked. Each ruling names who ruled and why, and both are kept.

- What kind of offense a charge is, where the rules do not know.
- Whether the end of a charge is a conviction for a crime, where that is not clear.
- Whether the record is clean, where that is not clear.

No person can rule that a charge ended in a conviction while the court is still at work on it, or where no
court said a word of guilt. And a ruling holds for what was known: when news comes in that bears on it, the
question is asked again.

## After the end

A flag is taken back when the reason for it no longer holds: when a court throws the conviction out, when it
was sent by mistake, or when the person is a US citizen, someone else, or dead. The same goes for an appeal, a
booking that was wrong, or a record that has changed. The note then says that it was taken back, when, and
why. It is not deleted, so that anyone can check what was done.

If there is still a court to wait for, the case goes on and waits. A new conviction can then flag it again.

A case that was cleared stays so. No message can turn it into a flag.

## Reopening a case

A charge that was dropped can be filed again. Then a person may reopen the cleared case, and must say why.
What had ended the charges does not count any more, and the case waits for the court once more. All rules
hold as before.
"""


if __name__ == "__main__":
    sys.stdout.write(page())
