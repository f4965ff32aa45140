"""What each doubtful reading of the policy costs: `python -m bench.readings [NUMBER]`.

Each case of a simulated country is decided twice: as the policy reads it, and by the same rules on facts in
which the doubtful thing is what the strongest other reading takes it for. docs/readings.md explains each
reading and holds the table that this prints.
"""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from bench.country import IN_SCOPE, NOT_COMING, OTHER_CRIME, Country, classified
from conviction_gate import policy
from conviction_gate.contracts.booking import Charge
from conviction_gate.contracts.court import Conviction, CourtUpdate, Dismissal
from conviction_gate.contracts.history import HistoryRecord, Priority
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.policy.endings import DEFERRALS

BOOKINGS: Final = 20_000
ANSWERS: Final = ("flag", "clear", "review", "wait")


class Reading(NamedTuple):
    """A reading of ours: its name in docs/readings.md, and the facts as the other reading takes them."""

    name: str
    otherwise: Callable[[Facts], Facts]


class Count(NamedTuple):
    """Cases that a reading bears on, by their answer as we read the policy and by that of the other reading."""

    ours: Counter[str]
    other: Counter[str]


def counted(facts: Sequence[Facts]) -> dict[str, Count]:
    """What each reading does to these cases. It bears on those of which the answer differs."""
    edition = policy.EDITIONS[0]
    counts = {reading.name: Count(Counter(), Counter()) for reading in READINGS}
    for case in facts:
        answer = policy.decide(case, edition).answer
        for reading in READINGS:
            read = reading.otherwise(case)
            if read is case:
                continue
            other = policy.decide(classified(read), edition).answer
            if other != answer:
                counts[reading.name].ours[answer] += 1
                counts[reading.name].other[other] += 1
    return counts


# The other readings ---------------------------------------------------------------------------------


def convicted(message: CourtUpdate | Dismissal, on: date) -> Conviction:
    """The conviction of a misdemeanor that a message is taken for."""
    return Conviction(
        message_id=message.message_id,
        sender=message.sender,
        charge_id=message.charge_id or "",
        decided_on=on,
        severity="misdemeanor",
    )


def guilty_by(*words: str) -> Callable[[Facts], Facts]:
    """Entries of these words are convictions, whatever was dismissed since."""

    def read(facts: Facts) -> Facts:
        entries = [entry for entry in facts.court_updates if entry.entry in words]
        if not entries:
            return facts
        charges = {entry.charge_id for entry in entries}
        convictions = [convicted(entry, entry.occurred_on) for entry in entries]
        return changed(
            facts,
            court_updates=[entry for entry in facts.court_updates if entry not in entries],
            convictions=[*facts.convictions, *convictions],
            dismissals=[one for one in facts.dismissals if one.charge_id not in charges],
        )

    return read


def without(*words: str) -> Callable[[Facts], Facts]:
    """Entries of these words say nothing."""

    def read(facts: Facts) -> Facts:
        if not any(entry.entry in words for entry in facts.court_updates):
            return facts
        return changed(facts, court_updates=[e for e in facts.court_updates if e.entry not in words])

    return read


def ended_by(word: str) -> Callable[[Facts], Facts]:
    """An entry of this word ends its charge without a conviction."""

    def read(facts: Facts) -> Facts:
        entries = [entry for entry in facts.court_updates if entry.entry == word]
        if not entries:
            return facts
        ends = [
            Dismissal(
                message_id=entry.message_id,
                sender=entry.sender,
                charge_id=entry.charge_id,
                decided_on=entry.occurred_on,
                disposition="dismissed",
            )
            for entry in entries
        ]
        return changed(without(word)(facts), dismissals=[*facts.dismissals, *ends])

    return read


def set_aside_changes_nothing(facts: Facts) -> Facts:
    """A dismissal after a conviction leaves the conviction as it was."""
    convicted = {one.charge_id for one in facts.convictions}
    later = [one for one in facts.dismissals if one.charge_id in convicted and one.disposition == "dismissed"]
    return changed(facts, dismissals=[one for one in facts.dismissals if one not in later]) if later else facts


