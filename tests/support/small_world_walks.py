"""The ways through the small world: every set of messages, every order, and every fall of a flag's ground."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from conviction_gate import policy
from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.case import CaseResult
from conviction_gate.contracts.court import (
    Amendment,
    Conviction,
    CourtUpdate,
    Dismissal,
    RecordUpdate,
    ReviewDecision,
    SubjectFinding,
)
from conviction_gate.contracts.court import RulingWord as Word
from conviction_gate.contracts.internal.facts import Facts, Question, Ruling
from conviction_gate.contracts.message import Message
from tests.support import facts as the
from tests.support.facts import correction, decided, dismissal, record_update, review, update
from tests.support.small_world import MILD, NOTHING_CAME, PASTS, STRICT, Messages, World, with_replacement
from tests.support.small_world_truth import ENDING, Truth

Seen = Counter[str]

_ENDS_EVERYTHING: Final = dismissal("2020-01-01", None)
_ENDINGS: Final = ("review.unclear_disposition", "review.unclear_severity")


def must_hold(truth: Truth, decision: policy.Decision) -> None:
    """What is certain decides, and nothing else does."""
    answered = ENDING if decision.rule in _ENDINGS else decision.rule
    assert answered == truth.rule
    assert bool(decision.questions) == (decision.answer == "review")


# Every set ------------------------------------------------------------------------------------------


def explore_sets(world: World, most: int) -> Seen:
    """Every set of up to so many messages, decided as a set; how many states of each answer."""
    seen = Seen()
    for said, facts in sets(world.base, world.messages, most):
        decision = decided(facts)
        with naming(world, said):
            must_hold(Truth(world.booking, world.past, said), decision)
            seen["a next step"] += next_step(world, facts, decision)
        seen[decision.answer] += 1
    return seen


def sets(facts: Facts, messages: Messages, most: int, said: Messages = ()) -> Iterator[tuple[Messages, Facts]]:
    """All sets of up to so many messages, each with the facts that it makes."""
    yield said, facts
    if len(said) < most:
        for n, message in enumerate(messages, start=1):
            yield from sets(facts.including(message), messages[n:], most, (*said, message))


def next_step(world: World, facts: Facts, decision: policy.Decision) -> int:
    """A state that is no end waits for a booking or for a charge that a court can end, or asks what a person
    can answer. Returns the number of states that it looked at."""
    if decision.answer == "wait" and decision != policy.NO_BOOKING:
        waited_for = policy.open_charges(facts)
        assert waited_for
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
    kind = 0 if question.rule in _ENDINGS else 1 if question.rule == "review.unclear_history" else 2
    return [MILD[kind], STRICT[kind]]


# Every fall -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fall:
    """Something that takes a ground away, and the history from then on."""

    message: Message
    past: str


def falls(world: World, said: Messages) -> Iterator[Fall]:
    """Every way in which a ground can fall: the message that gave it is corrected by its sender, replaced,
    vacated, reversed or tried anew, or the record changes. However late it is."""
    for message in Truth(world.booking, world.past, said).left:
        match message:
            case Booking(charges=(_, *others)):
                minor = message.charges[0].model_copy(update={"code": the.MINOR[1], "scheme": the.MINOR[0]})
                right = {"charges": (minor, *others), "message_id": f"{message.message_id}, replaced"}
                yield Fall(with_replacement(message, message.model_copy(update=right)), world.past)
                yield Fall(correction(message), world.past)
            case Conviction(charge_id=charge_id):
                right = {"severity": "infraction", "message_id": f"{message.message_id}, replaced"}
                fix = {"sender": message.sender, "message_id": f"late fix of {message.message_id}"}
                late = with_replacement(message, message.model_copy(update=right)).model_copy(update=fix)
                yield Fall(late, world.past)
                yield Fall(late.model_copy(update={"replacement": None}), world.past)
                yield Fall(dismissal("2020-01-01", charge_id, word="vacated"), world.past)
                yield Fall(dismissal("2020-01-01", charge_id, word="acquitted"), world.past)
                yield Fall(update("appeal_reversed", "2020-01-01", charge_id), world.past)
                yield Fall(update("appeal_de_novo", "2020-01-01", charge_id), world.past)
                yield Fall(update("appeal_filed", "2020-01-01", charge_id), world.past)
                yield Fall(update("pardoned", "2020-01-01", charge_id), world.past)
            case Amendment():
                yield Fall(correction(message), world.past)
    for past in ("clean", "another crime", "unclear"):
        yield Fall(record_update("2020-01-01"), past)


def explore_falls(world: World, most: int) -> Seen:
    """The mirror of the promise: of every set with a flag, everything that can fall. The flag falls with
    it, unless another ground is left."""
    seen = Seen()
    for said, facts in sets(world.base, world.messages, most):
        decision = decided(facts)
        if decision.answer == "review":
            seen["withdrawn"] += a_ruling_falls(world, said, facts, decision)
        if decision.answer != "flag":
            continue
        result = result_of(decision)
        for fall in falls(world, said):
            with naming(world, (*said, fall.message)):
                judged = policy.judge(facts, result, fall.message, looked_up(facts, fall.message, fall.past))
                truth = Truth(world.booking, fall.past, (*said, fall.message))
                must_hold(truth, decided(judged.facts))
                assert judged.withdraw is not truth.rule.startswith("flag.")
                assert judged.reopens is (judged.withdraw and not truth.rule.startswith("clear."))
            seen["withdrawn" if judged.withdraw else "stands"] += 1
    return seen


def a_ruling_falls(world: World, said: Messages, facts: Facts, asked: policy.Decision) -> int:
    """A flag that rests on a person's ruling falls with the ruling, and the question is asked again."""
    question = asked.questions[0]
    ruling = review(answers(question)[1], question.charge_id)
    bound = policy.bind(ruling, asked)
    assert isinstance(bound, Ruling)
    flagged = decided(facts.including(bound))
    if flagged.answer != "flag":
        return 0
    fix = correction(ruling)
    with naming(world, (*said, ruling, fix)):
        assert ruling.message_id in flagged.grounds or flagged.rule == "flag.convicted"
        judged = policy.judge(facts.including(bound), result_of(flagged), fix, policy.LookedUp())
        assert (judged.withdraw, judged.reopens) == (True, True)
        assert decided(judged.facts) == asked
    return 1


