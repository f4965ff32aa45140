"""Mutants that nothing can notice, by module, each with the reason."""

from typing import Final

QUICKER: Final = "only quicker: without it the same is worked out the long way"
NO_GROUND: Final = "those two grounds are named so that mypy sees every one; they do nothing"
ON_NO_CHARGE: Final = "told beside the offense only where that is no charge, which has none of its own"

SURVIVORS: Final[dict[str, dict[str, str]]] = {
    "matter": {
        "Docket.add_entry: (update.occurred_on, update.key) > (known.occurred_on, known.key) -> "
        "(update.occurred_on, update.key) >= (known.occurred_on, known.key)": "one key is one message",
        "Docket.joined_with: if not other.dispositions and (not other.last) -> if False": QUICKER,
        "Matter._answers: if not self.facts.rulings -> if False": QUICKER,
        "Matter._filings: if len(versions) > 1 -> if True": QUICKER,
        "Matter._filings: len(versions) > 1 -> len(versions) >= 1": QUICKER,
        "Matter._standing: bool(final) and (not refuted) and (ending is not "
        "Ending.UNCLEAR_DISPOSITION) -> not refuted and ending is not Ending.UNCLEAR_DISPOSITION": (
            "without a last word there is no conviction to look up"
        ),
        "Matter._standing: if len(final) > 1 -> if True": QUICKER,
        "Matter._standing: len(final) > 1 -> len(final) >= 1": QUICKER,
        "Matter._standing: self._answers.get((charge_id, evidence.about)) if self._answers else None "
        "-> self._answers.get((charge_id, evidence.about)) if True else None": QUICKER,
        "Matter._undone: if not self.facts.corrections -> if False": QUICKER,
        "Matter.counting: if not self._undone and (not self._set_aside) -> if False": QUICKER,
        "Matter.findings: 'clerical_error' | 'vacated' -> 'clerical_error'": NO_GROUND,
        "Matter.findings: 'clerical_error' | 'vacated' -> 'vacated'": NO_GROUND,
        "Matter.place: injury or offense.resulted_in_injury is True -> offense.resulted_in_injury is "
        "True": ON_NO_CHARGE,
        "Matter.place: severity or offense.severity -> offense.severity": ON_NO_CHARGE,
    },
    "rules": {
        "prior_conviction: matter.answer_to(_history_question(_unclear_points(history))) if "
        "matter.rulings else None -> matter.answer_to(_history_question(_unclear_points(history))) "
        "if True else None": QUICKER,
        "no_conviction: not awaited or not all((c.ending is Ending.NO_CONVICTION for c in awaited)) "
        "-> not all((c.ending is Ending.NO_CONVICTION for c in awaited))": (
            "rule 4 asks where every charge is court process; kept, since nothing ended must never clear"
        ),
        "_needs_a_ruling: charge.ending is Ending.CONVICTED and (not _is_traffic_conviction(charge)) "
        "-> charge.ending is Ending.CONVICTED": (
            "rule 8 has flagged every conviction for a traffic crime before"
        ),
    },
}
