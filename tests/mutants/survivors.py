"""Mutants that nothing can notice, by module, each with the reason."""

from typing import Final

QUICKER: Final = "only quicker: without it the same is worked out the long way"
NO_GROUND: Final = "those two grounds are named so that mypy sees every one; they do nothing"
ON_NO_CHARGE: Final = "given beside the offense only where that is no charge, which has none of its own"

SURVIVORS: Final[dict[str, dict[str, str]]] = {
    "counting": {
        "CountedMessages.answers: if not self._facts.rulings -> if False": QUICKER,
        "CountedMessages._undone: if not self._facts.corrections -> if False": QUICKER,
        "CountedMessages.counted: if not self._undone and (not self._set_aside) -> if False": QUICKER,
        "CountedMessages.findings: 'clerical_error' | 'vacated' -> 'clerical_error'": NO_GROUND,
        "CountedMessages.findings: 'clerical_error' | 'vacated' -> 'vacated'": NO_GROUND,
    },
    "classification": {
        "Classifier.classify: injury or offense.resulted_in_injury is True -> offense.resulted_in_injury "
        "is True": ON_NO_CHARGE,
        "Classifier.classify: severity or offense.severity -> offense.severity": ON_NO_CHARGE,
    },
    "filings": {
        "filings_by_charge: if len(versions) > 1 -> if True": QUICKER,
        "filings_by_charge: len(versions) > 1 -> len(versions) >= 1": QUICKER,
    },
    "endings": {
        "Docket.add_entry: (update.occurred_on, update.key) > (known.occurred_on, known.key) -> "
        "(update.occurred_on, update.key) >= (known.occurred_on, known.key)": "one key is one message",
        "Docket.joined_with: if not other.dispositions and (not other.last) -> if False": QUICKER,
        "charge_state: bool(final) and (not refuted) and (ending is not Ending.UNCLEAR_DISPOSITION) -> "
        "not refuted and ending is not Ending.UNCLEAR_DISPOSITION": (
            "without a disposition there is no conviction to look up"
        ),
        "charge_state: if len(final) > 1 -> if True": QUICKER,
        "charge_state: len(final) > 1 -> len(final) >= 1": QUICKER,
        "charge_state: answers.get((charge_id, evidence.about)) if answers else None "
        "-> answers.get((charge_id, evidence.about)) if True else None": QUICKER,
    },
    "rules.history": {
        "prior_conviction: matter.answer_to(matter.record.question) if matter.rulings else None "
        "-> matter.answer_to(matter.record.question) if True else None": QUICKER,
        "prior_conviction: if matter.facts.history is None -> if False": (
            "a record that is not known holds nothing; kept, since nothing known must never flag"
        ),
        "prior_conviction: ruling is not None and is_not_clean and matter.record.may_hold_a_ground "
        "-> is_not_clean and matter.record.may_hold_a_ground": "named so that mypy sees the ruling",
    },
    "rules.court": {
        "convicted: charge.ending is Ending.CONVICTED and charge.is_traffic_conviction "
        "-> charge.is_traffic_conviction": (
            "only what ended in a conviction is one for traffic; kept, since this is the property"
        ),
        "no_conviction: not awaited or not all((charge.ending is Ending.NO_CONVICTION for charge in awaited)) "
        "-> not all((charge.ending is Ending.NO_CONVICTION for charge in awaited))": (
            "rule 4 asks where every charge is court process; kept, since nothing ended must never clear"
        ),
        "_needs_a_ruling: charge.ending is Ending.CONVICTED and (not charge.is_traffic_conviction) "
        "-> charge.ending is Ending.CONVICTED": (
            "rule 8 has flagged every conviction for a traffic crime before"
        ),
    },
}
