"""The rules of 27 April 2012, in the order in which they are asked; the first that answers decides.

Source: ICE's response of 27 April 2012 to the task force on Secure Communities; what is this
project's own reading is said where it is read. The order matters: doubt about a charge (rule 4)
is asked before a record is held against anybody (rules 5 and 6), and a person's doubt before a clearance.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

from conviction_gate.contracts.fields import Finding
from conviction_gate.contracts.history import PRIORITY_KINDS, History, HistoryRecord, Priority
from conviction_gate.contracts.internal.facts import Facts, Question
from conviction_gate.policy.decision import UNREADABLE, Decision
from conviction_gate.policy.matter import (
    EXCLUDED,
    IN_SCOPE,
    Ending,
    Matter,
    PlacedClass,
    Standing,
    digest,
)

if TYPE_CHECKING:
    from conviction_gate.policy.editions import Edition

Rule = Callable[[Matter], Decision | None]
Rules = tuple[Rule, ...]


def decide(facts: Facts, edition: "Edition | None") -> Decision:
    """What is to be done about a case, from all that is known of it, under its edition.

    Total and pure. Facts that are not complete yet (no booking, no history) never flag on what is
    missing and never clear: without a booking the case waits. Nothing is decided on facts of which a part
    cannot be read, nor under an edition that this release does not know (None).
    """
    if edition is None or not facts.is_whole:
        return UNREADABLE
    if not facts.bookings:
        return Decision(rule="defer.traffic_only", explanation="The booking has not come yet.")
    matter = Matter(facts)
    for rule in edition.rules:
        decision = rule(matter)
        if decision is not None:
            return decision
    return _wait_for_the_court(matter)


# 1 ---------------------------------------------------------------------------------------------


def subject_finding(matter: Matter) -> Decision | None:
    """`clear.us_citizen`, `clear.misidentified`, `clear.deceased`: a finding that stands."""
    told: dict[Finding, str] = {
        "us_citizen": "The person is a US citizen.",
        "misidentified": "The prints belong to someone else.",
        "deceased": "The person has died.",
    }
    for finding, explanation in told.items():
        if finding in matter.findings:
            return Decision(
                rule=f"clear.{finding}",
                explanation=explanation,
                grounds=_ids(*matter.findings[finding]),
            )
    return None


# 2 and 3 ---------------------------------------------------------------------------------------


def excluded_offense(matter: Matter) -> Decision | None:
    """`flag.excluded_offense`: drunk driving on suspicion, hit and run, injury, serious felony."""
    for charge, placed, source in matter.offenses:
        if _is_excluded(placed):
            return Decision(
                rule="flag.excluded_offense",
                explanation=f"{_name(charge)} is {_WORDS[placed.name]}, which the policy leaves out.",
                grounds=_ids(source, *placed.ruled_by),
            )
    return None


def non_traffic_charge(matter: Matter) -> Decision | None:
    """`flag.non_traffic_charge`: any charge outside traffic law."""
    for charge, placed, source in matter.offenses:
        if placed.name == "non_traffic":
            return Decision(
                rule="flag.non_traffic_charge",
                explanation=f"{_name(charge)} is not a traffic offense.",
                grounds=_ids(source, *placed.ruled_by),
            )
    return None


def _is_excluded(placed: PlacedClass) -> bool:
    if placed.name in EXCLUDED:
        return True
    return placed.name == "other_traffic_serious" and (placed.excluded or placed.severity == "felony")


# 4 ---------------------------------------------------------------------------------------------


def unclassified_charge(matter: Matter) -> Decision | None:
    """`review.unclassified_charge`: a person says what kind of offense it is."""
    asked: list[tuple[Standing, PlacedClass]] = []
    for charge in matter.charges:
        if charge.placed.name in ("unclassified", "other_traffic_serious"):
            asked.append((charge, charge.placed))
        asked += [(charge, placed) for placed, _ in charge.convicted_of if placed.name == "unclassified"]
    why = "is not in the catalog or its code is not clear"
    if not asked and all(charge.placed.name == "court_process" for charge in matter.charges):
        asked = [(charge, charge.placed) for charge in matter.charges]
        why = "is a court matter; the offense behind it is not known"
    if not asked:
        return None
    charge, placed = asked[0]
    if placed.name == "other_traffic_serious":
        why = "is serious but below a felony"
    questions = [
        Question(rule="review.unclassified_charge", charge_id=charge.charge_id, about=placed.about)
        for charge, placed in asked
    ]
    return Decision(
        rule="review.unclassified_charge",
        explanation=f"{_name(charge)} {why}; a person must say what kind of offense it is.",
        questions=tuple(dict.fromkeys(questions)),
    )


# 5, 6 and 7 ------------------------------------------------------------------------------------


def prior_conviction(matter: Matter) -> Decision | None:
    """`flag.prior_conviction`: a conviction for a crime before the booking, or a person's ruling."""
    history = matter.facts.history
    if history is None:
        return None
    ruling = matter.answer_to(_history_question(_unclear_points(history))) if matter.rulings else None
    if ruling is not None and ruling.decision.ruling == "history_not_clean":
        return Decision(
            rule="flag.prior_conviction",
            explanation="A person found that the record is not clean.",
            grounds=_ids(ruling.decision.message_id),
        )
    booked_on = matter.booked.booked_at.date()
    for record in _whose_record_it_is(history).records:
        known = record.decided_on is not None and record.decided_on < booked_on
        if known and _is_conviction(record) and record.severity in ("misdemeanor", "felony"):
            return Decision(
                rule="flag.prior_conviction",
                explanation="The person was convicted of a crime before this arrest.",
            )
    return None


