"""The matter as it stands: every charge with its versions, its class and how it ended, if it did.

Everything here is derived from the dates in the facts. Neither the order of arrival nor a repetition
can matter, except for rulings, which were bound to their question when they arrived.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from functools import cached_property, lru_cache
from typing import Literal, NamedTuple, TypeVar

from conviction_gate.contracts.booking import Booking, Charge, Offense
from conviction_gate.contracts.court import Conviction, CourtUpdate, Dismissal
from conviction_gate.contracts.fields import ChargeClass, Finding, Severity
from conviction_gate.contracts.internal.facts import CatalogSeverity, Facts, PlacedOffense, Question, Ruling
from conviction_gate.contracts.message import Message
from conviction_gate.policy.catalog import normalised

How = Literal["booked", "amended", "rebooked"]
M = TypeVar("M", bound=Message)

IN_SCOPE: frozenset[ChargeClass] = frozenset({"minor_traffic", "reckless_no_injury"})
EXCLUDED: frozenset[ChargeClass] = frozenset({"dui", "hit_and_run", "reckless_injury"})

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


class PlacedClass(NamedTuple):
    """The class of an offense on a charge.

    `severity`: the catalog's; the reported one only where the catalog leaves it open. `injury`: one was
    reported. `excluded`: a person ruled a serious one out of scope. `ruled_by`: the rulings that made it so.
    """

    name: ChargeClass
    severity: CatalogSeverity | None
    offense: Offense
    injury: bool
    excluded: bool = False
    ruled_by: tuple[str, ...] = ()

    @property
    def about(self) -> str:
        """What a question about this class is about."""
        hurt = " with injury" if self.injury else ""
        return f"{' '.join(normalised(self.offense.scheme, self.offense.code))}{hurt} as {self.name}"


class Filing(NamedTuple):
    """One version of a charge: as booked, or as added or changed later on `filed_on`."""

    charge: Charge
    placed: PlacedClass
    filed_on: date
    source: str
    how: How


@dataclass
class Docket:
    """What the court said of one charge, or of the whole arrest: of each kind only the last word."""

    dispositions: list[Conviction | Dismissal] = field(default_factory=list)
    last: dict[str, CourtUpdate] = field(default_factory=dict)

    def add_disposition(self, message: Conviction | Dismissal) -> None:
        latest = self.dispositions[0].decided_on if self.dispositions else date.min
        if message.decided_on > latest:
            self.dispositions = [message]
        elif message.decided_on == latest:
            self.dispositions.append(message)

    def add_entry(self, update: CourtUpdate) -> None:
        if update.entry not in TURNS:
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


class Evidence(NamedTuple):
    """What an ending rests on: the last words since the charge was filed, and the turns they took."""

    since: date
    final: Sequence[Conviction | Dismissal]
    turns: Collection[CourtUpdate]

    @property
    def about(self) -> str:
        """What a question about this ending is about."""
        return digest([str(self.since), *sorted({saying(m) for m in (*self.final, *self.turns)})])


class Standing(NamedTuple):
    """A charge as it stands now, and the messages that made it so."""

    charge_id: str
    current: Filing
    filings: Sequence[Filing]
    placed: PlacedClass
    convicted_of: tuple[tuple[PlacedClass, str], ...]
    ending: Ending
    final: Sequence[Conviction | Dismissal]
    grounds: tuple[str, ...]
    evidence: Evidence
    ruled: bool


class Matter:
    """One arrest, seen through its facts. Make one per decision; it remembers what it derived."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    # -- which messages count -------------------------------------------------------------------

    @cached_property
    def _undone(self) -> frozenset[str]:
        """What corrected messages said. A correction names an id; it undoes what that one says."""
        if not self.facts.corrections:
            return frozenset()
        by_id: dict[str, list[Message]] = defaultdict(list)
        for message in self._correctable():
            by_id[message.message_id].append(message)
        undone: set[str] = set()
        for correction in self.facts.corrections:
            named = by_id.get(correction.corrects, [])
            sender = correction.corrects_sender
            if sender is None:
                own = [message for message in named if message.sender == correction.sender]
                named = own or named
            else:
                named = [message for message in named if message.sender == sender]
            undone.update(saying(message) for message in named)
        return frozenset(undone)

    def _correctable(self) -> Iterable[Message]:
        facts = self.facts
        yield from facts.convictions
        yield from facts.dismissals
        yield from facts.court_updates
        yield from facts.amendments
        yield from facts.findings
        yield from (ruling.decision for ruling in facts.rulings)
        yield from facts.unasked

    @cached_property
    def _set_aside(self) -> frozenset[str]:
        """What had ended charges until a person reopened the case."""
        return frozenset(said for reopening in self.facts.reopenings for said in reopening.set_aside)

    def counting(self, messages: Iterable[M]) -> Iterable[M]:
        """The messages whose content no correction undid and no reopening set aside."""
        if not self._undone and not self._set_aside:
            return messages
        return (message for message in messages if self._counts(message))

    def _counts(self, message: Message) -> bool:
        said = saying(message)
        return said not in self._undone and digest([said]) not in self._set_aside

    @cached_property
    def findings(self) -> dict[Finding, tuple[str, ...]]:
        """Findings about the subject that stand, with the messages that say so."""
        found: dict[Finding, tuple[str, ...]] = defaultdict(tuple)
        for finding in self.counting(self.facts.findings):
            found[finding.finding] += (finding.message_id,)
        for correction in self.facts.corrections:
            match correction.ground:
                case "us_citizen" | "misidentified" | "deceased" as ground:
                    found[ground] += (correction.message_id,)
                case "clerical_error" | "vacated":
                    pass
        history = self.facts.history
        if self.facts.us_citizen or (history is not None and history.us_citizen):
            found["us_citizen"] += ()
        return dict(found)

    @cached_property
    def rulings(self) -> tuple[Ruling, ...]:
        """Rulings that count, each already bound to its question."""
        return tuple(ruling for ruling in self.facts.rulings if [*self.counting([ruling.decision])])

    @cached_property
    def _answers(self) -> dict[tuple[str | None, str], Ruling]:
        if not self.facts.rulings:
            return {}
        by_date = sorted(
            self.rulings, key=lambda r: (r.decision.decided_on, saying(r.decision), r.decision.key)
        )
        return {(ruling.question.charge_id, ruling.question.about): ruling for ruling in by_date}

    def answer_to(self, question: Question) -> Ruling | None:
        """The ruling that answers this very question."""
        return self._answers.get((question.charge_id, question.about))

    # -- what was charged -----------------------------------------------------------------------

    @cached_property
    def booked(self) -> Booking:
        """The earliest booking; its `booked_at` is the case's."""
        return min(self.facts.bookings, key=lambda booking: (booking.booked_at, booking.key))

    @cached_property
    def _filings(self) -> dict[str, list[Filing]]:
        """All versions of each charge by date. What a later booking repeats is no new version."""
        first = self.booked.booked_at
        filings: dict[str, list[Filing]] = defaultdict(list)
        later: list[Filing] = []
        for booking in self.facts.bookings:
            day, source = booking.booked_at.date(), booking.message_id
            if booking.booked_at == first:
                for charge in booking.charges:
                    filings[charge.charge_id].append(self._filing(charge, day, source, "booked"))
            else:
                later += [self._filing(charge, day, source, "rebooked") for charge in booking.charges]
        later += [
            self._filing(amendment.charge, amendment.filed_on, amendment.message_id, "amended")
            for amendment in self.counting(self.facts.amendments)
        ]
        for versions in filings.values():
            if len(versions) > 1:
                versions.sort(key=_doubtful_last)
        for filing in sorted(later, key=lambda f: (f.filed_on, f.how, *_doubtful_last(f))):
            versions = filings[filing.charge.charge_id]
            repeated = versions and _same_charge(versions[-1].charge, filing.charge)
            if not (filing.how == "rebooked" and repeated):
                versions.append(filing)
        return filings

    def _filing(self, charge: Charge, filed_on: date, source: str, how: How) -> Filing:
        return Filing(charge, self.place(charge.charge_id, charge), filed_on, source, how)

    # -- what class it is -----------------------------------------------------------------------

    @cached_property
    def _placements(self) -> dict[tuple[str, str], PlacedOffense]:
        return {(placed.scheme, placed.code): placed for placed in self.facts.placements}

    def place(
        self, charge_id: str, offense: Offense, *, injury: bool = False, severity: Severity | None = None
    ) -> PlacedClass:
        """The class of an offense on a charge: the catalog's, then the injury's, then a person's.

        A ruling holds for the offense as it was asked about: an injury reported since asks again, and
        a serious felony was never a question.
        """
        placed = self._placements.get((offense.scheme, offense.code))
        name: ChargeClass = placed.charge_class if placed else "unclassified"
        known = placed.severity if placed else None
        if isinstance(offense, Charge):
            injury = injury or offense.resulted_in_injury is True
            severity = severity or offense.severity
        weight = severity if known in (None, "wobbler") else known
        if name == "reckless_no_injury" and injury:
            name = "reckless_injury"
        found = PlacedClass(name, weight, offense, injury)
        seen: set[ChargeClass] = set()
        while self._answers:
            ruling = self._answers.get((charge_id, found.about))
            felony = found.name == "other_traffic_serious" and weight == "felony"
            if ruling is None or felony or found.name in seen:
                break
            seen.add(found.name)
            found = found._replace(ruled_by=(*found.ruled_by, ruling.decision.message_id))
            ruled: ChargeClass = ruling.decision.ruling  # type: ignore[assignment]
            if ruled == found.name:
                return found._replace(excluded=True)
            found = found._replace(name=ruled)
        return found

    def _place_convicted(self, conviction: Conviction, filings: Sequence[Filing]) -> PlacedClass | None:
        """The class of the offense that a conviction names; an injury of its charge counts for it."""
        if conviction.convicted_of is None:
            return None
        hurt = any(filing.charge.resulted_in_injury for filing in filings)
        offense, severity = conviction.convicted_of, conviction.severity
        return self.place(conviction.charge_id, offense, injury=hurt, severity=severity)

    @cached_property
    def offenses(self) -> tuple[tuple[Standing, PlacedClass, str], ...]:
        """Every offense that counts: as booked, as filed later, and as convicted of while it stands."""
        return tuple(
            (charge, placed, source)
            for charge in self.charges
            for placed, source in (
                *((filing.placed, filing.source) for filing in charge.filings),
                *charge.convicted_of,
            )
        )

    # -- how it ended ---------------------------------------------------------------------------

    @cached_property
    def charges(self) -> tuple[Standing, ...]:
        """Every charge as it stands now, by charge id."""
        own: dict[str, Docket] = defaultdict(Docket)
        whole = Docket()
        for conviction in self.counting(self.facts.convictions):
            own[conviction.charge_id].add_disposition(conviction)
        for dismissal in self.counting(self.facts.dismissals):
            docket = whole if dismissal.charge_id is None else own[dismissal.charge_id]
            docket.add_disposition(dismissal)
        for update in self.counting(self.facts.court_updates):
            docket = whole if update.charge_id is None else own[update.charge_id]
            docket.add_entry(update)
        return tuple(
            self._standing(charge_id, filings, own[charge_id].joined_with(whole))
            for charge_id, filings in sorted(self._filings.items())
        )

    def _standing(self, charge_id: str, filings: Sequence[Filing], docket: Docket) -> Standing:
        last = filings[-1]
        reopened = date.min if last.how == "booked" else last.filed_on
        final = [message for message in docket.dispositions if message.decided_on >= reopened]
        if len(final) > 1:
            final.sort(key=lambda message: (saying(message), message.key))
        ending = self._ending(final, docket, reopened, filings)
        grounds = {message.message_id for message in final}
        evidence = Evidence(reopened, final, docket.last.values())
        if ending is Ending.UNCLEAR_DISPOSITION:
            grounds |= {turn.message_id for turn in evidence.turns}
        ruling = self._answers.get((charge_id, evidence.about)) if self._answers else None
        if ruling is not None:
            convicted = ruling.decision.ruling == "conviction"
            ending = Ending.CONVICTED if convicted else Ending.NO_CONVICTION
            grounds.add(ruling.decision.message_id)
        # A conviction stands as the last word, not under appeal, and not contradicted by a person.
        refuted = ruling is not None and ending is Ending.NO_CONVICTION
        stands = bool(final) and not refuted and ending is not Ending.UNCLEAR_DISPOSITION
        return Standing(
            charge_id=charge_id,
            current=last,
            filings=filings,
            placed=last.placed,
            convicted_of=tuple(self._convicted_of(final, filings)) if stands else (),
            ending=ending,
            final=final,
            grounds=tuple(sorted(grounds)),
            evidence=evidence,
            ruled=ruling is not None,
        )

    def _convicted_of(
        self, final: Sequence[Conviction | Dismissal], filings: Sequence[Filing]
    ) -> Iterator[tuple[PlacedClass, str]]:
        """What the convictions among the last words name, and who says so."""
        for message in final:
            if isinstance(message, Conviction):
                placed = self._place_convicted(message, filings)
                if placed is not None:
                    yield placed, message.message_id

    def _ending(
        self,
        final: Sequence[Conviction | Dismissal],
        docket: Docket,
        reopened: date,
        filings: Sequence[Filing],
    ) -> Ending:
        plea = docket.on("deferred_with_plea")
        if not final:
            pleaded = plea is not None and plea >= reopened
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
        if convictions and _under_appeal(docket, decided_on):
            return Ending.UNCLEAR_DISPOSITION
        effects = {self._effect(conviction, filings) for conviction in convictions}
        out_of_scope = {self._is_out_of_scope(conviction, filings) for conviction in convictions}
        if dismissals:
            effects.add(Ending.NO_CONVICTION)
            out_of_scope.add(False)
        # A finding that is no crime can still be of an offense that the policy leaves out.
        if len(effects) > 1 or (effects == {Ending.NO_CONVICTION} and len(out_of_scope) > 1):
            return Ending.UNCLEAR_DISPOSITION
        return effects.pop()

    def _is_out_of_scope(self, conviction: Conviction, filings: Sequence[Filing]) -> bool:
        placed = self._place_convicted(conviction, filings)
        return placed is not None and placed.name not in IN_SCOPE

    def _effect(self, conviction: Conviction, filings: Sequence[Filing]) -> Ending:
        match self._severity(conviction, filings):
            case "misdemeanor" | "felony":
                return Ending.CONVICTED
            case "infraction":
                return Ending.NO_CONVICTION
            case None:
                return Ending.UNCLEAR_SEVERITY

    def _severity(self, conviction: Conviction, filings: Sequence[Filing]) -> Severity | None:
        """The severity of a conviction: its own, else the catalog's; never the booking's.

        Where the charge was filed in several versions on its last date, they must agree.
        """
        if conviction.severity is not None:
            return conviction.severity
        last = filings[-1]
        offenses: list[Offense] = [
            filing.charge
            for filing in filings
            if (filing.filed_on, filing.how == "booked") == (last.filed_on, last.how == "booked")
        ]
        if conviction.convicted_of is not None:
            offenses = [conviction.convicted_of]
        placed = {self._placements.get((offense.scheme, offense.code)) for offense in offenses}
        severities = {offense.severity if offense else None for offense in placed}
        severity = severities.pop() if len(severities) == 1 else None
        return None if severity == "wobbler" else severity


