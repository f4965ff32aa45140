"""A world small enough to look at all of it: one or two charges, sixteen messages, a person's ruling.

One message of each class, dated so that each can come before and after another. What must hold is said
here anew, from the messages and their dates alone, in other words than the rules'.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Final

from conviction_gate import policy
from conviction_gate.contracts.booking import Booking, Offense
from conviction_gate.contracts.case import CaseResult
from conviction_gate.contracts.court import (
    Amendment,
    Conviction,
    Correction,
    CourtUpdate,
    Dismissal,
    ReviewDecision,
    SubjectFinding,
)
from conviction_gate.contracts.court import Ruling as Word
from conviction_gate.contracts.fields import Severity
from conviction_gate.contracts.history import History, Priority
from conviction_gate.contracts.internal.facts import Facts, Question, Ruling
from conviction_gate.contracts.message import Message
from conviction_gate.policy.catalog import place
from tests.unit import facts as the
from tests.unit.facts import (
    Code,
    amendment,
    booking,
    charge,
    conviction,
    correction,
    decided,
    dismissal,
    facts_of,
    finding,
    history,
    record,
    review,
    update,
)

Messages = tuple[Message, ...]
Charged = tuple[Code, Severity | None]

IN_SCOPE: Final[tuple[Charged, ...]] = (
    (the.MINOR, None),
    (the.MINOR_INFRACTION, "felony"),
    (the.MINOR_UNKNOWN, "misdemeanor"),
    (the.RECKLESS, "infraction"),
)
EXCLUDED: Final[tuple[Charged, ...]] = (
    (the.DUI_NO_CRIME, None),
    (the.HIT_AND_RUN, "infraction"),
    (the.RECKLESS_INJURY, "misdemeanor"),
    (the.SERIOUS_FELONY, None),
    (the.SERIOUS_WOBBLER, "felony"),
)
NON_TRAFFIC: Final[Charged] = (the.NON_TRAFFIC, "infraction")
ASKED: Final[tuple[Charged, ...]] = (
    (the.SERIOUS, "felony"),
    (the.SERIOUS_WOBBLER, "misdemeanor"),
    (the.UNCLASSIFIED, "felony"),
)
COURT_PROCESS: Final[Charged] = (the.COURT_PROCESS, None)
CHARGED: Final = (*IN_SCOPE, *EXCLUDED, NON_TRAFFIC, *ASKED, COURT_PROCESS)
"""Every class of charge, with the severities that the rules must and must not look at."""

PASTS: Final[dict[str, History | None]] = {
    "clean": the.CLEAN,
    "harmless": history(record("dismissed"), record(severity="infraction"), Priority(kind="unlawful_presence")),
    "not known": None,
    "convicted": history(record()),
    "a priority": history(Priority(kind="gang", record_id="P-1")),
    "unclear": history(record("expunged")),
    "conflicting": history(record(), conflicting=True),
    "a citizen's": History(us_citizen=True),
}
DECIDED_BY_THE_PAST: Final = {
    "not known": "review.unclear_history",
    "convicted": "flag.prior_conviction",
    "a priority": "flag.priority_category",
    "unclear": "review.unclear_history",
    "conflicting": "review.unclear_history",
}

MILD: Final[tuple[Word, ...]] = ("not_conviction", "history_clean", "minor_traffic")
STRICT: Final[tuple[Word, ...]] = ("conviction", "history_not_clean", "non_traffic")

_AGAIN: Final = booking(charge(), charge(the.MINOR, "2"), on="2013-01-12")
_ENDS_EVERYTHING: Final = dismissal("2020-01-01", None)
_REVERSED_ON: Final = "2013-01-27"
_A_CRIME_IN_THE_CATALOG: Final = (the.MINOR, the.RECKLESS, the.COURT_PROCESS)
_NO_CRIME_IN_THE_CATALOG: Final = (the.MINOR_INFRACTION,)


def messages_on(charge_id: str, code: Code) -> Messages:
    """One of each class of message that is about one charge."""
    guilty = conviction("2013-01-10", charge_id, severity="misdemeanor")
    return (
        guilty,
        conviction("2013-01-20", charge_id, severity="infraction"),
        conviction("2013-01-10", charge_id),
        conviction("2013-01-20", charge_id, severity="misdemeanor", of=the.COURT_PROCESS),
        dismissal("2013-01-10", charge_id, word="dismissed_without_prejudice"),
        dismissal("2013-01-30", charge_id, word="vacated"),
        update("deferred_with_plea", "2013-01-05", charge_id),
        update("appeal_filed", "2013-01-15", charge_id),
        update("appeal_affirmed", "2013-01-25", charge_id),
        update("appeal_reversed", _REVERSED_ON, charge_id),
        update("reinstated", "2013-01-15", charge_id),
        amendment(charge(code, charge_id), "2013-01-18"),
        correction(guilty),
    )


@dataclass(frozen=True)
class World:
    """A case once its booking and history are there, and all that may arrive.

    `on_both`: what is about one charge may be about either; else about the first. `word`: how the
    person rules who is asked.
    """

    charges: tuple[Charged, ...]
    past: str = "clean"
    on_both: bool = False
    word: Word | None = None

    @cached_property
    def codes(self) -> dict[str, Code]:
        return {str(number): code for number, (code, _) in enumerate(self.charges, start=1)}

    @cached_property
    def base(self) -> Facts:
        booked = [charge(code, str(n), severity=said) for n, (code, said) in enumerate(self.charges, start=1)]
        named = (the.MINOR, the.COURT_PROCESS)
        placed = (place(Offense(scheme=scheme, code=code)) for scheme, code in named)
        return facts_of(booking(*booked), past=PASTS[self.past], placed=placed)

    @cached_property
    def messages(self) -> Messages:
        """One of each class, a ruling where a person answers."""
        about = self.codes if self.on_both else {"1": self.codes["1"]}
        of_charges = [message for charge_id, code in about.items() for message in messages_on(charge_id, code)]
        scheme, code = self.codes["1"]
        first = charge((scheme, code), severity=self.charges[0][1])
        again = _AGAIN.model_copy(update={"charges": (first, _AGAIN.charges[1])})
        ruling = [review(self.word)] if self.word else []
        return (*of_charges, dismissal("2013-01-20", None), again, finding(), *ruling)

    @cached_property
    def as_ruled(self) -> "World":
        """This world once a person has settled what it leaves open, mildly."""
        match self.word:
            case "history_clean":
                return replace(self, past="clean")
            case "minor_traffic":
                return replace(self, charges=((the.MINOR_UNKNOWN, None), *self.charges[1:]))
            case _:
                return self

    def now_charged(self, said: Messages) -> dict[str, Code]:
        """The charges as they stand: booked again, the second one is driving unlicensed, until it is
        amended to what it was."""
        again = any(isinstance(message, Booking) for message in said)
        amended = any(isinstance(message, Amendment) and message.charge.charge_id == "2" for message in said)
        return self.codes | ({"2": the.MINOR} if again and not amended else {})

    def severity_now(self, charge_id: str, said: Messages) -> Severity | None:
        """The severity under which a charge is filed now: what files it anew names none."""
        anew = self.filed_anew(charge_id, said)
        return None if anew else self.charges[int(charge_id) - 1][1]

    def filed_anew(self, charge_id: str, said: Messages) -> str:
        """The day since which only what was decided later ends a charge; as text, "" for none."""
        days = [str(m.filed_on) for m in said if isinstance(m, Amendment) and m.charge.charge_id == charge_id]
        if charge_id == "2" and self.codes.get("2") != the.MINOR:
            days += ["2013-01-12" for message in said if isinstance(message, Booking)]
        return max(days, default="")


def sets(facts: Facts, messages: Messages, most: int, said: Messages = ()) -> Iterator[tuple[Messages, Facts]]:
    """All sets of up to so many messages, each with the facts that it makes."""
    yield said, facts
    if len(said) < most:
        for n, message in enumerate(messages, start=1):
            yield from sets(facts.including(message), messages[n:], most, (*said, message))


# What must hold ------------------------------------------------------------------------------------


def dispositions(world: World, charge_id: str, said: Messages) -> list[Conviction | Dismissal]:
    """What the court said of a charge, as far as it counts: not corrected, not before a new filing, and
    not before the day on which a higher court reversed a conviction."""
    wrong = {message.corrects for message in said if isinstance(message, Correction)}
    since = world.filed_anew(charge_id, said)
    ends = [
        message
        for message in said
        if isinstance(message, Conviction | Dismissal)
        and message.charge_id in (charge_id, None)
        and message.message_id not in wrong
        and str(message.decided_on) >= since
    ]
    guilty = any(isinstance(message, Conviction) for message in ends)
    if guilty and "appeal_reversed" in entries_on(charge_id, said):
        return [message for message in ends if str(message.decided_on) >= _REVERSED_ON]
    return ends


def entries_on(charge_id: str, said: Messages) -> set[str]:
    """The docket entries on a charge."""
    return {m.entry for m in said if isinstance(m, CourtUpdate) and m.charge_id == charge_id}


def last_words(world: World, charge_id: str, said: Messages) -> list[Conviction | Dismissal]:
    """What the court said last of a charge."""
    ends = dispositions(world, charge_id, said)
    last = max((message.decided_on for message in ends), default=None)
    return [message for message in ends if message.decided_on == last]


def is_crime(world: World, message: Conviction | Dismissal, charge_id: str, said: Messages) -> bool | None:
    """Whether a disposition is a conviction for a crime; None where nobody knows."""
    if isinstance(message, Dismissal):
        return False
    of = message.convicted_of
    code = (of.scheme, of.code) if of else world.now_charged(said)[charge_id]
    no_crime_by_law = code in _NO_CRIME_IN_THE_CATALOG
    if message.severity == "infraction":
        return False
    if message.severity is not None:
        return None if no_crime_by_law else True
    if no_crime_by_law:
        return False
    if world.severity_now(charge_id, said) == "infraction" or code not in _A_CRIME_IN_THE_CATALOG:
        return None
    return True


def guilty_of_a_traffic_crime(world: World, charge_id: str, code: Code, said: Messages) -> bool:
    """Whether a traffic charge ended in a conviction for a crime that nothing contradicts."""
    last = last_words(world, charge_id, said)
    entries = entries_on(charge_id, said)
    if code == the.COURT_PROCESS or not last:
        return False
    under_appeal = "appeal_filed" in entries and "appeal_affirmed" not in entries
    missed_court = any(isinstance(m, Conviction) and m.convicted_of is not None for m in last)
    all_crimes = all(is_crime(world, m, charge_id, said) for m in last)
    return all_crimes and not under_appeal and not missed_court


def leaves_guilt(world: World, charge_id: str, said: Messages) -> bool:
    """Whether a charge was dropped after a conviction or a plea, which nobody has taken back."""
    ends = dispositions(world, charge_id, said)
    last = last_words(world, charge_id, said)
    dropped = any(isinstance(m, Dismissal) and m.disposition != "vacated" for m in last)
    earlier = [m for m in ends if isinstance(m, Conviction) and m.decided_on < last[0].decided_on]
    convicted = any(
        is_crime(world, m, charge_id, said) is not False or m.convicted_of is not None for m in earlier
    )
    pleaded = "deferred_with_plea" in entries_on(charge_id, said) and not world.filed_anew(charge_id, said)
    return dropped and (convicted or pleaded)


def ended_without_one(world: World, charge_id: str, said: Messages) -> bool:
    """Whether a charge ended, without any doubt, and not in a conviction for a crime."""
    last = last_words(world, charge_id, said)
    no_crimes = all(is_crime(world, m, charge_id, said) is False for m in last)
    return bool(last) and no_crimes and not leaves_guilt(world, charge_id, said)


def ended_plainly(world: World, charge_id: str, said: Messages) -> bool:
    """Whether a charge ended in one word, which no docket entry bears on, and not in a crime."""
    one_word = len(last_words(world, charge_id, said)) == 1
    return one_word and not entries_on(charge_id, said) and ended_without_one(world, charge_id, said)


def what_is_certain(world: World, said: Messages) -> str | None:
    """The rule that must answer; None where nobody may be flagged: a wait, a question or a clearance."""
    charged = world.now_charged(said)
    severities = {charge_id: world.severity_now(charge_id, said) for charge_id in charged}
    # A grave offense is a felony, or is none, as it is filed now; everything else as it was ever charged.
    ever = {
        (code, severities[charge_id] if code == the.SERIOUS_WOBBLER else severity)
        for charge_id, (code, severity) in zip(world.codes, world.charges, strict=True)
    }
    now = {*charged.values()}
    if world.past == "a citizen's" or any(isinstance(message, SubjectFinding) for message in said):
        return "clear.us_citizen"
    if ever & {*EXCLUDED}:
        return "flag.excluded_offense"
    if NON_TRAFFIC in ever:
        return "flag.non_traffic_charge"
    if now & {the.SERIOUS, the.SERIOUS_WOBBLER, the.UNCLASSIFIED} or now == {the.COURT_PROCESS}:
        return "review.unclassified_charge"
    if world.past in DECIDED_BY_THE_PAST:
        return DECIDED_BY_THE_PAST[world.past]
    if any(guilty_of_a_traffic_crime(world, *each, said) for each in charged.items()):
        return "flag.convicted"
    if the.COURT_PROCESS not in now and all(ended_plainly(world, each, said) for each in charged):
        return "clear.no_conviction"
    return None


def must_hold(world: World, said: Messages, decision: policy.Decision) -> None:
    """The policy's property, and its other half: what is certain decides, and nothing else does."""
    certain = what_is_certain(world, said)
    if certain is not None:
        assert decision.rule == certain
    elif decision.answer == "clear":
        awaited = [each for each, code in world.now_charged(said).items() if code != the.COURT_PROCESS]
        assert decision.rule == "clear.no_conviction"
        assert all(ended_without_one(world, each, said) for each in awaited)
    else:
        assert decision.answer in ("wait", "review")
    assert bool(decision.questions) == (decision.answer == "review")