def priority_category(matter: Matter) -> Decision | None:
    """`flag.priority_category`: a coded priority with a record behind it."""
    history = matter.facts.history
    if history is None:
        return None
    for priority in _whose_record_it_is(history).priorities:
        if priority.kind in PRIORITY_KINDS and priority.record_id is not None:
            kind = priority.kind.replace("_", " ")
            return Decision(
                rule="flag.priority_category",
                explanation=f'The record shows "{kind}", which is a ground of its own.',
            )
    return None


def unclear_history(matter: Matter) -> Decision | None:
    """`review.unclear_history`: the record holds what the rules do not settle."""
    history = matter.facts.history
    points = [_Point("unknown")] if history is None else _unclear_points(history)
    if not points:
        return None
    question = _history_question(points)
    ruling = matter.answer_to(question)
    if ruling is not None and history is not None:
        return None
    return Decision(
        rule="review.unclear_history",
        explanation=f"The record is not clear ({_TOLD[points[0].doubt]}); a person must read it.",
        questions=(question,),
    )


_Doubt = Literal[
    "unknown",
    "ids",
    "expunged",
    "deferral",
    "outcome",
    "severity",
    "date",
    "priority_kind",
    "priority_record",
]
_TOLD: dict[_Doubt, str] = {
    "unknown": "nobody knows it yet",
    "ids": "the ids lead to different records",
    "expunged": "an expunged conviction",
    "deferral": "a plea with the judgment put off",
    "outcome": "an entry whose outcome is not known",
    "severity": "it does not say if a conviction was for a crime",
    "date": "a conviction of unknown date",
    "priority_kind": "a priority of a kind that the policy does not name",
    "priority_record": "a priority without a record",
}


class _Point(NamedTuple):
    """What is not clear about a record, and on which entries.

    A ruling is bound to both. So the word for a doubt stays; only how it is told may change.
    """

    doubt: _Doubt
    entries: str = ""


def _whose_record_it_is(history: History) -> History:
    """The record, unless the ids lead to different rows: then nobody's, until a person says."""
    return History() if history.conflicting else history


def _unclear_points(history: History) -> list[_Point]:
    points = [
        _Point(doubt, record.model_dump_json())
        for record in history.records
        if (doubt := _record_doubt(record))
    ]
    points += [
        _Point(doubt, priority.model_dump_json())
        for priority in history.priorities
        if (doubt := _priority_doubt(priority))
    ]
    if history.conflicting:
        rows = "".join(sorted(i.model_dump_json() for i in (*history.records, *history.priorities)))
        points.append(_Point("ids", rows))
    return sorted(points)


def _record_doubt(record: HistoryRecord) -> _Doubt | None:
    if record.juvenile:
        return None
    match record.disposition:
        case "expunged":
            return "expunged"
        case "deferred_with_plea":
            return "deferral"
        case "unknown":
            return "outcome"
        case "convicted" if record.severity is None:
            return "severity"
        case "convicted" if record.severity != "infraction" and record.decided_on is None:
            return "date"
        case _:
            return None


def _priority_doubt(priority: Priority) -> _Doubt | None:
    if priority.kind == "unlawful_presence":  # alone it is no priority
        return None
    if priority.kind not in PRIORITY_KINDS:
        return "priority_kind"
    return "priority_record" if priority.record_id is None else None


