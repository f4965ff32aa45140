"""Look-ups: the criminal history, the class of an offense, the docket, who may rule."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Final

from pydantic import BaseModel
from temporalio import activity
from temporalio.exceptions import ApplicationError

from conviction_gate.contracts.booking import Offense
from conviction_gate.contracts.history import History
from conviction_gate.contracts.internal.activities import (
    CASE_INTERVALS,
    CHECK_DOCKET,
    CHECK_HISTORY,
    CLASSIFY_CHARGE,
    PERMIT_RULINGS,
    RECALL_CASE,
    DocketFound,
    DocketRequest,
    HistoryFound,
    HistoryRequest,
    Intervals,
    OffensesClassified,
    OffensesToClassify,
    RecalledCase,
    RulingsPermitted,
    RulingsToPermit,
)
from conviction_gate.contracts.internal.facts import ClassifiedOffense, OffenseOfRecord
from conviction_gate.contracts.internal.limits import MAX_CARRIED_BYTES
from conviction_gate.contracts.internal.permits import ANYBODY, Permits
from conviction_gate.policy import EDITIONS, classified_on, offenses_of_record
from conviction_gate.policy.catalog import Catalog
from conviction_gate.policy.content import digest
from conviction_gate.registry import Registry
from conviction_gate.sources import Sources

MAX_HISTORY_BYTES: Final = 128 * 1024
"""Bytes of a history, which a case carries for years."""
MAX_DOCKET_BYTES: Final = 400 * 1024
"""Bytes of the messages of one arrest; the server accepts 512 KiB at a time."""


class LookUps:
    """Activities that only read. The workflow retries them until they answer."""

    def __init__(
        self,
        registry: Registry,
        sources: Sources,
        intervals_of: Callable[[str], Intervals],
        catalog_of: Callable[[str], Catalog],
        permits: Permits = ANYBODY,
    ) -> None:
        self._registry = registry
        self._sources = sources
        self._intervals_of = intervals_of
        self._catalog_of = catalog_of
        self._permits = permits

    @activity.defn(name=CASE_INTERVALS)
    async def case_intervals(self, agency: str) -> Intervals:
        """How long a case of this agency waits for each thing."""
        return self._intervals_of(agency)

    @activity.defn(name=CHECK_HISTORY)
    async def check_history(self, request: HistoryRequest) -> HistoryFound:
        """The history under every id, findings of citizenship, the class of each charge, and what the registry
        holds of a case of this id."""
        known = await self._registry.background(request.subjects, request.case_id)
        service, court = self._sources.histories, self._sources.dockets
        history = await service.history(request.subjects) if service else known.history
        offenses = [one for one in request.offenses if not isinstance(one, OffenseOfRecord)]
        named = (*offenses, *offenses_of_record(history))
        classes = self.classified(request.agency, named, request.booked_on)
        if _size_of(history, *classes) > MAX_HISTORY_BYTES:
            # A person reads it instead: a case must come to somebody, however much a source holds.
            entries = sorted(entry.model_dump_json() for entry in (*history.records, *history.priorities))
            history = History(
                us_citizen=history.us_citizen,
                conflicting=history.conflicting,
                too_large=True,
                left_out=digest(entries),
            )
            classes = self.classified(request.agency, offenses, request.booked_on)
        return HistoryFound(
            history=history,
            us_citizen=known.us_citizen,
            placements=classes,
            has_docket=await court.has_docket() if court else known.has_docket,
            intervals=self._intervals_of(request.agency),
            earlier=known.earlier,
            editions=tuple(edition.name for edition in EDITIONS),
        )

    @activity.defn(name=RECALL_CASE)
    async def recall_case(self, case_id: str) -> RecalledCase:
        """A reopened case as it was when it ended, without its history, which is asked for again."""
        kept = await self._registry.recorded_case(case_id)
        if kept is None:
            raise ApplicationError(
                f"the registry no longer has {case_id}; restore it from a backup, and this activity succeeds "
                "at its next attempt",
                type="NotKept",
            )
        facts = kept.facts.model_copy(update={"history": None})
        texts = [facts.model_dump_json()]
        _check_size("the facts of the case", texts, MAX_CARRIED_BYTES)
        return RecalledCase(case=kept.case.within(MAX_CARRIED_BYTES - len(texts[0].encode())), facts=facts)

    @activity.defn(name=CLASSIFY_CHARGE)
    async def classify_charge(self, request: OffensesToClassify) -> OffensesClassified:
        """The class of offenses that were filed after the history was checked."""
        return OffensesClassified(
            placements=self.classified(request.agency, request.offenses, request.booked_on)
        )

    @activity.defn(name=CHECK_DOCKET)
    async def check_docket(self, request: DocketRequest) -> DocketFound:
        """The court's messages for an arrest."""
        court = self._sources.dockets or self._registry
        messages = await court.docket(request.agency, request.tracking_number)
        _check_size("the docket", messages, MAX_DOCKET_BYTES)
        return DocketFound(
            messages=messages,
            asked=await court.has_docket(),
            intervals=self._intervals_of(request.agency),
        )

    @activity.defn(name=PERMIT_RULINGS)
    async def permit_rulings(self, rulings: RulingsToPermit) -> RulingsPermitted:
        """Which of the reviewers may not rule, by the settings of the day on which they ruled."""
        return RulingsPermitted(refused=tuple(filter(self._permits.refusal_to_review, rulings.reviewers)))

    def classified(
        self, agency: str, offenses: Iterable[Offense], booked_on: date | None
    ) -> tuple[ClassifiedOffense, ...]:
        """The class of each offense in the agency's catalog, as the law was on the day of the booking; of those
        of the history, as it was on the days of its entries."""
        catalog = self._catalog_of(agency)
        return tuple(classified_on(catalog, offense, booked_on) for offense in dict.fromkeys(offenses))


def _size_of(*models: BaseModel) -> int:
    return sum(len(model.model_dump_json().encode()) for model in models)


def _check_size(what: str, texts: Sequence[str], most: int) -> None:
    """Raises where an answer is more than a case can carry, since the server would terminate the case."""
    size = sum(len(text.encode()) for text in texts)
    if size > most:
        raise ApplicationError(
            f"{what}: {size} bytes, and a case carries at most {most}; have the source answer with less, and "
            "this activity succeeds at its next attempt",
            type="TooLarge",
        )