def next_step(world: World, facts: Facts, said: Messages, decision: policy.Decision) -> int:
    """A state that is no end waits for a charge that a court can end, or asks what a person can
    answer. Returns the number of states that it looked at."""
    if decision.answer == "wait":
        waited_for = policy.open_charges(facts)
        charged = world.now_charged(said)
        assert waited_for
        assert all(charged[charge_id] != the.COURT_PROCESS for charge_id in waited_for)
        assert all(charge_id in decision.explanation for charge_id in waited_for)
        assert decided(facts.including(_ENDS_EVERYTHING)).answer != "wait"
        return 1
    if decision.answer == "review" and facts.history is not None:  # one not known is asked for until it is
        question = decision.questions[0]
        for word in answers(question):
            bound = policy.bind(review(word, question.charge_id), decision)
            assert isinstance(bound, Ruling), bound
            answered = decided(facts.including(bound))
            assert (answered.rule, answered.questions) != (decision.rule, decision.questions)
        return len(answers(question))
    return 0


def answers(question: Question) -> list[Word]:
    """A person's mild and strict answer to a question."""
    rules = ("review.unclear_disposition", "review.unclear_severity"), ("review.unclear_history",)
    kind = next((n for n, asking in enumerate(rules) if question.rule in asking), 2)
    return [MILD[kind], STRICT[kind]]


