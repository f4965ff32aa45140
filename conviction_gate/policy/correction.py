"""What comes after the end of a case, and whether the ground of its flag still holds."""

from dataclasses import dataclass
from datetime import date

from conviction_gate.contracts.booking import Offense, Subject
from conviction_gate.contracts.case import CaseResult, Outcome
from conviction_gate.contracts.court import Correction, RecordUpdate, SubjectFinding
from conviction_gate.contracts.history import History
from conviction_gate.contracts.internal.activities import Judgement, LiftCode
from conviction_gate.contracts.internal.facts import ClassifiedOffense, Facts
from conviction_gate.contracts.internal.limits import shortened
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.signals import NOT_TAKEN_AFTER_THE_END, is_taken_after_the_end, type_of
from conviction_gate.policy.classification import key_of
from conviction_gate.policy.counting import CountedMessages, named_by
from conviction_gate.policy.deciding import decide
from conviction_gate.policy.decision import UNREADABLE, Decision
from conviction_gate.policy.editions import edition_named
from conviction_gate.policy.views import offenses_named, offenses_to_look_up


class NotReadable(ValueError):
    """A newer release wrote what this one cannot read, so that nobody may judge it here."""


class NotLookedUp(ValueError):
    """The facts changed meanwhile and name what was not looked up: look it up and judge again."""


@dataclass(frozen=True)
class ToLookUp:
    """What has to be looked up before a message can be judged. `subjects` empty: the history is as it was.

    `booked_on`: the day of the booking; a code means what it meant then.
    """

    subjects: tuple[Subject, ...]
    offenses: tuple[Offense, ...]
    booked_on: date | None


@dataclass(frozen=True)
class LookedUp:
    """The answers. `history` null: it was not asked for."""

    history: History | None = None
    us_citizen: bool = False
    placements: tuple[ClassifiedOffense, ...] = ()

    def in_facts(self, facts: Facts) -> Facts:
        """These facts with the answers in the place of what was known before; of an earlier history nothing
        is left."""
        new = set(map(key_of, self.placements))
        before = (
            offense
            for offense in facts.placements
            if key_of(offense) not in new and not (offense.of_record and self.history is not None)
        )
        facts = facts.model_copy(update={"placements": (*before, *self.placements)})
        if self.history is None:
            return facts
        return facts.model_copy(update={"history": self.history, "us_citizen": self.us_citizen})


def to_look_up(facts: Facts, message: Message) -> ToLookUp:
    """What an ended case lacks once it has this message: what it names, and all where the record or the day
    of the booking is another one."""
    after = facts.including(shortened(message))
    before_counted, counted = CountedMessages(facts), CountedMessages(after)
    day = _booked_on(after, counted)
    is_record_asked_for = isinstance(message, RecordUpdate) or counted.subjects != before_counted.subjects
    is_all_asked_for = isinstance(message, RecordUpdate) or day != _booked_on(facts, before_counted)
    return ToLookUp(
        subjects=counted.subjects if is_record_asked_for else (),
        offenses=offenses_named(after) if is_all_asked_for else offenses_to_look_up(after),
        booked_on=day,
    )


def _booked_on(facts: Facts, counted: CountedMessages) -> date | None:
    """The day of the earliest booking; where none counts any more, what they said."""
    booked_at = min((booking.booked_at for booking in counted.bookings or facts.bookings), default=None)
    return booked_at.date() if booked_at else None


def judge(facts: Facts, result: CaseResult, message: Message, found: LookedUp) -> Judgement:
    """Decide an ended case anew with one more message. A clearance stays one, whatever comes.

    Raises:
        NotReadable: it has to wait for the newer release that wrote the case.
        NotLookedUp: `found` does not answer what `to_look_up` asks of these facts.
    """
    if not is_taken_after_the_end(message):
        return Judgement(False, False, NOT_TAKEN_AFTER_THE_END, "L", facts)
    needed = to_look_up(facts, message)
    facts = found.in_facts(facts.including(shortened(message)))
    citizen = citizen_ids(facts)
    if result.outcome != "flagged":
        return Judgement(False, False, "the case has no active flag", "L", facts, citizen)
    if offenses_to_look_up(facts) or (needed.subjects and found.history is None):
        raise NotLookedUp("another message changed the case meanwhile; what it names is looked up again")
    decision = decide(facts, edition_named(result.policy_edition))
    if decision == UNREADABLE:
        raise NotReadable(decision.explanation)
    if decision.answer == "flag":
        return Judgement(False, False, f"the flag stands: {decision.explanation}", "L", facts, citizen)
    reason = f"the reason for the flag no longer holds: {decision.explanation}"
    return Judgement(True, decision.is_open, reason, lift_code(decision), facts, citizen)


def can_change_ended_case(outcome: Outcome | None, message: Message) -> bool:
    """Whether a message can still change anything: a flag, or what is known of the person's citizenship.

    `outcome`: how the case ended; None where nobody knows, or where it goes on.
    """
    if not is_taken_after_the_end(message):
        return False
    return outcome in ("flagged", None) or isinstance(message, (Correction, SubjectFinding))


def refusal_of_replacement(message: Message, facts: Facts) -> str | None:
    """Why a correction's replacement cannot take the place of what it corrects; None where it can."""
    if not isinstance(message, Correction) or message.replacement is None:
        return None
    named = named_by(message, facts.messages)
    if named and all(type(one) is not type(message.replacement) for one in named):
        return (
            f"replacement: a {type_of(message.replacement)}, and {message.corrects} is a {type_of(named[0])}; "
            "send one of the same type"
        )
    return None


def citizen_ids(facts: Facts) -> tuple[Subject, ...]:
    """The ids under which a finding of this case counts for other cases of the same person.

    Not those of a kind in which the bookings differ: one of them may be somebody else's.
    """
    messages = CountedMessages(facts)
    if "us_citizen" not in messages.findings:
        return ()
    agreed = {kind: next(iter(values)) for kind, values in messages.ids.items() if len(values) == 1}
    return (Subject(**agreed),) if agreed else ()


def lift_code(decision: Decision) -> LiftCode:
    """Why a flag is lifted, in NIEM's words: U citizen, D died, L lifted."""
    match decision.rule:
        case "clear.us_citizen":
            return "U"
        case "clear.deceased":
            return "D"
        case _:
            return "L"
