"""How a charge ended, if it did, by the dates on which the court spoke."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import NamedTuple

from conviction_gate.contracts.booking import Offense
from conviction_gate.contracts.court import Conviction, CourtUpdate, Dismissal
from conviction_gate.contracts.fields import ChargeClass, Severity
from conviction_gate.policy.classification import IN_SCOPE, Classifier, OffenseClassification
from conviction_gate.policy.content import content_key, digest
from conviction_gate.policy.counting import Answers
from conviction_gate.policy.filings import Filing

STATUS_CHANGING_ENTRIES = ("deferred_with_plea", "appeal_filed", "appeal_ended", "reinstated")
"""Docket entries that change whether a charge has ended; no other one does."""

# An acquittal or a vacatur says that there is no guilt; every other end of a charge leaves an
# earlier plea where it was.
_ANSWERS_A_PLEA = frozenset({"acquitted", "vacated"})


class Ending(Enum):
    """How a charge ended, as the rules see it."""

    OPEN = "open"
    NO_CONVICTION = "ended without a conviction for a crime"
    CONVICTED = "convicted of a crime"
    UNCLEAR_DISPOSITION = "unclear disposition"
    UNCLEAR_SEVERITY = "conviction of unknown severity"

    @property
    def is_in_doubt(self) -> bool:
        """Whether a person has to say what this ending is."""
        return self in (Ending.UNCLEAR_DISPOSITION, Ending.UNCLEAR_SEVERITY)


@dataclass
class Docket:
    """What the court recorded of one charge, or of the whole arrest: the latest of each kind only."""

    dispositions: list[Conviction | Dismissal] = field(default_factory=list)
    last: dict[str, CourtUpdate] = field(default_factory=dict)

    def add_disposition(self, message: Conviction | Dismissal) -> None:
        latest = self.dispositions[0].decided_on if self.dispositions else date.min
        if message.decided_on > latest:
            self.dispositions = [message]
        elif message.decided_on == latest:
            self.dispositions.append(message)

    def add_entry(self, update: CourtUpdate) -> None:
        if update.entry not in STATUS_CHANGING_ENTRIES:
            return
        known = self.last.get(update.entry)
        if known is None or (update.occurred_on, update.key) > (known.occurred_on, known.key):
            self.last[update.entry] = update

    def joined_with(self, other: "Docket") -> "Docket":
        if not other.dispositions and not other.last:
            return self
        joined = Docket(list(self.dispositions), dict(self.last))
        for message in other.dispositions:
            joined.add_disposition(message)
        for update in other.last.values():
            joined.add_entry(update)
        return joined

    def on(self, entry: str) -> date | None:
        update = self.last.get(entry)
        return update.occurred_on if update else None

    def is_under_appeal(self, decided_on: date) -> bool:
        """Whether an appeal from a decision of that day is open."""
        filed, ended = self.on("appeal_filed"), self.on("appeal_ended")
        return filed is not None and filed >= decided_on and (ended is None or ended < filed)


class Evidence(NamedTuple):
    """What an ending rests on: the final dispositions since the charge was filed, and docket entries."""

    since: date
    final: Sequence[Conviction | Dismissal]
    entries: Collection[CourtUpdate]

    @property
    def about(self) -> str:
        """What a question about this ending is about."""
        return digest([str(self.since), *sorted({content_key(m) for m in (*self.final, *self.entries)})])


class ChargeState(NamedTuple):
    """A charge as it is now, and the messages that made it so.

    `convicted_of`: what the convictions that count name, each with the id of its message.
    """

    charge_id: str
    current: Filing
    filings: Sequence[Filing]
    classification: OffenseClassification
    charge_class: ChargeClass
    convicted_of: tuple[tuple[OffenseClassification, str], ...]
    ending: Ending
    final: Sequence[Conviction | Dismissal]
    grounds: tuple[str, ...]
    evidence: Evidence
    ruled: bool


def charge_state(
    charge_id: str, filings: Sequence[Filing], docket: Docket, classifier: Classifier, answers: Answers
) -> ChargeState:
    """A charge as it is now, by its versions, the court's docket and a person's ruling on its ending."""
    current = filings[-1]
    since = date.min if current.filed_by == "booked" else current.filed_on
    final = [message for message in docket.dispositions if message.decided_on >= since]
    if len(final) > 1:
        final.sort(key=lambda message: (content_key(message), message.key))
    ending = _ending(final, docket, since, filings, classifier)
    grounds = {message.message_id for message in final}
    evidence = Evidence(since, final, docket.last.values())
    if ending is Ending.UNCLEAR_DISPOSITION:
        grounds |= {entry.message_id for entry in evidence.entries}
    ruling = answers.get((charge_id, evidence.about)) if answers else None
    if ruling is not None:
        convicted = ruling.decision.ruling == "conviction"
        ending = Ending.CONVICTED if convicted else Ending.NO_CONVICTION
        grounds.add(ruling.decision.message_id)
    # A conviction counts as the final disposition, not under appeal, and not contradicted by a person.
    refuted = ruling is not None and ending is Ending.NO_CONVICTION
    counts = bool(final) and not refuted and ending is not Ending.UNCLEAR_DISPOSITION
    return ChargeState(
        charge_id=charge_id,
        current=current,
        filings=filings,
        classification=current.classification,
        charge_class=current.classification.charge_class,
        convicted_of=tuple(_convicted_of(final, filings, classifier)) if counts else (),
        ending=ending,
        final=final,
        grounds=tuple(sorted(grounds)),
        evidence=evidence,
        ruled=ruling is not None,
    )


def _ending(
    final: Sequence[Conviction | Dismissal],
    docket: Docket,
    since: date,
    filings: Sequence[Filing],
    classifier: Classifier,
) -> Ending:
    """How a charge ended by the court's word alone. `final`: its latest dispositions, all of one day."""
    plea = docket.on("deferred_with_plea")
    if not final:
        pleaded = plea is not None and plea >= since
        return Ending.UNCLEAR_DISPOSITION if pleaded else Ending.OPEN
    decided_on = final[0].decided_on
    convictions = [message for message in final if isinstance(message, Conviction)]
    dismissals = [message for message in final if isinstance(message, Dismissal)]
    words = {dismissal.disposition for dismissal in dismissals}

    reinstated = docket.on("reinstated")
    if (
        "dismissed_without_prejudice" in words
        and reinstated is not None
        and reinstated >= decided_on
        and not convictions
    ):
        return Ending.OPEN
    if plea is not None and (plea >= decided_on or words - _ANSWERS_A_PLEA):
        return Ending.UNCLEAR_DISPOSITION
    if convictions and docket.is_under_appeal(decided_on):
        return Ending.UNCLEAR_DISPOSITION
    endings = {_ending_by(conviction, filings, classifier) for conviction in convictions}
    out_of_scope = {_is_out_of_scope(conviction, filings, classifier) for conviction in convictions}
    if dismissals:
        endings.add(Ending.NO_CONVICTION)
        out_of_scope.add(False)
    # A finding that is no crime can still be of an offense that the policy leaves out.
    if len(endings) > 1 or (endings == {Ending.NO_CONVICTION} and len(out_of_scope) > 1):
        return Ending.UNCLEAR_DISPOSITION
    return endings.pop()