# All sets, and all orders ---------------------------------------------------------------------------

Seen = Counter[str]


def explore_sets(world: World, most: int) -> Seen:
    """Every set of up to so many messages, decided as a set; how many states of each answer."""
    seen = Seen()
    for said, facts in sets(world.base, world.messages, most):
        decision = decided(facts)
        with telling(world, said):
            must_hold(world, said, decision)
            seen["a next step"] += next_step(world, facts, said, decision)
        seen[decision.answer] += 1
    return seen


@dataclass(frozen=True)
class Case:
    """A case as the workflow keeps it, after so many messages; `result` once it has ended.

    `counted`: what it took, rulings aside. `ruled`: a ruling answered a question.
    """

    said: Messages
    counted: Messages
    facts: Facts
    decision: policy.Decision
    result: CaseResult | None = None
    ruled: bool = False

    def after(self, message: Message) -> "Case":
        """The case once one more message has arrived: as `BookingCase` takes it, then `FlagCorrection`."""
        case = replace(self, said=(*self.said, message))
        if self.result is not None:
            judged = policy.judge(self.facts, self.result, message, policy.LookedUp())
            taken = () if isinstance(message, ReviewDecision) else (message,)
            case = replace(case, counted=(*self.counted, *taken), facts=judged.facts)
            if judged.withdraw and judged.reopens:
                return replace(case, result=None).decided()
            outcome = "withdrawn" if judged.withdraw else self.result.outcome
            return replace(case, result=self.result.model_copy(update={"outcome": outcome}))
        if not isinstance(message, ReviewDecision):
            case = replace(case, counted=(*self.counted, message), facts=self.facts.including(message))
        elif message.message_id not in _ids(self.said):
            bound = policy.bind(message, self.decision)
            if isinstance(bound, Ruling):
                case = replace(case, facts=self.facts.including(bound), ruled=True)
        return case.decided()

    def decided(self) -> "Case":
        """The case with the decision on its facts carried out."""
        decision = decided(self.facts)
        if decision.is_open:
            return replace(self, decision=decision)
        result = CaseResult(
            outcome="flagged" if decision.answer == "flag" else "cleared",
            rule=decision.rule,
            explanation=decision.explanation,
            policy_edition=the.EDITION.name,
            decided_at=datetime(2021, 1, 1, tzinfo=UTC),
        )
        return replace(self, decision=decision, result=result)


