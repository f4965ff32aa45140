"""Rules 2 to 4: what the person was arrested for, charged with and convicted of."""

from conviction_gate.contracts.internal.facts import Question
from conviction_gate.policy.classification import OffenseClassification
from conviction_gate.policy.decision import Decision
from conviction_gate.policy.endings import ChargeState
from conviction_gate.policy.matter import Matter
from conviction_gate.policy.rules.rule import ANNOUNCED, FLAG, OURS, REVIEW, Words, policy_rule


@policy_rule(
    2,
    Words(
        rule="flag.excluded_offense",
        title="Offense left out",
        when="A charge is drunk or drugged driving, hit and run, or reckless driving that hurt someone. "
        "Or it is a grave traffic offense, and a felony or so grave that a person left it out. It counts "
        "as it was at the arrest, as it was filed later, and as the court convicted on it. For drunk "
        "driving the arrest is enough.",
        then=FLAG,
        source=f"{ANNOUNCED}; that a grave felony counts too is {OURS}",
    ),
)
def excluded_offense(matter: Matter) -> Decision | None:
    convicted_of = [
        (charge, convicted.classification, convicted.message_id)
        for charge in matter.charges
        for convicted in charge.convicted_of
    ]
    for charge, offense, source in (*matter.offenses, *convicted_of):
        if offense.is_excluded:
            kind = _EXCLUDED[offense.charge_class]
            return Decision(
                rule="flag.excluded_offense",
                explanation=f"Charge {charge.charge_id} is {kind}, which the policy leaves out.",
                grounds=_grounds(source, offense),
            )
    return None


@policy_rule(
    3,
    Words(
        rule="flag.non_traffic_charge",
        title="Not only traffic",
        when="A charge is not a traffic offense. It counts as it was at the arrest, as it was filed later, "
        "and, if it is a crime, as the court convicted on it.",
        then=FLAG,
        source=f"{ANNOUNCED}, which is for those booked only for minor traffic",
    ),
)
def non_traffic_charge(matter: Matter) -> Decision | None:
    charged = [
        (charge, offense, source)
        for charge, offense, source in matter.offenses
        if offense.charge_class == "non_traffic"
    ]
    charged += [
        (charge, convicted.classification, convicted.message_id)
        for charge in matter.charges
        for convicted in charge.convicted_of
        if convicted.is_crime and convicted.classification.charge_class == "non_traffic"
    ]
    for charge, offense, source in charged:
        return Decision(
            rule="flag.non_traffic_charge",
            explanation=f"Charge {charge.charge_id} is not a traffic offense.",
            grounds=_grounds(source, offense),
        )
    return None


@policy_rule(
    4,
    Words(
        rule="review.unclassified_charge",
        title="Unknown kind of charge",
        when="We do not know what kind of offense a charge is. Or it is a grave traffic offense, but no "
        "felony. Or there is a court matter, and nothing says which offense is behind it.",
        then=REVIEW,
        source=OURS,
    ),
)
def unclassified_charge(matter: Matter) -> Decision | None:
    asked: list[tuple[ChargeState, OffenseClassification]] = []
    for charge in matter.charges:
        if charge.charge_class in ("unclassified", "other_traffic_serious"):
            asked.append((charge, charge.classification))
        asked += [
            (charge, convicted.classification)
            for convicted in charge.convicted_of
            if convicted.classification.charge_class == "unclassified"
        ]
    why = "is not in the catalog or its code is not clear"
    if not asked and all(charge.charge_class == "court_process" for charge in matter.charges):
        asked = [(charge, charge.classification) for charge in matter.charges]
        why = "is a court matter; the offense behind it is not known"
    if not asked:
        return None
    charge, offense = asked[0]
    if offense.charge_class == "other_traffic_serious":
        why = "is serious but below a felony"
    questions = [
        Question(rule="review.unclassified_charge", charge_id=charge.charge_id, about=offense.about)
        for charge, offense in asked
    ]
    return Decision(
        rule="review.unclassified_charge",
        explanation=f"Charge {charge.charge_id} {why}; a person must say what kind of offense it is.",
        questions=tuple(dict.fromkeys(questions)),
    )


_EXCLUDED = {
    "dui": "suspected drunk or drugged driving",
    "hit_and_run": "leaving the scene of a crash",
    "reckless_injury": "reckless driving that hurt someone",
    "other_traffic_serious": "a serious traffic offense",
}


def _grounds(source: str, offense: OffenseClassification) -> tuple[str, ...]:
    return tuple(sorted({source, *offense.ruled_by}))
