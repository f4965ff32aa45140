"""One arrest, seen through its facts: what the rules ask about.

Everything here is derived from the dates in the facts. Neither the order of arrival nor a repetition
can matter, except for rulings, which were bound to their question when they arrived.
"""

from collections import defaultdict
from functools import cached_property

from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.fields import FindingKind
from conviction_gate.contracts.internal.facts import Facts, Question, Ruling
from conviction_gate.policy.classification import Classifier, OffenseClassification
from conviction_gate.policy.counting import CountedMessages
from conviction_gate.policy.endings import ChargeState, Docket, charge_state
from conviction_gate.policy.filings import filings_by_charge, first_booking


class Matter:
    """The charges, findings and rulings of one arrest. Make one per decision; it remembers what it derived."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._messages = CountedMessages(facts)

    @property
    def findings(self) -> dict[FindingKind, tuple[str, ...]]:
        """Findings about the subject that count, with the ids of the messages that report them."""
        return self._messages.findings

    @property
    def rulings(self) -> tuple[Ruling, ...]:
        """Rulings that count, each already bound to its question."""
        return self._messages.rulings

    def answer_to(self, question: Question) -> Ruling | None:
        """The ruling that answers this very question."""
        return self._messages.answers.get((question.charge_id, question.about))

    @cached_property
    def booked(self) -> Booking:
        """The earliest booking; its `booked_at` is the case's."""
        return first_booking(self.facts.bookings)

    @cached_property
    def charges(self) -> tuple[ChargeState, ...]:
        """Every charge as it is now, by charge id."""
        facts, counted, answers = self.facts, self._messages.counted, self._messages.answers
        own: dict[str, Docket] = defaultdict(Docket)
        whole = Docket()
        for conviction in counted(facts.convictions):
            own[conviction.charge_id].add_disposition(conviction)
        for dismissal in counted(facts.dismissals):
            docket = whole if dismissal.charge_id is None else own[dismissal.charge_id]
            docket.add_disposition(dismissal)
        for update in counted(facts.court_updates):
            docket = whole if update.charge_id is None else own[update.charge_id]
            docket.add_entry(update)
        classifier = Classifier(facts.placements, answers)
        filings = filings_by_charge(facts.bookings, counted(facts.amendments), classifier)
        return tuple(
            charge_state(charge_id, versions, own[charge_id].joined_with(whole), classifier, answers)
            for charge_id, versions in sorted(filings.items())
        )

    @cached_property
    def awaited(self) -> tuple[ChargeState, ...]:
        """The charges that a court has to end: court process is not waited for."""
        return tuple(charge for charge in self.charges if charge.charge_class != "court_process")

    @cached_property
    def offenses(self) -> tuple[tuple[ChargeState, OffenseClassification, str], ...]:
        """Every offense that counts: as booked, as filed later, and as convicted of while that counts.

        Each with its charge and the id of the message that names it.
        """
        return tuple(
            (charge, classification, source)
            for charge in self.charges
            for classification, source in (
                *((filing.classification, filing.source) for filing in charge.filings),
                *charge.convicted_of,
            )
        )