def _ids(said: Messages) -> frozenset[str]:
    return frozenset(message.message_id for message in said)


def explore_orders(world: World, most: int) -> Seen:
    """Every order of every set of up to so many messages, with each of them once more at any later
    place, one by one; how many states of each outcome."""
    sent = [message for message in world.messages if not isinstance(message, ReviewDecision)]
    as_a_set = {_ids(said): decided(facts) for said, facts in sets(world.base, (*sent,), most)}
    seen = Seen()
    booked = Case((), (), world.base, decided(world.base)).decided()
    found = [booked]
    while found:
        case = found.pop()
        seen[case.result.outcome if case.result else "open"] += 1
        before = _ids(case.said)
        for message in world.messages:
            again = message.message_id in before
            if len(before) < len(case.said) if again else len(before) == most:
                continue
            after = case.after(message)
            with telling(world, after.said):
                _holds_one_by_one(world, case, after)
                if case.result is None and (together := before | {message.message_id}) in as_a_set:
                    assert after.decision == as_a_set[together]
            found.append(after)
    return seen


def _holds_one_by_one(world: World, before: Case, case: Case) -> None:
    """What must hold of each step: the property in the order of arrival, and its corollaries."""
    counted = tuple({message.message_id: message for message in case.counted}.values())
    if (before.result is None or case.result is None) and not case.ruled:
        must_hold(world, counted, case.decision)
    if case.result is None and case.ruled:
        next_step(world, case.facts, counted, case.decision)
    if before.result is None and case.said[-1].message_id in _ids(before.said):
        assert case.decision == before.decision  # once more is nothing new
    if before.result is not None and before.result.outcome != "flagged":
        assert case.result == before.result  # neither a clearance nor a withdrawal becomes a flag
    elif case.result is not None:
        flagged = case.result.outcome == "flagged"
        settled = world.as_ruled if case.ruled else world
        stands = (what_is_certain(settled, counted) or "").startswith("flag.")
        if case.ruled and world.word in STRICT:
            assert not flagged or stands or _allows_a_ruling(world, counted)
        elif case.ruled:
            assert not flagged or stands
        else:
            assert flagged == stands


def _allows_a_ruling(world: World, counted: Messages) -> bool:
    """Whether a strict ruling can be why a flag stands: on something, and nothing lifts it."""
    if any(isinstance(message, SubjectFinding) for message in counted):
        return False
    if world.word != "conviction":
        return True
    pleas = [m for m in counted if isinstance(m, CourtUpdate) and m.entry == "deferred_with_plea"]
    guilty = [m for m in counted if isinstance(m, Conviction)]
    vacated = [m for m in counted if isinstance(m, Dismissal) and m.disposition == "vacated"]
    return bool(pleas or guilty) and not vacated


@contextmanager
def telling(world: World, said: Messages) -> Iterator[None]:
    """Name the state where something does not hold."""
    try:
        yield
    except AssertionError as error:
        error.add_note(f"{world}: {', '.join(message.message_id for message in said)}")
        raise
