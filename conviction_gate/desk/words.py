"""What the desk calls statuses, answers and times."""

from datetime import UTC, date, datetime
from typing import Final, NamedTuple

from conviction_gate.contracts.case import CaseView
from conviction_gate.policy import edition_named
from conviction_gate.policy.page import CLASSES, RULES, long_date


class Badge(NamedTuple):
    """A status in words, and the colour that goes with them."""

    colour: str
    text: str


STATUSES: Final = {
    "awaiting_booking": Badge("waits", "Waits for the booking"),
    "checking_history": Badge("waits", "Waits for the record"),
    "waiting_for_court": Badge("waits", "Waits for the court"),
    "needs_review": Badge("asks", "Waits for a ruling"),
    "flagged": Badge("flagged", "Flagged"),
    "cleared": Badge("cleared", "Cleared, no flag"),
    "withdrawn": Badge("cleared", "Flag withdrawn"),
}

YES_OR_NO: Final = {
    "conviction": ("Yes", "A court convicted the person of a crime on this charge."),
    "not_conviction": ("No", "What the court did is not a conviction for a crime."),
    "history_clean": ("Yes, it is clean", "No crime before this arrest, and no other priority."),
    "history_not_clean": ("No, it is not clean", "There is a crime before this arrest, or another priority."),
}
GRAVE: Final = "So grave that the policy leaves it out, such as a race, a flight from the police or a death."


PROBLEMS: Final[dict[str, tuple[str, str | None]]] = {
    "not-found": (
        "There is no such page or case",
        "Check the agency and the number. A case of an agency that you may not see is, for you, as if it "
        "did not exist.",
    ),
    "unknown-caller": ("You are not signed in", None),
    "not-permitted": ("You may not do this", None),
    "does-not-fit": ("What you sent does not fit", None),
    "unavailable": (
        "The case cannot be reached now",
        "A service that the desk needs does not answer. Try again in a minute: what has arrived already "
        "counts once.",
    ),
    "internal": ("The desk has failed", "Its log says why. Try again, or ask the operator."),
}
"""What people read for each kind of refusal: a title, and a text where that of the API is for programs."""


def badge_of(status: str | None, flag_status: str | None = None) -> Badge:
    """The badge of a case. One whose flag was withdrawn has none any more."""
    if status == "flagged" and flag_status == "withdrawn":
        status = "withdrawn"
    return STATUSES.get(status or "", Badge("waits", plain(status or "not known")))


def flag_badge(status: str) -> Badge:
    """The badge of a flag."""
    return Badge("cleared", "Withdrawn") if status == "withdrawn" else Badge("flagged", "Active")


def answer_words(answer: str) -> tuple[str, str]:
    """What an answer is called, and what it means."""
    if answer in YES_OR_NO:
        return YES_OR_NO[answer]
    if answer == "other_traffic_serious":
        return CLASSES["other_traffic_serious"].name.capitalize(), GRAVE
    words = next((words for name, words in CLASSES.items() if name == answer), None)
    if words is None:
        return plain(answer).capitalize(), ""
    return words.name.capitalize(), words.meaning


def kind_of(charge_class: str | None) -> str:
    """What a class of charge is called."""
    if charge_class is None:
        return "being looked up"
    words = next((words for name, words in CLASSES.items() if name == charge_class), None)
    return words.name if words else plain(charge_class)


def rule_title(rule: str | None) -> str:
    """What a rule is called."""
    words = next((words for name, words in RULES.items() if name == rule), None)
    return words.title if words else rule or ""


def plain(words: str) -> str:
    """A word of the contract as people write it."""
    return words.replace("_", " ")


def edition(name: str) -> str:
    """The day from which an edition of the rules is in force."""
    found = edition_named(name)
    return long_date(found.in_force_from) if found else name


def sentence(text: str) -> str:
    """A text of the case, written as a sentence."""
    return text[:1].upper() + text[1:] + ("" if not text or text[-1] in ".!?" else ".")


def day(when: date | datetime) -> str:
    """A day."""
    return long_date(when)


def moment(when: datetime) -> str:
    """A day and a time."""
    at = when.astimezone(UTC)
    return f"{long_date(at)}, {at:%H:%M} UTC"


def latest(view: CaseView) -> datetime | None:
    """When the last message came."""
    return view.messages[-1].received_at if view.messages else None
