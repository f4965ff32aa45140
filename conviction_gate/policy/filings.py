"""The versions of each charge: as booked, and as added or changed later."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Literal, NamedTuple

from conviction_gate.contracts.booking import Booking, Charge
from conviction_gate.contracts.court import Amendment
from conviction_gate.contracts.fields import Severity
from conviction_gate.policy.catalog import normalised
from conviction_gate.policy.classification import Classifier, OffenseClassification
from conviction_gate.policy.content import content_key

FiledBy = Literal["booked", "amended", "rebooked"]


class Filing(NamedTuple):
    """One version of a charge: as booked, or as added or changed later on `filed_on`.

    `source` is the id of the message that filed it; `filed_by` what kind of filing that was.
    """

    charge: Charge
    classification: OffenseClassification
    filed_on: date
    source: str
    filed_by: FiledBy


def first_booked_at(bookings: Iterable[Booking]) -> datetime:
    """When the person was booked: at the time of the earliest booking."""
    return min(booking.booked_at for booking in bookings)


def filings_by_charge(
    bookings: Iterable[Booking], amendments: Iterable[Amendment], classifier: Classifier
) -> dict[str, list[Filing]]:
    """All versions of each charge by date. What a later booking repeats is no new version."""

    def filing(charge: Charge, filed_on: date, source: str, filed_by: FiledBy) -> Filing:
        classification = classifier.classify(charge.charge_id, charge, charge.severity)
        return Filing(charge, classification, filed_on, source, filed_by)

    first = first_booked_at(bookings)
    filings: dict[str, list[Filing]] = defaultdict(list)
    later: dict[str, list[Filing]] = defaultdict(list)
    for booking in bookings:
        day, source = booking.booked_at.date(), booking.message_id
        for charge in booking.charges:
            if booking.booked_at == first:
                filings[charge.charge_id].append(filing(charge, day, source, "booked"))
            else:
                later[charge.charge_id].append(filing(charge, day, source, "rebooked"))
    for amendment in amendments:
        one = filing(amendment.charge, amendment.filed_on, amendment.message_id, "amended")
        later[one.charge.charge_id].append(one)
    for versions in filings.values():
        if len(versions) > 1:
            versions.sort(key=_doubtful_last)
    for charge_id, filed in later.items():
        versions = filings[charge_id]
        for one in sorted(filed, key=lambda f: (f.filed_on, f.filed_by, *_doubtful_last(f))):
            repeated = versions and _same_charge(versions[-1].charge, one.charge)
            if not (one.filed_by == "rebooked" and repeated):
                versions.append(one)
    for versions in filings.values():
        if len(versions) > 1 and any(version.classification.is_serious for version in versions):
            versions[:] = _by_severity_now(versions, classifier)
    return filings


def filed_now(filings: Sequence[Filing]) -> list[Charge]:
    """A charge as it is filed now: all its versions of the last date."""
    last = filings[-1]
    return [
        filing.charge
        for filing in filings
        if filing.filed_on == last.filed_on and (filing.filed_by == "booked") == (last.filed_by == "booked")
    ]


def severity_now(filings: Sequence[Filing]) -> Severity | None:
    """The severity of a charge as it is filed now; None where its versions of one date differ in it."""
    severities = {charge.severity for charge in filed_now(filings)}
    return severities.pop() if len(severities) == 1 else None


def _by_severity_now(versions: Sequence[Filing], classifier: Classifier) -> list[Filing]:
    """Whether a serious offense is a felony depends on how it is charged now, not at the arrest (rule 2)."""
    severity = severity_now(versions)
    return [
        version._replace(classification=classifier.classify(version.charge.charge_id, version.charge, severity))
        for version in versions
    ]


def _doubtful_last(filing: Filing) -> tuple[bool, bool, str, str]:
    """Sorts versions of one date; the last is the current one.

    That is one that a person must look at, if there is any, and a court process only if all are.
    """
    charge_class = filing.classification.charge_class
    doubtful = charge_class in ("unclassified", "other_traffic_serious")
    return doubtful, charge_class != "court_process", content_key(filing.charge), filing.source


def _same_charge(one: Charge, other: Charge) -> bool:
    return (
        normalised(one.scheme, one.code) == normalised(other.scheme, other.code)
        and one.severity == other.severity
        and one.resulted_in_injury == other.resulted_in_injury
    )