def merged_is_guilty(facts: Facts) -> Facts:
    """A charge is merged once guilt was found on it too."""
    merged = [one for one in facts.dismissals if one.disposition == "merged"]
    if not merged:
        return facts
    found = [convicted(one, one.decided_on) for one in merged]
    return changed(
        facts,
        dismissals=[one for one in facts.dismissals if one not in merged],
        convictions=[*facts.convictions, *found],
    )


def serious_as_booked(facts: Facts) -> Facts:
    """What the person was arrested for decides whether an offense is a felony."""
    filed = [one for one in facts.amendments if one.charge.severity == "misdemeanor"]
    return changed(facts, amendments=[one for one in facts.amendments if one not in filed]) if filed else facts


def ids_of_one_person(facts: Facts) -> Facts:
    """One arrest is of one person, so that what stands under any id is theirs."""
    first, *others = facts.bookings
    if all(one.subject == first.subject for one in others):
        return facts
    return changed(
        facts, bookings=[first, *(one.model_copy(update={"subject": first.subject}) for one in others)]
    )


def latest_booking_counts(facts: Facts) -> Facts:
    """A conviction before the latest booking is an earlier one."""
    days = sorted(booking.booked_at.date() for booking in facts.bookings)

    def moved(record: HistoryRecord) -> HistoryRecord:
        is_between = record.decided_on is not None and days[0] <= record.decided_on < days[-1]
        return record.model_copy(update={"decided_on": days[0] - timedelta(days=1)}) if is_between else record

    return on_the_record(moved)(facts)


def on_the_record(change: Callable[[HistoryRecord], HistoryRecord]) -> Callable[[Facts], Facts]:
    """Records are what this makes of them."""

    def read(facts: Facts) -> Facts:
        past = facts.history
        if past is None or (records := tuple(map(change, past.records))) == past.records:
            return facts
        return changed(facts, history=past.model_copy(update={"records": records}))

    return read


def every_crime(record: HistoryRecord) -> HistoryRecord:
    """A conviction for minor traffic is an earlier crime too."""
    is_traffic = (record.scheme, record.code) == IN_SCOPE[0][0]
    return record.model_copy(update=_code(OTHER_CRIME)) if is_traffic else record


def adult(record: HistoryRecord) -> HistoryRecord:
    """A conviction of a juvenile is one: only an adult's court convicts."""
    return record.model_copy(update={"juvenile": False}) if record.juvenile else record


def deferral_convicts(record: HistoryRecord) -> HistoryRecord:
    """A plea is a conviction on the record as well."""
    if record.disposition != "deferred_with_plea":
        return record
    return record.model_copy(
        update={"disposition": "convicted", "severity": "misdemeanor"} | _code(OTHER_CRIME)
    )


def doubt_whenever(record: HistoryRecord) -> HistoryRecord:
    """A conviction without a severity is a doubt even where it is later than the arrest."""
    if record.disposition != "convicted" or record.severity is not None:
        return record
    return record.model_copy(update={"decided_on": None})


def every_warrant(facts: Facts) -> Facts:
    """A warrant is a ground, whatever it is for."""
    past = facts.history
    if past is None or not past.priorities:
        return facts
    priorities = tuple(_for_a_crime(one) for one in past.priorities)
    return changed(facts, history=past.model_copy(update={"priorities": priorities}))


def _for_a_crime(priority: Priority) -> Priority:
    return priority.model_copy(update=_code(OTHER_CRIME))


def not_coming_is_a_crime(facts: Facts) -> Facts:
    """Not coming to court is an offense of its own, outside traffic law."""

    def as_crime(charge: Charge) -> Charge:
        is_of_court = (charge.scheme, charge.code) == NOT_COMING
        return charge.model_copy(update=_code(OTHER_CRIME)) if is_of_court else charge

    bookings = [one.model_copy(update={"charges": tuple(map(as_crime, one.charges))}) for one in facts.bookings]
    return facts if bookings == [*facts.bookings] else changed(facts, bookings=bookings)


def law_alone_weighs(facts: Facts) -> Facts:
    """A charge filed as an infraction is the crime that the law makes of it."""

    def unsaid(charge: Charge) -> Charge:
        is_infraction = charge.severity == "infraction"
        return charge.model_copy(update={"severity": None}) if is_infraction else charge

    bookings = [one.model_copy(update={"charges": tuple(map(unsaid, one.charges))}) for one in facts.bookings]
    return facts if bookings == [*facts.bookings] else changed(facts, bookings=bookings)


