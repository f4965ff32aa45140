"""Rules 5 to 7: the criminal history before the booking."""

from typing import Literal, NamedTuple

from conviction_gate.contracts.history import PRIORITY_KINDS, History, HistoryRecord, Priority
from conviction_gate.contracts.internal.facts import Question
from conviction_gate.policy.content import digest
from conviction_gate.policy.decision import Decision
from conviction_gate.policy.matter import Matter
from conviction_gate.policy.rules.rule import ANNOUNCED, FLAG, OURS, REVIEW, Words, policy_rule


@policy_rule(
    5,
    Words(
        rule="flag.prior_conviction",
        title="Crime on the record",
        when="The person was convicted of a crime before the day of this arrest. A traffic crime counts. An "
        "arrest, a dropped case, a fine for a lesser offense, a ruling on a child, and a conviction "
        "that a court threw out do not count.",
        then=FLAG,
        source=f"{ANNOUNCED}, which asks for a clean record; what counts as one is {OURS}",
    ),
)
def prior_conviction(matter: Matter) -> Decision | None:
    history = matter.facts.history
    if history is None:
        return None
    ruling = matter.answer_to(_question(_unclear_points(history))) if matter.rulings else None
    if ruling is not None and ruling.decision.ruling == "history_not_clean":
        return Decision(
            rule="flag.prior_conviction",
            explanation="A person found that the record is not clean.",
            grounds=(ruling.decision.message_id,),
        )
    booked_on = matter.booked.booked_at.date()
    for record in _of_one_person(history).records:
        before = record.decided_on is not None and record.decided_on < booked_on
        convicted = record.disposition == "convicted" and not record.juvenile
        if before and convicted and record.severity in ("misdemeanor", "felony"):
            return Decision(
                rule="flag.prior_conviction",
                explanation="The person was convicted of a crime before this arrest.",
            )
    return None


@policy_rule(
    6,
    Words(
        rule="flag.priority_category",
        title="Another priority",
        when="The record shows another priority of the agency, with the number of its file. It may be a return "
        "after being removed, a final order that was not obeyed, a threat to the nation, a gang, an open "
        "warrant for a crime, or fraud. To be here unlawfully is not one of them.",
        then=FLAG,
        source=f"{ANNOUNCED}, which leaves other priorities as they were; the list is {OURS} of them",
    ),
)
def priority_category(matter: Matter) -> Decision | None:
    history = matter.facts.history
    if history is None:
        return None
    for priority in _of_one_person(history).priorities:
        if priority.kind in PRIORITY_KINDS and priority.record_id is not None:
            kind = priority.kind.replace("_", " ")
            return Decision(
                rule="flag.priority_category",
                explanation=f'The record shows "{kind}", which is a ground of its own.',
            )
    return None


@policy_rule(
    7,
    Words(
        rule="review.unclear_history",
        title="Unclear record",
        when="The record holds a thing that no rule settles. It may be a plea with the judgment put off, or "
        "a conviction without a date. Or the numbers of the person lead to more than one record.",
        then=REVIEW,
        source=OURS,
    ),
)
def unclear_history(matter: Matter) -> Decision | None:
    history = matter.facts.history
    points = [_Point("unknown")] if history is None else _unclear_points(history)
    if not points:
        return None
    question = _question(points)
    ruling = matter.answer_to(question)
    if ruling is not None and history is not None:
        return None
    return Decision(
        rule="review.unclear_history",
        explanation=f"The record is not clear ({_DOUBTS[points[0].doubt]}); a person must read it.",
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
_DOUBTS: dict[_Doubt, str] = {
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

    A ruling is bound to both, so the name of a doubt never changes; only its explanation may.
    """

    doubt: _Doubt
    entries: str = ""


def _of_one_person(history: History) -> History:
    """The record, unless the ids lead to different rows: then an empty one, until a person rules."""
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


def _question(points: list[_Point]) -> Question:
    about = digest([f"{point.doubt}; {point.entries}" for point in points])
    return Question(rule="review.unclear_history", about=about)
