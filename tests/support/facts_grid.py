"""A few thousand facts, always the same: what a released edition is held to, and what notices a lost guard.

`python -m tests.support.facts_grid` prints the digest of what the latest edition decides on them.

Offenses of a scheme that no catalog holds, so that a catalog that grows changes nothing here. The grid is
as frozen as what it holds: a new kind of fact gets a grid of its own.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from itertools import chain, combinations, product
from typing import Final, get_args

from conviction_gate import policy
from conviction_gate.contracts.booking import Subject
from conviction_gate.contracts.court import RulingWord as Word
from conviction_gate.contracts.fields import ChargeClass, Severity
from conviction_gate.contracts.history import PRIORITY_KINDS, History, Priority
from conviction_gate.contracts.internal.facts import CatalogSeverity, Facts, Ruling
from conviction_gate.contracts.message import Message
from conviction_gate.policy import Decision
from tests.support import facts as the
from tests.support.facts import (
    amendment,
    booking,
    charge,
    conviction,
    correction,
    dismissal,
    finding,
    history,
    made_up,
    of_record,
    record,
    review,
    update,
)

CLASSES: Final[tuple[ChargeClass, ...]] = get_args(ChargeClass)
BY_CATALOG: Final[tuple[CatalogSeverity | None, ...]] = (None, *get_args(CatalogSeverity))
REPORTED: Final[tuple[Severity | None, ...]] = (None, *get_args(Severity))
WORDS: Final[tuple[Word, ...]] = (
    *CLASSES,
    "conviction",
    "not_conviction",
    "history_clean",
    "history_not_clean",
)


def facts(
    *messages: Message | Ruling,
    past: History | None = the.CLEAN,
    by_catalog: CatalogSeverity | None = "misdemeanor",
) -> Facts:
    """Facts where every class is a misdemeanor under its own name, and of the catalog's severity
    `by_catalog` under another."""
    own = [made_up(name, "misdemeanor") for name in CLASSES]
    other = [p.model_copy(update={"code": f"{p.code} of its own", "severity": by_catalog}) for p in own]
    made = Facts(history=past, placements=(*own, *other, *map(of_record, own)))
    for message in messages:
        made = made.including(message)
    return made


def court(charge_id: str) -> tuple[Message, ...]:
    """What may arrive about a charge, on the days around each other."""
    convicted = [conviction("2013-01-10", charge_id, severity=severity) for severity in REPORTED]
    convicted_of = [conviction("2013-01-20", charge_id, of=("X", name)) for name in CLASSES]
    ended = [dismissal("2013-01-20", charge_id, word=word) for word in the.DISPOSITIONS]
    entries = [update(entry, "2013-01-15", charge_id) for entry in the.ENTRIES]
    others = (
        dismissal("2013-01-10", None),
        update("deferred_with_plea", "2013-01-05", charge_id),
        update("appeal_ended", "2013-01-25", charge_id),
        amendment(charge(("X", "minor_traffic"), charge_id), "2013-01-12"),
        amendment(charge(("X", "reckless_no_injury"), charge_id, injury=True), "2013-01-18"),
        correction(convicted[1]),
        correction(ended[0], "misidentified"),
        finding("us_citizen"),
        finding("deceased"),
    )
    return (*convicted, *convicted_of, *ended, *entries, *others)


PASTS: Final[tuple[History | None, ...]] = (
    None,
    *(
        history(record(word, severity, on, juvenile=juvenile))
        for word, severity, on, juvenile in product(
            ("convicted", "expunged", "vacated", "deferred_with_plea", "unknown"),
            REPORTED,
            ("2009-04-02", "2012-05-04", None),
            (False, True),
        )
    ),
    *(
        history(Priority(kind=kind, record_id=record_id))
        for kind in (*sorted(PRIORITY_KINDS), "unlawful_presence", "other")
        for record_id in (None, "P-1")
    ),
    history(record(), conflicting=True),
    history(Priority(kind="gang", record_id="P-1"), conflicting=True),
    History(us_citizen=True),
    History(too_large=True),
    *(history(record(of=("X", name))) for name in CLASSES),
    *(
        history(
            Priority(kind="outstanding_criminal_warrant", record_id="P-1", scheme="X", code=name),
        )
        for name in CLASSES
    ),
)


def corrected() -> Iterator[Facts]:
    """What corrections, ids that disagree, days that disagree, and appeals make of a booking."""
    right = charge(("X", "minor_traffic"))
    somebody_else = booking(right, subject=Subject(fingerprint_id="T-2"), message_id="again")
    guilty = conviction("2013-01-10", severity="misdemeanor")
    for name in CLASSES:
        wrong = booking(charge(("X", name)))
        fix = correction(wrong)
        for replacement in (None, booking(right, message_id="right"), booking(right, on="2011-05-04")):
            replaced = fix.model_copy(update={"replacement": replacement})
            yield facts(wrong, replaced)
            yield facts(wrong, replaced, booking(right, message_id="later"), guilty)
        yield facts(wrong, correction(wrong, "deceased"))
        yield facts(wrong, conviction("2013-01-10", severity="infraction", of=("X", name)))
        yield facts(booking(right), conviction("2013-01-10", severity="infraction", of=("X", name)))
        yield facts(booking(right), conviction("2013-01-10", of=("X", name)), dismissal("2013-02-01"))
    for past in PASTS:
        yield facts(booking(right), somebody_else, past=past)
        yield facts(booking(right), booking(right, on="2011-05-04"), guilty, past=past)
        yield facts(booking(right), correction("nothing that came", "deceased"), past=past)
    appeals = [
        *(update(f"appeal_{word}", "2013-01-09") for word in ("filed", "de_novo", "reversed")),
        *(update(f"appeal_{word}", "2013-01-10") for word in ("filed", "de_novo", "reversed", "affirmed")),
        *(update(f"appeal_{word}", "2013-02-01") for word in ("withdrawn", "de_novo", "ended", "affirmed")),
    ]
    for said in combinations(appeals, 2):
        yield facts(booking(right), guilty, *said)
        yield facts(booking(right), guilty, *said, dismissal("2013-02-01"))


def unruled() -> Iterator[Facts]:
    """The facts before a person ruled."""
    yield facts()
    minor = charge(("X", "minor_traffic of its own"))
    for past in PASTS:
        for code in ("minor_traffic", "unclassified", "dui"):
            yield facts(booking(charge(("X", code))), past=past, by_catalog=None)
    for name, by_catalog, reported, injury in product(CLASSES, BY_CATALOG, REPORTED, (None, True)):
        booked = booking(charge(("X", f"{name} of its own"), severity=reported, injury=injury))
        yield facts(booked, by_catalog=by_catalog)
        yield facts(booked, conviction("2013-01-10"), by_catalog=by_catalog)
    for count in (5, 6):
        yield facts(booking(*(charge(("X", "minor_traffic"), str(n)) for n in range(count))))
    missed = booking(minor, charge(("X", "minor_traffic"), "2"), charge(("X", "court_process"), "3"))
    for ended in ("1", None):
        yield facts(missed, conviction("2013-01-10", "3"), dismissal("2013-01-20", ended))
    for name, severity in product(CLASSES, REPORTED):
        yield facts(booking(minor), conviction("2013-01-20", severity=severity, of=("X", name)))
    for name in CLASSES:
        for message in court("1"):
            yield facts(booking(charge(("X", name))), message)
        both = booking(minor, charge(("X", name), "2"))
        for message in (*court("1"), *court("2")):
            yield facts(both, message)
            yield facts(both, message, dismissal("2013-02-01", None))
    again = booking(charge(("X", "dui")), charge(("X", "minor_traffic"), "2"), on="2012-05-06")
    for name in CLASSES:
        yield facts(booking(charge(("X", name))), again)
    for said in combinations(court("1"), 2):
        yield facts(booking(minor), *said, by_catalog="wobbler")


def grid() -> Iterator[Facts]:
    """All of the facts, in one order: as they are, and with each ruling on the first question that stands."""
    for asked in chain(unruled(), corrected()):
        yield asked
        decision = the.decided(asked)
        for question in decision.questions[:1]:
            for word in WORDS:
                bound = policy.bind(review(word, question.charge_id), decision)
                if isinstance(bound, Ruling):
                    yield asked.including(bound)


def described(decision: Decision) -> str:
    """What must not change: the rule, and what a person is asked, by which a ruling finds its question
    again years later. The wording may, and so may which messages are named as grounds."""
    questions = (f"{asked.rule} {asked.charge_id} {asked.about}" for asked in decision.questions)
    return " | ".join((decision.rule, *questions))


def decisions() -> tuple[str, Counter[str]]:
    """The digest of every decision on the grid, and how often each rule decided."""
    digest, rules = hashlib.sha256(), Counter[str]()
    for facts in grid():
        decision = the.decided(facts)
        digest.update(f"{described(decision)}\n".encode())
        rules[decision.rule] += 1
    return digest.hexdigest(), rules


if __name__ == "__main__":
    print(decisions()[0])