def looked_up(facts: Facts, message: Message, past: str) -> policy.LookedUp:
    """What is found before a message is judged after the end, where the history is `past` by now."""
    needed = policy.to_look_up(facts, message)
    history = PASTS[past] if needed.subjects else None
    named = policy.offenses_named(Facts(history=history))
    return policy.LookedUp(history, placements=tuple(map(the.classified, (*needed.offenses, *named))))


def result_of(decision: policy.Decision) -> CaseResult:
    return CaseResult(
        outcome="flagged" if decision.answer == "flag" else "cleared",
        rule=decision.rule,
        explanation=decision.explanation,
        policy_edition=the.EDITION.name,
        decided_at=datetime(2021, 1, 1, tzinfo=UTC),
    )


# Every order ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A case as the workflow keeps it, after so many messages; `result` while it has ended.

    `counted`: what it took, rulings aside. `ruled`: a ruling answered a question. `flags`: how many it had.
    """

    said: Messages
    counted: Messages
    facts: Facts
    past: str
    decision: policy.Decision
    result: CaseResult | None = None
    ruled: bool = False
    flags: int = 0

    def after(self, world: World, message: Message) -> "Case":
        """The case once one more message has arrived: as `BookingCase` takes it, then `FlagCorrection`, and
        `BookingCase` again where something is left to wait for."""
        case = replace(self, said=(*self.said, message))
        if isinstance(message, RecordUpdate) and world.then:
            case = replace(case, past=world.then)
        if self.result is not None:
            found = looked_up(self.facts, message, case.past)
            judged = policy.judge(self.facts, self.result, message, found)
            taken = (
                () if isinstance(message, ReviewDecision) or self.result.outcome != "flagged" else (message,)
            )
            case = replace(case, counted=(*self.counted, *taken), facts=judged.facts)
            if judged.reopens:
                return replace(case, result=None).decided()
            outcome = "withdrawn" if judged.withdraw else self.result.outcome
            return replace(case, result=self.result.model_copy(update={"outcome": outcome}))
        if not isinstance(message, ReviewDecision):
            facts = self.facts.including(message).model_copy(update={"history": PASTS[case.past]})
            case = replace(case, counted=(*self.counted, message), facts=facts)
        elif message.message_id not in ids(self.said):
            bound = policy.bind(message, self.decision)
            if isinstance(bound, Ruling):
                case = replace(case, facts=self.facts.including(bound), ruled=True)
        return case.decided()

    def decided(self) -> "Case":
        """The case with the decision on its facts carried out."""
        decision = decided(self.facts)
        if decision.is_open:
            return replace(self, decision=decision)
        flags = self.flags + (decision.answer == "flag")
        return replace(self, decision=decision, result=result_of(decision), flags=flags)


def ids(said: Messages) -> frozenset[str]:
    return frozenset(message.message_id for message in said)


def explore_orders(world: World, most: int, kind: str | None = None) -> Seen:
    """Every order of every set of up to so many messages (of a kind), with each of them once more at any
    later place, one by one; how many states of each outcome."""
    messages = world.messages if kind is None else world.of_kind(kind)
    seen = Seen()
    found = [Case((), (), world.base, world.past, decided(world.base)).decided()]
    while found:
        case = found.pop()
        seen[case.result.outcome if case.result else "open"] += 1
        seen["flagged again"] += case.flags > 1
        before = ids(case.said)
        for message in messages:
            again = message.message_id in before
            if len(before) < len(case.said) if again else len(before) == most:
                continue
            after = case.after(world, message)
            with naming(world, after.said):
                holds_one_by_one(world, case, after)
            found.append(after)
    return seen


def holds_one_by_one(world: World, before: Case, case: Case) -> None:
    """What must hold of each step: the same as of the set of what has arrived, and after the end less."""
    counted = tuple({message.message_id: message for message in case.counted}.values())
    truth = Truth(world.booking, case.past, counted)
    if before.result is None and case.said[-1].message_id in ids(before.said):
        assert case.decision == before.decision  # once more is nothing new
    if before.result is not None and before.result.outcome != "flagged":
        assert case.result == before.result  # neither a clearance nor a withdrawal becomes a flag
        return
    if not case.ruled:
        if case.result is None or before.result is None:
            must_hold(truth, case.decision)
        is_flagged = case.result is not None and case.result.outcome == "flagged"
        assert is_flagged is truth.rule.startswith("flag.")
        return
    if case.result is None:
        next_step(world, case.facts, case.decision)
    elif case.result.outcome == "flagged":
        as_ruled = dict(zip(world.messages, world.as_ruled.messages, strict=True))
        settled = Truth(world.as_ruled.booking, case.past, tuple(as_ruled[one] for one in counted))
        if world.word == "history_clean":
            said = tuple(one for one in counted if one.message_id != NOTHING_CAME.message_id)
            settled = replace(settled, past="clean", said=said)
        stands = settled.rule.startswith("flag.")
        assert stands or (world.word in STRICT and allows_a_ruling(world, counted))


def allows_a_ruling(world: World, counted: Messages) -> bool:
    """Whether a strict ruling can be why a flag stands: on something that a court or the record says, and
    nothing lifts it."""
    if any(isinstance(message, SubjectFinding) for message in counted):
        return False
    if world.word != "conviction":
        return True
    entries = ("adjudication_withheld", "bail_forfeited")
    pleas = [m for m in counted if isinstance(m, CourtUpdate) and m.entry in entries]
    guilty = [m for m in counted if isinstance(m, Conviction)]
    vacated = [m for m in counted if isinstance(m, Dismissal) and m.disposition == "vacated"]
    return bool(pleas or guilty) and not vacated


@contextmanager
def naming(world: World, said: Messages) -> Iterator[None]:
    """Name the state where something does not hold."""
    try:
        yield
    except AssertionError as error:
        error.add_note(f"{world}: {', '.join(message.message_id for message in said)}")
        raise
