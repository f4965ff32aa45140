"""A world small enough to look at all of it: every set of up to three messages on one or two charges.

What is checked is said here anew, in other words than the rules': a charge can only have ended in a
crime where a conviction for one is among the messages, and so on.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Final

import policy
from contracts.court import Conviction, Correction, Dismissal
from contracts.facts import Facts
from contracts.message import Message
from tests.unit import facts as the
from tests.unit.facts import (
    amendment,
    booking,
    charge,
    conviction,
    correction,
    decided,
    dismissal,
    facts_of,
    update,
)

IN_SCOPE: Final = (the.MINOR, the.MINOR_INFRACTION, the.MINOR_UNKNOWN, the.RECKLESS)
EXCLUDED: Final = (the.DUI_NO_CRIME, the.HIT_AND_RUN, the.RECKLESS_INJURY, the.SERIOUS_FELONY)
ASKED: Final = (the.SERIOUS, the.UNCLASSIFIED, the.COURT_PROCESS)
PAIRS: Final = (
    (the.MINOR, the.MINOR),
    (the.MINOR_INFRACTION, the.RECKLESS),
    (the.MINOR_UNKNOWN, the.COURT_PROCESS),
    (the.MINOR, the.UNCLASSIFIED),
)
CRIME: Final = "misdemeanor"
Code = the.Code


def messages_on(charge_id: str, code: Code) -> tuple[Message, ...]:
    """One of each class of message, dated so that each can come before and after another."""
    guilty = conviction("2013-01-10", charge_id)
    return (
        guilty,
        conviction("2013-01-10", charge_id, severity="misdemeanor"),
        conviction("2013-01-20", charge_id, severity="infraction"),
        dismissal("2013-01-20", charge_id),
        dismissal("2013-01-10", charge_id, word="dismissed_without_prejudice"),
        dismissal("2013-01-30", charge_id, word="vacated"),
        update("deferred_with_plea", "2013-01-05", charge_id),
        update("appeal_filed", "2013-01-15", charge_id),
        update("appeal_ended", "2013-01-25", charge_id),
        update("reinstated", "2013-01-15", charge_id),
        amendment(charge(code, charge_id), "2013-01-18"),
        correction(guilty),
    )


def subsets(messages: tuple[Message, ...], most: int = 3) -> Iterator[tuple[Message, ...]]:
    """All sets of up to so many messages."""
    for size in range(most + 1):
        yield from combinations(messages, size)


def crimes(messages: Iterable[Message], codes: dict[str, Code]) -> set[str]:
    """The charges with a conviction for a crime that no correction names."""
    messages = tuple(messages)
    corrected = {message.corrects for message in messages if isinstance(message, Correction)}
    found = set()
    for message in messages:
        if isinstance(message, Conviction) and message.message_id not in corrected:
            own = codes[message.charge_id] in (the.MINOR, the.RECKLESS, the.COURT_PROCESS)
            if message.severity == CRIME or (message.severity is None and own):
                found.add(message.charge_id)
    return found


def ends(messages: Iterable[Message]) -> set[str | None]:
    """The charges with anything that could end them."""
    return {message.charge_id for message in messages if isinstance(message, Conviction | Dismissal)}


def check(base: Facts, codes: dict[str, Code], messages: tuple[Message, ...]) -> policy.Decision:
    """One state: its decision, once it is known to break nothing."""
    facts = base
    for message in messages:
        facts = facts.including(message)
    decision = decided(facts)
    classes = set(codes.values())
    waited_for = {charge_id for charge_id, code in codes.items() if code != the.COURT_PROCESS}

    assert decision.explanation.endswith(".")
    assert bool(decision.questions) == (decision.answer == "review")
    if classes & set(EXCLUDED):
        assert decision.rule == "flag.excluded_offense"
    elif the.NON_TRAFFIC in classes:
        assert decision.rule == "flag.non_traffic_charge"
    elif classes & {the.SERIOUS, the.UNCLASSIFIED} or classes == {the.COURT_PROCESS}:
        assert decision.rule == "review.unclassified_charge"
    elif decision.answer == "flag":
        assert decision.rule == "flag.convicted"
        assert crimes(messages, codes) & waited_for
    elif decision.answer == "clear":
        assert decision.rule == "clear.no_conviction"
        assert ends(messages) >= waited_for
    turned = base
    for message in reversed((*messages, *messages)):
        turned = turned.including(message)
    assert decided(turned) == decision
    return decision


def explore(*codes: Code) -> Counter[str]:
    """Every state of a case with these charges: how many there are of each rule."""
    by_id = {str(number): code for number, code in enumerate(codes, start=1)}
    base = facts_of(booking(*(charge(code, charge_id) for charge_id, code in by_id.items())))
    messages = tuple(m for charge_id, code in by_id.items() for m in messages_on(charge_id, code))
    decisions = {subset: check(base, by_id, subset) for subset in subsets(messages)}
    for subset, decision in decisions.items():
        _a_docket_entry_alone_decides_nothing(subset, decision, decisions)
        _a_correction_of_the_only_conviction_leaves_no_flag(subset, decision)
    return Counter(decision.rule for decision in decisions.values())


def _a_docket_entry_alone_decides_nothing(
    subset: tuple[Message, ...],
    decision: policy.Decision,
    decisions: dict[tuple[Message, ...], policy.Decision],
) -> None:
    """Only where a disposition is there already can an entry let it stand or reopen it."""
    if decision.is_open or ends(subset):
        return
    assert all(
        decisions[tuple(m for m in subset if m is not message)].answer == decision.answer for message in subset
    )


def _a_correction_of_the_only_conviction_leaves_no_flag(
    subset: tuple[Message, ...], decision: policy.Decision
) -> None:
    corrected = {m.corrects for m in subset if isinstance(m, Correction)}
    if corrected and {m.message_id for m in subset if isinstance(m, Conviction)} <= corrected:
        assert decision.rule != "flag.convicted"


def test_every_state_of_a_small_case() -> None:
    seen: Counter[str] = Counter()
    for code in (*IN_SCOPE, *EXCLUDED, *ASKED, the.NON_TRAFFIC):
        seen += explore(code)
    for pair in PAIRS:
        seen += explore(*pair)
    print(f"\n{seen.total()} states")
    for rule, count in seen.most_common():
        print(f"{count:>7} {rule}")
    assert {"flag.convicted", "clear.no_conviction", "defer.traffic_only"} < set(seen)
    assert {"review.unclear_disposition", "review.unclear_severity"} < set(seen)


def test_without_a_history_no_state_clears_and_none_is_flagged_for_a_conviction() -> None:
    """Only what needs no history decides: a charge that the policy leaves out."""
    for code in (*IN_SCOPE, *EXCLUDED, *ASKED):
        base = facts_of(booking(charge(code)), past=None)
        for subset in subsets(messages_on("1", code), 2):
            facts = base
            for message in subset:
                facts = facts.including(message)
            decision = decided(facts)
            if code in EXCLUDED:
                assert decision.rule == "flag.excluded_offense"
            else:
                assert decision.answer == "review"
