"""Rules 5 to 7: the criminal history before the booking."""

from conviction_gate.policy.decision import Decision
from conviction_gate.policy.matter import Matter
from conviction_gate.policy.record import DOUBTS
from conviction_gate.policy.rules.rule import ANNOUNCED, FLAG, OURS, REVIEW, Words, policy_rule


@policy_rule(
    5,
    Words(
        rule="flag.prior_conviction",
        title="Crime on the record",
        when="The person was convicted of another crime before the day of this arrest. An arrest, a dropped "
        "case, a fine for a lesser offense, a ruling on a child, and a conviction that a court threw out do "
        "not count. Of an old conviction for minor traffic a person says if it counts (rule 7).",
        then=FLAG,
        source=f"{ANNOUNCED}, which asks for a clean record; what counts as one is {OURS}",
    ),
)
def prior_conviction(matter: Matter) -> Decision | None:
    record = matter.record
    ruling = matter.answer_to(record.question) if matter.facts.rulings else None
    if ruling is not None and ruling.decision.ruling == "history_not_clean" and record.may_hold_a_ground:
        return Decision(
            rule="flag.prior_conviction",
            explanation="A person found that the record is not clean.",
            grounds=(ruling.decision.message_id,),
        )
    if record.has_prior_conviction:
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
        "warrant for another crime, or fraud. A warrant on the ticket itself is not one of them, and to be "
        "here unlawfully is not either.",
        then=FLAG,
        source=f"{ANNOUNCED}, which leaves other priorities as they were; the list is {OURS} of them",
    ),
)
def priority_category(matter: Matter) -> Decision | None:
    priority = matter.record.priority
    if priority is None:
        return None
    kind = priority.replace("_", " ")
    return Decision(
        rule="flag.priority_category",
        explanation=f'The record shows "{kind}", a priority that flags the case by itself.',
    )


@policy_rule(
    7,
    Words(
        rule="review.unclear_history",
        title="Unclear record",
        when="The record holds a thing that no rule settles. It may be a plea with the judgment put off, "
        "a conviction without a date, an old one for minor traffic, or a warrant that does not say what it is "
        "for. Or the numbers of the person do not agree, so that it may be the record of someone else.",
        then=REVIEW,
        source=OURS,
    ),
)
def unclear_history(matter: Matter) -> Decision | None:
    record = matter.record
    if not record.points:
        return None
    if matter.facts.history is not None and matter.answer_to(record.question) is not None:
        return None
    return Decision(
        rule="review.unclear_history",
        explanation=f"The record is not clear ({DOUBTS[record.points[0].doubt]}); a person must read it.",
        questions=(record.question,),
    )
