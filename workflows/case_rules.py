"""The rules of the policy, asked about one case."""

from temporalio import workflow

from workflows.readability import Readability
from workflows.state import CaseState

with workflow.unsafe.imports_passed_through():
    from conviction_gate.contracts.case import CaseResult
    from conviction_gate.contracts.internal.facts import Facts
    from conviction_gate.policy import UNREADABLE, Decision, Edition, decide, edition_among


class CaseRules:
    """Asks the rules once for each change of the facts, however often it is asked itself."""

    def __init__(self, state: CaseState, readability: Readability) -> None:
        self._state = state
        self._readability = readability
        self._decided: tuple[Facts, Decision] | None = None

    @property
    def edition(self) -> Edition | None:
        """The edition in force at the booking, of those that were released when the case was opened.

        None until the booking arrives, and where this release does not know it.
        """
        booked_at = self._state.booked_at
        if self._readability.is_broken or booked_at is None:
            return None
        return edition_among(self._state.editions, booked_at)

    def decide(self) -> Decision:
        """The decision on all facts that the case has now."""
        if self._readability.is_broken:
            return UNREADABLE
        facts = self._state.facts
        if self._decided is None or self._decided[0] is not facts:
            self._decided = (facts, decide(facts, self.edition))
        return self._decided[1]

    def decision_to_rule_on(self) -> Decision:
        """The decision whose questions a ruling can answer now.

        It has no questions while the history or the class of a charge is still being looked up.
        """
        state = self._state
        if not state.is_history_checked or state.offenses_to_look_up:
            return Decision(rule="defer.traffic_only", explanation="")
        return self.decide()

    def result(self, decision: Decision) -> CaseResult:
        """How the case ends by a decision."""
        assert self.edition is not None  # without an edition the rules decide nothing
        return CaseResult(
            outcome="flagged" if decision.answer == "flag" else "cleared",
            rule=decision.rule,
            explanation=decision.explanation,
            policy_edition=self.edition.name,
            decided_at=workflow.now(),
            grounds=decision.grounds[:100],
        )
