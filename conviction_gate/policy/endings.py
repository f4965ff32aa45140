"""How a charge ended, if it did, by the dates on which the court spoke."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta
from enum import Enum
from operator import attrgetter
from typing import Final, NamedTuple

from conviction_gate.contracts.booking import Offense
from conviction_gate.contracts.court import Conviction, CourtUpdate, Dismissal
from conviction_gate.contracts.fields import ChargeClass, Severity
from conviction_gate.policy.appeals import APPEAL_ENTRIES, Appealed, after_appeal
from conviction_gate.policy.classification import IN_SCOPE, Classifier, OffenseClassification
from conviction_gate.policy.content import content_key, digest
from conviction_gate.policy.counting import Answers
from conviction_gate.policy.filings import Filing, filed_now, severity_now

Disposition = Conviction | Dismissal

DEFERRALS: Final = frozenset(
    {
        "deferred_with_plea",
        "adjudication_withheld",
        "court_supervision",
        "probation_before_judgment",
        "continued_without_finding",
        "suspended_imposition",
        "prayer_for_judgment_continued",
    }
)
"""A plea or finding of guilt with the judgment put off, as courts of several states call it."""

DOUBTFUL_LAST_WORDS: Final = frozenset(
    {"bail_forfeited", "juvenile_adjudicated", "juvenile_transfer", "pardoned"}
)
"""Entries of which a person says what they mean, where nothing later ended the charge."""

_SAYS_GUILTY: Final = DEFERRALS | {"bail_forfeited", "juvenile_adjudicated", "pardoned"}
_DOUBTFUL: Final = DEFERRALS | DOUBTFUL_LAST_WORDS
STATUS_CHANGING_ENTRIES: Final = _DOUBTFUL | {*APPEAL_ENTRIES, "reinstated"}
"""Docket entries that change whether a charge has ended; no other one does."""

# An acquittal or a vacatur says that there is no guilt; every other end of a charge leaves an earlier
# plea or conviction where it was.
SAYS_NO_GUILT: Final = frozenset({"acquitted", "vacated"})

# Clerks enter a disposition by the day, and a booking in the night may carry the next one.
_BEFORE_THE_BOOKING: Final = timedelta(days=1)


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


class Docket:
    """What the court recorded of one charge, or of the whole arrest, as far as it can end a charge."""

    __slots__ = ("dispositions", "entries")

    def __init__(self) -> None:
        self.dispositions: list[Disposition] = []
        self.entries: list[CourtUpdate] = []

    def joined_with(self, other: "Docket") -> "Docket":
        if not other.dispositions and not other.entries:
            return self
        joined = Docket()
        joined.dispositions = self.dispositions + other.dispositions
        joined.entries = self.entries + other.entries
        return joined


class Evidence(NamedTuple):
    """What an ending rests on: the dispositions that count since the charge was filed, and docket entries."""

    since: date
    dispositions: Sequence[Disposition]
    entries: Collection[CourtUpdate]

    @property
    def says_guilty(self) -> bool:
        """Whether a court has said anything from which a person may conclude that there is a conviction."""
        return any(isinstance(message, Conviction) for message in self.dispositions) or any(
            entry.entry in _SAYS_GUILTY for entry in self.entries
        )

    @property
    def about(self) -> str:
        """What a question about this ending is about."""
        keys = {content_key(message) for message in (*self.dispositions, *self.entries)}
        return digest([str(self.since), *sorted(keys)])


class ConvictedOf(NamedTuple):
    """An offense that a conviction names, which message says so, and whether it is a crime there."""

    classification: OffenseClassification
    message_id: str
    is_crime: bool


class ChargeState(NamedTuple):
    """A charge as it is now, and the messages that made it so.

    `convicted_of`: what the convictions that stand name. `is_traffic_conviction`: whether a conviction of it
    would be one for a traffic offense: of an offense in scope, and not of a court process.
    """

    charge_id: str
    current: Filing
    filings: Sequence[Filing]
    convicted_of: tuple[ConvictedOf, ...]
    ending: Ending
    final: Sequence[Disposition]
    grounds: tuple[str, ...]
    evidence: Evidence
    is_traffic_conviction: bool

    @property
    def classification(self) -> OffenseClassification:
        """The class of the charge as it is filed now."""
        return self.current.classification

    @property
    def charge_class(self) -> ChargeClass:
        return self.current.classification.charge_class

    @property
    def is_court_process(self) -> bool:
        """Whether it holds no offense of its own, so that no court has to end it."""
        return self.current.classification.charge_class == "court_process"


def charge_state(
    charge_id: str,
    filings: Sequence[Filing],
    docket: Docket,
    booked_on: date,
    classifier: Classifier,
    answers: Answers,
) -> ChargeState:
    """A charge as it is now, by its versions, the court's docket and a person's ruling on its ending."""
    court = _CourtRecord(charge_id, filings, docket, booked_on, classifier)
    ending = court.ending()
    final, evidence = court.final, court.evidence
    grounds = {message.message_id for message in final}
    if ending is Ending.UNCLEAR_DISPOSITION:
        grounds |= {message.message_id for message in (*evidence.dispositions, *evidence.entries)}
    ruling = answers.get((charge_id, evidence.about)) if answers else None
    if ruling is not None:
        ending = Ending.NO_CONVICTION
        if ruling.decision.ruling == "conviction":  # no ruling stands in for a court
            ending = Ending.CONVICTED if evidence.says_guilty else Ending.OPEN
        grounds.add(ruling.decision.message_id)
    is_convicted = ending is Ending.CONVICTED
    # A conviction counts as the final disposition, not in doubt, and not contradicted by a person.
    refuted = ruling is not None and not is_convicted
    counts = bool(final) and not refuted and ending is not Ending.UNCLEAR_DISPOSITION
    return ChargeState(
        charge_id=charge_id,
        current=filings[-1],
        filings=filings,
        convicted_of=tuple(court.convicted_of(are_crimes=is_convicted)) if counts else (),
        ending=ending,
        final=final,
        grounds=tuple(sorted(grounds)),
        evidence=evidence,
        is_traffic_conviction=is_convicted and (ruling is not None or court.is_of_traffic()),
    )


class _CourtRecord:
    """What a court said of one charge since it was filed, and what follows from it."""

    __slots__ = (
        "_booked_on",
        "_charge_id",
        "_classifier",
        "_earlier_convictions",
        "_entries",
        "_filings",
        "_in_doubt",
        "_since",
        "evidence",
        "final",
    )

    def __init__(
        self,
        charge_id: str,
        filings: Sequence[Filing],
        docket: Docket,
        booked_on: date,
        classifier: Classifier,
    ) -> None:
        current = filings[-1]
        self._charge_id = charge_id
        self._filings = filings
        self._entries = docket.entries
        self._booked_on = booked_on
        self._classifier = classifier
        self._since = since = date.min if current.filed_by == "booked" else current.filed_on
        self._in_doubt: set[tuple[str, str]] = set()
        self._earlier_convictions: list[Conviction] = []
        self.final = final = [message for message in docket.dispositions if message.decided_on >= since]
        if final and docket.entries:
            self.final = final = self._after_appeals(final)
        if len(final) > 1:
            final.sort(key=attrgetter("decided_on"))
            last = final[-1].decided_on
            self._earlier_convictions = [
                message
                for message in final
                if isinstance(message, Conviction) and message.decided_on < last and self._matters(message)
            ]
            self.final = final = [message for message in final if message.decided_on == last]
            if len(final) > 1:
                final.sort(key=lambda message: (content_key(message), message.key))
        self.evidence = Evidence(since, (*self._earlier_convictions, *final), docket.entries)

    def _after_appeals(self, dispositions: Iterable[Disposition]) -> list[Disposition]:
        """The dispositions without what an appeal undid, and what came before that."""
        appeal = [entry for entry in self._entries if entry.entry in APPEAL_ENTRIES]
        remaining: list[Disposition] = []
        for message in dispositions:
            if appeal and isinstance(message, Conviction):
                after = after_appeal(message.decided_on, appeal)
                if after.undone_on is not None:
                    self._since = max(self._since, after.undone_on)
                    continue
                if after.state is Appealed.IN_DOUBT:
                    self._in_doubt.add(message.key)
            remaining.append(message)
        return [message for message in remaining if message.decided_on >= self._since]

    def ending(self) -> Ending:
        """How the court ended the charge, before a person's ruling."""
        final = self.final
        if not final:
            return self._open_since(self._since)
        decided_on = final[0].decided_on
        convictions = [message for message in final if isinstance(message, Conviction)]
        words = {message.disposition for message in final if isinstance(message, Dismissal)}
        leaves_guilt = bool(words - SAYS_NO_GUILT)
        if decided_on < self._booked_on - _BEFORE_THE_BOOKING:
            return Ending.UNCLEAR_DISPOSITION
        if self._entries:
            if not convictions and "dismissed_without_prejudice" in words and self._is_reinstated(decided_on):
                return Ending.UNCLEAR_DISPOSITION if self._earlier_convictions else self._open_since(decided_on)
            if any(self._is_doubt_about(entry, decided_on, leaves_guilt) for entry in self._entries):
                return Ending.UNCLEAR_DISPOSITION
        if leaves_guilt and self._earlier_convictions:  # set aside, or entered by mistake?
            return Ending.UNCLEAR_DISPOSITION
        if self._in_doubt and any(conviction.key in self._in_doubt for conviction in convictions):
            return Ending.UNCLEAR_DISPOSITION
        effects = {self._effect(conviction) for conviction in convictions}
        out_of_scope = {self._is_out_of_scope(conviction) for conviction in convictions}
        if words:
            effects.add(Ending.NO_CONVICTION)
            out_of_scope.add(False)
        # A finding that is no crime can still be of an offense that the policy leaves out.
        if len(effects) > 1 or (effects == {Ending.NO_CONVICTION} and len(out_of_scope) > 1):
            return Ending.UNCLEAR_DISPOSITION
        effect = effects.pop()
        # That it was for a crime would not make it one for a traffic offense.
        if effect is Ending.UNCLEAR_SEVERITY and self._is_of_court_process():
            return Ending.UNCLEAR_DISPOSITION
        return effect

    def _open_since(self, day: date) -> Ending:
        """What a charge without a final disposition is: open, or in doubt by a docket entry since then."""
        doubt = any(entry.entry in _DOUBTFUL and entry.occurred_on >= day for entry in self._entries)
        return Ending.UNCLEAR_DISPOSITION if doubt else Ending.OPEN

    def _is_reinstated(self, decided_on: date) -> bool:
        return any(e.entry == "reinstated" and e.occurred_on >= decided_on for e in self._entries)

    def _is_doubt_about(self, entry: CourtUpdate, decided_on: date, leaves_guilt: bool) -> bool:
        """Whether an entry leaves in doubt what the dispositions of that day say.

        A plea with the judgment put off does so also where the charge was dismissed afterwards.
        """
        if entry.entry in DOUBTFUL_LAST_WORDS:
            return entry.occurred_on >= decided_on
        if entry.entry in DEFERRALS and entry.occurred_on >= self._since:
            return leaves_guilt or entry.occurred_on >= decided_on
        return False

    def convicted_of(self, *, are_crimes: bool) -> Iterator[ConvictedOf]:
        """The offenses that the final convictions name."""
        for message in self.final:
            if isinstance(message, Conviction) and message.convicted_of is not None:
                classification = self._classified(message, message.convicted_of)
                yield ConvictedOf(classification, message.message_id, are_crimes)

    def _classified(self, conviction: Conviction, offense: Offense) -> OffenseClassification:
        """The class of the offense that a conviction names; an injury of its charge counts for it."""
        injury = any(filing.charge.resulted_in_injury for filing in self._filings)
        severity = conviction.severity or severity_now(self._filings)
        return self._classifier.classify(self._charge_id, offense, severity, injury=injury)

    def is_of_traffic(self) -> bool:
        """Whether the final convictions are for a traffic offense in scope, whatever a person ruled the
        charge to be: one for failing to appear is none."""
        in_scope = self._filings[-1].classification.charge_class in IN_SCOPE
        return in_scope and not self._is_of_court_process()

    def _is_of_court_process(self) -> bool:
        return any(self._names_court_process(m) for m in self.final if isinstance(m, Conviction))

    def _names_court_process(self, conviction: Conviction) -> bool:
        """Whether a conviction is of a court process, by the law or by a person's ruling on what it names."""
        named = conviction.convicted_of
        if named is not None and self._classified(conviction, named).charge_class == "court_process":
            return True
        offense = named or self._filings[-1].charge
        return self._classifier.class_by_law(offense.scheme, offense.code) == "court_process"

    def _is_out_of_scope(self, conviction: Conviction) -> bool:
        if conviction.convicted_of is None:
            return False
        return self._classified(conviction, conviction.convicted_of).charge_class not in IN_SCOPE

    def _matters(self, conviction: Conviction) -> bool:
        """Whether a conviction that is not the last word leaves a doubt; an infraction in scope does not."""
        return self._effect(conviction) is not Ending.NO_CONVICTION or self._is_out_of_scope(conviction)

    def _effect(self, conviction: Conviction) -> Ending:
        match self._severity(conviction):
            case "misdemeanor" | "felony":
                return Ending.CONVICTED
            case "infraction":
                return Ending.NO_CONVICTION
            case None:
                return Ending.UNCLEAR_SEVERITY

    def _severity(self, conviction: Conviction) -> Severity | None:
        """The severity of a conviction: its own, else the law's as the catalog has it; never the booking's.

        Unknown (None) where the court's word is a crime and the law makes that offense none; and where the
        court says nothing, the law says a crime and the charge is filed as an infraction now.
        """
        said = conviction.severity
        if said == "infraction":
            return said
        charges = filed_now(self._filings)
        convicted_of = conviction.convicted_of
        by_law = self._classifier.severity_of([convicted_of] if convicted_of else charges)
        if said is not None:
            return None if by_law == "infraction" else said
        if by_law != "infraction" and any(charge.severity == "infraction" for charge in charges):
            return None
        return by_law