def early_words_count(facts: Facts) -> Facts:
    """A disposition from before the arrest has a typo in its date, and says what it says."""
    first = min(one.booked_at for one in facts.bookings).date()

    def moved(one: Any, field: str) -> Any:
        early = getattr(one, field) < first - timedelta(days=1)
        return one.model_copy(update={field: first}) if early else one

    convictions = [moved(one, "decided_on") for one in facts.convictions]
    dismissals = [moved(one, "decided_on") for one in facts.dismissals]
    entries = [moved(one, "occurred_on") for one in facts.court_updates]
    before = (*facts.convictions, *facts.dismissals, *facts.court_updates)
    if (*convictions, *dismissals, *entries) == before:
        return facts
    return changed(facts, convictions=convictions, dismissals=dismissals, court_updates=entries)


def each_message_alone(facts: Facts) -> Facts:
    """A correction undoes the one message that it names."""
    if not facts.corrections:
        return facts
    apart = [one.model_copy(update={"docket_number": one.sender}) for one in facts.convictions]
    return changed(facts, convictions=apart)


def all_reckless_is_left_out(facts: Facts) -> Facts:
    """Reckless driving is left out whether anybody was hurt or not."""
    placed = [
        one.model_copy(update={"charge_class": "reckless_injury"})
        if one.charge_class == "reckless_no_injury"
        else one
        for one in facts.placements
    ]
    return facts if placed == [*facts.placements] else changed(facts, placements=placed)


def changed(facts: Facts, **fields: Any) -> Facts:
    """The facts with other fields."""
    lists = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    return facts.model_copy(update=lists)


def _code(code: tuple[str, str]) -> dict[str, str]:
    return {"scheme": code[0], "code": code[1]}


READINGS: Final = (
    Reading("Judgment put off after a plea", guilty_by(*DEFERRALS)),
    Reading("Bail forfeited", guilty_by("bail_forfeited")),
    Reading("A conviction under appeal", without("appeal_filed", "appeal_ended")),
    Reading("Set aside by a dismissal", set_aside_changes_nothing),
    Reading("Pardoned", without("pardoned")),
    Reading("Merged into another charge", merged_is_guilty),
    Reading("Adjudicated by a juvenile court", ended_by("juvenile_adjudicated")),
    Reading("Moved to a juvenile court", ended_by("juvenile_transfer")),
    Reading("Filed as an infraction", law_alone_weighs),
    Reading("A serious offense filed with a lesser severity", serious_as_booked),
    Reading("Reckless driving, nobody hurt", all_reckless_is_left_out),
    Reading("Not coming to court", not_coming_is_a_crime),
    Reading("A disposition from before the arrest", early_words_count),
    Reading("An earlier conviction for minor traffic", on_the_record(every_crime)),
    Reading("A plea on the record", on_the_record(deferral_convicts)),
    Reading("A conviction of a juvenile on the record", on_the_record(adult)),
    Reading("Entries of the record from after the arrest", on_the_record(doubt_whenever)),
    Reading("Warrants", every_warrant),
    Reading("Ids that disagree", ids_of_one_person),
    Reading("Convictions between two bookings", latest_booking_counts),
    Reading("Corrections and copies", each_message_alone),
)


def table(counts: dict[str, Count]) -> str:
    """A row for each reading; of its cases, how many had each answer."""
    rows = ["| reading | cases | as we read it | as the other reading has it |", "| --- | ---: | --- | --- |"]
    for name, count in counts.items():
        rows.append(f"| {name} | {count.ours.total()} | {_answers(count.ours)} | {_answers(count.other)} |")
    return "\n".join(rows)


def _answers(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {counter[name]}" for name in ANSWERS if counter[name]) or "-"


def main(arguments: Sequence[str]) -> int:
    """Print the table; 0."""
    number = int(arguments[0]) if arguments else BOOKINGS
    cases = [*Country().cases(number)]
    edition = policy.EDITIONS[0]
    answers = Counter(policy.decide(case, edition).answer for case in cases)
    print(f"{number} bookings: {_answers(Counter(answers))}\n")
    print(table(counted(cases)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