TURNS = ("deferred_with_plea", "appeal_filed", "appeal_ended", "reinstated")
"""Docket entries that bear on how a charge stands; every other one only passes by."""


def _doubtful_last(filing: Filing) -> tuple[bool, bool, str, str]:
    """Among versions of one date the one that a person must look at is the one that stands, and
    one that is waited for stands before one that is not."""
    doubtful = filing.placed.name in ("unclassified", "other_traffic_serious")
    return doubtful, filing.placed.name != "court_process", saying(filing.charge), filing.source


def _under_appeal(docket: Docket, decided_on: date) -> bool:
    filed, ended = docket.on("appeal_filed"), docket.on("appeal_ended")
    return filed is not None and filed >= decided_on and (ended is None or ended < filed)


def _same_charge(one: Charge, other: Charge) -> bool:
    return (
        normalised(one.scheme, one.code) == normalised(other.scheme, other.code)
        and one.severity == other.severity
        and one.resulted_in_injury == other.resulted_in_injury
    )


_SENT_WITH = {"message_id", "sender", "court", "docket_number"}


@lru_cache(maxsize=8192)
def saying(message: Message | Charge) -> str:
    """What a message says, whoever sent it under which id: type, charge, date and content."""
    content = message.model_dump(mode="json", exclude=_SENT_WITH)
    for offense in (content, content.get("convicted_of"), content.get("charge")):
        if offense and "scheme" in offense:
            offense["scheme"], offense["code"] = normalised(offense["scheme"], offense["code"])
    return f"{type(message).__name__} {json.dumps(content, sort_keys=True)}"


def digest(parts: list[str]) -> str:
    """A short name for evidence, so that a ruling holds for this evidence and no other."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
