"""What the rules answer."""

from typing import Final, Literal

from conviction_gate.contracts.fields import Model, RuleName, Status
from conviction_gate.contracts.internal.facts import Question

Answer = Literal["flag", "clear", "review", "wait"]


class Decision(Model):
    """Which rule answered, why in one plain sentence, and which messages decided it.

    `questions` are what a person is asked where the answer is `review`.
    """

    rule: RuleName
    explanation: str
    grounds: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()

    @property
    def answer(self) -> Answer:
        """The rule's first word, as what is to be done."""
        match self.rule.partition(".")[0]:
            case "flag":
                return "flag"
            case "clear":
                return "clear"
            case "review":
                return "review"
            case _:
                return "wait"

    @property
    def is_open(self) -> bool:
        """Whether the case goes on: a court or a person has yet to answer."""
        return self.answer in ("review", "wait")

    @property
    def status(self) -> Status:
        """The case's status once this decision is carried out."""
        match self.answer:
            case "flag":
                return "flagged"
            case "clear":
                return "cleared"
            case "review":
                return "needs_review"
            case "wait":
                return "waiting_for_court"


UNREADABLE: Final = Decision(
    rule="review.unclear_disposition",
    explanation=(
        "A newer release of this software wrote what this one cannot read: nothing is decided. Start the "
        "newer release again; the case looks once more at each reminder."
    ),
)
"""The decision where a fact, or the edition of a case, is not known to this release. It asks nobody: no
ruling of a person can replace what nobody can read."""

NO_BOOKING: Final = Decision(rule="defer.traffic_only", explanation="The booking has not come yet.")
"""The decision while no booking counts: none came, or all that came were corrected."""
