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
from conviction_gate.policy.endings import STATUS_CHANGING_ENTRIES, ChargeState, Docket, charge_state
from conviction_gate.policy.filings import filings_by_charge, first_booked_at
from conviction_gate.policy.record import CriminalRecord


class Matter:
    """The charges, findings and rulings of one arrest. Make one per decision; it remembers what it derived."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._messages = CountedMessages(facts)
        self._classifier = Classifier(facts.placements, self._messages.answers)
        self.record = CriminalRecord(facts, self._messages, self._classifier)
        """The subject's criminal history, as far as it counts for this arrest."""

    @property
    def bookings(self) -> tuple[Booking, ...]:
        """Bookings that count: none, where all were corrected and no other one came."""
        return self._messages.bookings

    @property
    def findings(self) -> dict[FindingKind, tuple[str, ...]]:
        """Findings about the subject that count, with the ids of the messages that report them.

        That somebody is a citizen may also stand in the record, and then without a message.
        """
        found = self._messages.findings
        if self.record.is_us_citizen:
            return {"us_citizen": (), **found}
        return found

    @property
    def rulings(self) -> tuple[Ruling, ...]:
        """Rulings that count, each already bound to its question."""
        return self._messages.rulings

    def answer_to(self, question: Question) -> Ruling | None:
        """The ruling that answers this very question."""
        return self._messages.answers.get((question.charge_id, question.about))

    @cached_property
    def charges(self) -> tuple[ChargeState, ...]:
        """Every charge as it is now, by charge id."""
        messages = self._messages
        own: dict[str, Docket] = defaultdict(Docket)
        whole = Docket()
        for conviction in messages.convictions:
            own[conviction.charge_id].dispositions.append(conviction)
        for dismissal in messages.dismissals:
            docket = whole if dismissal.charge_id is None else own[dismissal.charge_id]
            docket.dispositions.append(dismissal)
        for update in messages.court_updates:
            if update.entry in STATUS_CHANGING_ENTRIES:
                docket = whole if update.charge_id is None else own[update.charge_id]
                docket.entries.append(update)
        classifier, answers = self._classifier, messages.answers
        booked_on = first_booked_at(self.bookings).date()
        filings = filings_by_charge(self.bookings, messages.amendments, classifier)
        return tuple(
            charge_state(charge_id, versions, own[charge_id].joined_with(whole), booked_on, classifier, answers)
            for charge_id, versions in sorted(filings.items())
        )

    @cached_property
    def awaited(self) -> tuple[ChargeState, ...]:
        """The charges that a court has to end: court process is not waited for."""
        return tuple(charge for charge in self.charges if not charge.is_court_process)

    @cached_property
    def offenses(self) -> tuple[tuple[ChargeState, OffenseClassification, str], ...]:
        """Every offense that a charge is or was filed as, with its charge and the id of the message."""
        return tuple(
            [
                (charge, filing.classification, filing.source)
                for charge in self.charges
                for filing in charge.filings
            ]
        )
