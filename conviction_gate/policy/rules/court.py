"""Rules 8 to 11: how the court ended the charges, or that it has not yet."""

from conviction_gate.contracts.internal.facts import Question
from conviction_gate.policy.decision import Decision
from conviction_gate.policy.endings import ChargeState, Ending
from conviction_gate.policy.matter import Matter
from conviction_gate.policy.rules.rule import ANNOUNCED, CLEAR, FLAG, OURS, REVIEW, Words, policy_rule


@policy_rule(
    8,
    Words(
        rule="flag.convicted",
        title="Convicted",
        when="The court convicted the person of a crime on a traffic charge, and no appeal is open.",
        then=f"{FLAG} This is the moment that the policy waits for.",
        source=f"{ANNOUNCED}; that an open appeal leaves a doubt is {OURS}",
    ),
)
def convicted(matter: Matter) -> Decision | None:
    for charge in matter.charges:
        if charge.is_traffic_conviction:
            return Decision(
                rule="flag.convicted",
                explanation=f"Charge {charge.charge_id} ended in a conviction for a crime.",
                grounds=charge.grounds,
            )
    return None


@policy_rule(
    9,
    Words(
        rule="review.unclear_disposition",
        title="Unclear end of a charge",
        when="It is not clear how a charge ended. There was a plea with the judgment put off, an appeal is "
        "open or ended nobody says how, bail was lost, or the person was pardoned. Or the charge was dropped "
        "after a conviction. Or the court said two things on one day, or spoke before the arrest.",
        then=REVIEW,
        source=OURS,
    ),
    Words(
        rule="review.unclear_severity",
        title="Crime or not",
        when="The court convicted on a charge, but nothing says whether that is a crime or a lesser offense. "
        "Or what it says does not fit the law.",
        then=REVIEW,
        source=OURS,
    ),
)
def unclear_disposition(matter: Matter) -> Decision | None:
    doubtful = [charge for charge in matter.charges if _needs_a_ruling(matter, charge)]
    if not doubtful:
        return None
    charge = doubtful[0]
    severity_only = charge.ending is Ending.UNCLEAR_SEVERITY
    why = (
        "ended in a conviction; a person must say whether it was for a crime"
        if severity_only
        else "may have ended in a conviction for a crime; a person must say whether it did"
    )
    return Decision(
        rule="review.unclear_severity" if severity_only else "review.unclear_disposition",
        explanation=f"Charge {charge.charge_id} {why}.",
        grounds=charge.grounds,
        questions=tuple(_question(charge) for charge in doubtful),
    )


@policy_rule(
    10,
    Words(
        rule="clear.no_conviction",
        title="No conviction",
        when="All charges have ended, and none in a conviction for a crime. They were dropped, thrown out or "
        "never filed, the person was found not guilty, or all that is left is a fine for a lesser "
        "offense.",
        then=CLEAR,
        source=f"{ANNOUNCED}, which names a conviction for a crime; the list of ends is {OURS}",
    ),
)
def no_conviction(matter: Matter) -> Decision | None:
    awaited = matter.awaited
    if not awaited or not all(charge.ending is Ending.NO_CONVICTION for charge in awaited):
        return None
    return Decision(
        rule="clear.no_conviction",
        explanation="Every charge ended without a conviction for a crime.",
        grounds=tuple(sorted({ground for charge in awaited for ground in charge.grounds})),
    )


@policy_rule(
    11,
    Words(
        rule="defer.traffic_only",
        title="Minor traffic only",
        when="No other rule applies: all charges are minor traffic, the record is clean, and "
        "the court has not ended every charge.",
        then="The case waits for the court, for years if need be.",
        source=ANNOUNCED,
    ),
)
def traffic_only(matter: Matter) -> Decision:
    waiting = [charge for charge in matter.awaited if charge.ending is Ending.OPEN]
    which = ", ".join(charge.charge_id for charge in waiting[:5])
    more = f" and {len(waiting) - 5} more" if len(waiting) > 5 else ""
    plural = "charges" if len(waiting) > 1 else "charge"
    return Decision(
        rule="defer.traffic_only",
        explanation="Only minor traffic and a clean record; the case waits for the court on "
        f"{plural} {which}{more}.",
    )


def _needs_a_ruling(matter: Matter, charge: ChargeState) -> bool:
    # Rule 8 has flagged every conviction for a traffic crime.
    unsettled = charge.ending.is_in_doubt or charge.ending is Ending.CONVICTED
    if not unsettled or not charge.is_court_process:
        return unsettled
    return all(other.ending is not Ending.OPEN for other in matter.awaited)


def _question(charge: ChargeState) -> Question:
    return Question(
        rule="review.unclear_severity"
        if charge.ending is Ending.UNCLEAR_SEVERITY
        else "review.unclear_disposition",
        charge_id=charge.charge_id,
        about=charge.evidence.about,
    )