def _ending_by(conviction: Conviction, filings: Sequence[Filing], classifier: Classifier) -> Ending:
    match _severity(conviction, filings, classifier):
        case "misdemeanor" | "felony":
            return Ending.CONVICTED
        case "infraction":
            return Ending.NO_CONVICTION
        case None:
            return Ending.UNCLEAR_SEVERITY


def _severity(conviction: Conviction, filings: Sequence[Filing], classifier: Classifier) -> Severity | None:
    """The severity of a conviction: its own, else the catalog's; never the booking's.

    Where the charge was filed in several versions on its last date, they must agree.
    """
    if conviction.severity is not None:
        return conviction.severity
    last = filings[-1]
    offenses: list[Offense] = [
        filing.charge
        for filing in filings
        if (filing.filed_on, filing.filed_by == "booked") == (last.filed_on, last.filed_by == "booked")
    ]
    if conviction.convicted_of is not None:
        offenses = [conviction.convicted_of]
    return classifier.severity_of(offenses)


def _is_out_of_scope(conviction: Conviction, filings: Sequence[Filing], classifier: Classifier) -> bool:
    offense = _classify(conviction, filings, classifier)
    return offense is not None and offense.charge_class not in IN_SCOPE


def _convicted_of(
    final: Sequence[Conviction | Dismissal], filings: Sequence[Filing], classifier: Classifier
) -> Iterator[tuple[OffenseClassification, str]]:
    """The offenses that the convictions name, each with the id of its message."""
    for message in final:
        if isinstance(message, Conviction):
            offense = _classify(message, filings, classifier)
            if offense is not None:
                yield offense, message.message_id


def _classify(
    conviction: Conviction, filings: Sequence[Filing], classifier: Classifier
) -> OffenseClassification | None:
    """The class of the offense that a conviction names; an injury of its charge counts for it."""
    if conviction.convicted_of is None:
        return None
    injury = any(filing.charge.resulted_in_injury for filing in filings)
    offense, severity = conviction.convicted_of, conviction.severity
    return classifier.classify(conviction.charge_id, offense, injury=injury, severity=severity)
