"""The class of an offense on a charge: the catalog's, then the injury's, then a person's."""

from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple

from conviction_gate.contracts.booking import Charge, Offense
from conviction_gate.contracts.fields import ChargeClass, Severity
from conviction_gate.contracts.internal.facts import CatalogSeverity, ClassifiedOffense, OffenseOfRecord
from conviction_gate.policy.catalog import Catalog, normalised
from conviction_gate.policy.counting import Answers

IN_SCOPE: frozenset[ChargeClass] = frozenset({"minor_traffic", "reckless_no_injury"})
EXCLUDED: frozenset[ChargeClass] = frozenset({"dui", "hit_and_run", "reckless_injury"})


class OffenseClassification(NamedTuple):
    """The class of an offense on a charge.

    `severity`: the catalog's; the reported one only where the catalog leaves it open. `injury`: one was
    reported. `ruled_excluded`: a person ruled a serious one out of scope. `ruled_by`: ids of the rulings
    that made it so.
    """

    charge_class: ChargeClass
    severity: CatalogSeverity | None
    offense: Offense
    injury: bool
    ruled_excluded: bool = False
    ruled_by: tuple[str, ...] = ()

    @property
    def is_serious(self) -> bool:
        """Whether it is an offense of which the severity says whether the policy leaves it out."""
        return self.charge_class == "other_traffic_serious"

    @property
    def is_excluded(self) -> bool:
        """Whether the policy leaves it out: by its class, as a serious felony, or by a person's ruling."""
        if self.charge_class in EXCLUDED:
            return True
        return self.is_serious and (self.ruled_excluded or self.severity == "felony")

    @property
    def about(self) -> str:
        """What a question about this class is about."""
        injury = " with injury" if self.injury else ""
        offense = " ".join(normalised(self.offense.scheme, self.offense.code))
        return f"{offense}{injury} as {self.charge_class}"


def classified_on(catalog: Catalog, offense: Offense, booked_on: date | None) -> ClassifiedOffense:
    """Where a catalog places an offense on the day of the booking; one of the history, on the days of
    its entries.

    Where the law changed between two entries of one code, the class counts that leaves the record to a person.
    """
    if not isinstance(offense, OffenseOfRecord):
        return catalog.place(offense, booked_on)
    found = [catalog.place(offense, day or booked_on) for day in offense.days]
    first = min(found, key=lambda one: _RANK_ON_RECORD.get(one.charge_class, len(_RANK_ON_RECORD)))
    return first.model_copy(update={"of_record": True})


def key_of(offense: Offense) -> tuple[str, str, bool]:
    """What an offense is looked up by: one of the history is classified apart from the same one of a charge."""
    if isinstance(offense, ClassifiedOffense):
        return offense.scheme, offense.code, offense.of_record
    return offense.scheme, offense.code, isinstance(offense, OffenseOfRecord)


_RANK_ON_RECORD: Final[dict[ChargeClass, int]] = {
    "minor_traffic": 0,
    "reckless_no_injury": 1,
    "court_process": 2,
    "unclassified": 3,
}


class Classifier:
    """Classifies offenses by what the catalog said when they were looked up, and by rulings since."""

    def __init__(self, looked_up: Iterable[ClassifiedOffense], answers: Answers) -> None:
        self._looked_up = {key_of(offense): offense for offense in looked_up}
        self._answers = answers

    def classify(
        self, charge_id: str, offense: Offense, severity: Severity | None, *, injury: bool = False
    ) -> OffenseClassification:
        """The class of an offense on a charge. `severity` counts where the catalog leaves it open.

        A ruling holds for the offense as it was asked about: an injury reported since asks again, and
        a serious felony was never a question.
        """
        known = self._looked_up.get((offense.scheme, offense.code, False))
        charge_class: ChargeClass = known.charge_class if known else "unclassified"
        in_catalog = known.severity if known else None
        if isinstance(offense, Charge):
            injury = injury or offense.resulted_in_injury is True
        weight = severity if in_catalog in (None, "wobbler") else in_catalog
        if charge_class == "reckless_no_injury" and injury:
            charge_class = "reckless_injury"
        found = OffenseClassification(charge_class, weight, offense, injury)
        if not self._answers:
            return found
        seen: set[ChargeClass] = set()
        while True:
            ruling = self._answers.get((charge_id, found.about))
            felony = found.charge_class == "other_traffic_serious" and weight == "felony"
            if ruling is None or felony or found.charge_class in seen:
                break
            seen.add(found.charge_class)
            found = found._replace(ruled_by=(*found.ruled_by, ruling.decision.message_id))
            ruled: ChargeClass = ruling.decision.ruling  # type: ignore[assignment]
            if ruled == found.charge_class:
                return found._replace(ruled_excluded=True)
            found = found._replace(charge_class=ruled)
        return found

    def class_by_law(self, scheme: str, code: str, *, of_record: bool = False) -> ChargeClass | None:
        """What the catalog says of an offense, whatever a person ruled a charge of it to be.

        None where it has not been looked up. `of_record`: on the days of the history's entries.
        """
        known = self._looked_up.get((scheme, code, of_record))
        return known.charge_class if known else None

    def severity_of(self, offenses: Iterable[Offense]) -> Severity | None:
        """The catalog's severity of these offenses; None where it has none, a wobbler, or two of them."""
        found = {self._looked_up.get((offense.scheme, offense.code, False)) for offense in offenses}
        severities = {offense.severity if offense else None for offense in found}
        severity = severities.pop() if len(severities) == 1 else None
        return None if severity == "wobbler" else severity