def _is_conviction(record: HistoryRecord) -> bool:
    return record.disposition == "convicted" and not record.juvenile


def _history_question(points: list[_Point]) -> Question:
    about = digest([f"{point.doubt}; {point.entries}" for point in points])
    return Question(rule="review.unclear_history", about=about)


# 8, 9 and 10 -----------------------------------------------------------------------------------


def convicted(matter: Matter) -> Decision | None:
    """`flag.convicted`: a charge in scope ended in a conviction for a crime, not under appeal."""
    for charge in matter.charges:
        if charge.ending is Ending.CONVICTED and _is_traffic_conviction(charge):
            return Decision(
                rule="flag.convicted",
                explanation=f"{_name(charge)} ended in a conviction for a crime.",
                grounds=charge.grounds,
            )
    return None


def unclear_disposition(matter: Matter) -> Decision | None:
    """`review.unclear_disposition`, `review.unclear_severity`: a person says what an end means."""
    doubtful = [charge for charge in matter.charges if _needs_a_ruling(matter, charge)]
    if not doubtful:
        return None
    charge = doubtful[0]
    severity_only = charge.ending is Ending.UNCLEAR_SEVERITY
    why = "ended in a conviction of unknown weight" if severity_only else "may have ended in a conviction"
    return Decision(
        rule="review.unclear_severity" if severity_only else "review.unclear_disposition",
        explanation=f"{_name(charge)} {why}; a person must say whether it is one for a crime.",
        grounds=charge.grounds,
        questions=tuple(_ending_question(charge) for charge in doubtful),
    )


def no_conviction(matter: Matter) -> Decision | None:
    """`clear.no_conviction`: every charge, court process aside, ended without a conviction."""
    awaited = _awaited(matter)
    if not awaited or not all(c.ending is Ending.NO_CONVICTION for c in awaited):
        return None
    return Decision(
        rule="clear.no_conviction",
        explanation="Every charge ended without a conviction for a crime.",
        grounds=_ids(*(ground for charge in awaited for ground in charge.grounds)),
    )


def _is_traffic_conviction(charge: Standing) -> bool:
    """A conviction for failing to appear is none for a traffic offense, unless a person says so."""
    if charge.ruled:
        return True
    classes = {placed.name for placed, _ in charge.convicted_of}
    return charge.placed.name in IN_SCOPE and "court_process" not in classes


def _needs_a_ruling(matter: Matter, charge: Standing) -> bool:
    unsettled = charge.ending.is_in_doubt or (
        charge.ending is Ending.CONVICTED and not _is_traffic_conviction(charge)
    )
    if charge.placed.name == "court_process":
        others_ended = all(other.ending is not Ending.OPEN for other in _awaited(matter))
        return unsettled and others_ended
    return unsettled


def _ending_question(charge: Standing) -> Question:
    return Question(
        rule="review.unclear_severity"
        if charge.ending is Ending.UNCLEAR_SEVERITY
        else "review.unclear_disposition",
        charge_id=charge.charge_id,
        about=charge.evidence.about,
    )


def _awaited(matter: Matter) -> list[Standing]:
    """The charges that a court has to end: court process is not waited for."""
    return [charge for charge in matter.charges if charge.placed.name != "court_process"]


# 11 --------------------------------------------------------------------------------------------


def _wait_for_the_court(matter: Matter) -> Decision:
    waiting = [charge for charge in _awaited(matter) if charge.ending is Ending.OPEN]
    which = ", ".join(charge.charge_id for charge in waiting[:5])
    more = f" and {len(waiting) - 5} more" if len(waiting) > 5 else ""
    plural = "charges" if len(waiting) > 1 else "charge"
    return Decision(
        rule="defer.traffic_only",
        explanation=f"Only minor traffic and a clean record: waiting for the court on {plural} {which}{more}.",
    )


_WORDS = {
    "dui": "suspected drunk or drugged driving",
    "hit_and_run": "leaving the scene of a crash",
    "reckless_injury": "reckless driving that hurt someone",
    "other_traffic_serious": "a serious traffic offense",
}


def _name(charge: Standing) -> str:
    return f"Charge {charge.charge_id}"


def _ids(*ids: str) -> tuple[str, ...]:
    return tuple(sorted(set(ids)))


RULES_OF_APRIL_2012: Rules = (
    subject_finding,
    excluded_offense,
    non_traffic_charge,
    unclassified_charge,
    prior_conviction,
    priority_category,
    unclear_history,
    convicted,
    unclear_disposition,
    no_conviction,
)
