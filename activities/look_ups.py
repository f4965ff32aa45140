"""Looking things up: the criminal history, the class of an offense, the docket."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from temporalio import activity
from temporalio.exceptions import ApplicationError

from conviction_gate.contracts.booking import Subject
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
from conviction_gate.contracts.internal.facts import ClassifiedOffense
from conviction_gate.contracts.internal.limits import MAX_CARRIED_BYTES
from conviction_gate.contracts.internal.permits import ANYBODY, Permits
from conviction_gate.policy import EDITIONS
from conviction_gate.policy.catalog import Catalog
from conviction_gate.registry import Background, RecordedCase
from conviction_gate.sources import DocketSource, Sources

MAX_HISTORY_BYTES: Final = 128 * 1024
"""Bytes of a history; a case carries it as long as it lives."""
MAX_DOCKET_BYTES: Final = 400 * 1024
"""Bytes of what a court holds of one arrest; the server takes half a megabyte at a time."""


class Records(DocketSource, Protocol):
    """What was imported, and what earlier cases left behind; the registry is one."""

    async def background(self, subjects: Sequence[Subject], case_id: str) -> Background: ...
    async def recorded_case(self, case_id: str) -> RecordedCase | None: ...


class LookUps:
    """Reads only; an answer that does not come is asked for again, for as long as it takes."""

    def __init__(
        self,
        records: Records,
        sources: Sources,
        intervals_of: Callable[[str], Intervals],
        catalog_of: Callable[[str], Catalog],
        permits: Permits = ANYBODY,
    ) -> None:
        self._records = records
        self._sources = sources
        self._intervals_of = intervals_of
        self._catalog_of = catalog_of
        self._permits = permits

    @activity.defn(name=CASE_INTERVALS)
    async def case_intervals(self, agency: str) -> Intervals:
        """How long a case of this agency waits before it looks up again."""
        return self._intervals_of(agency)

    @activity.defn(name=CHECK_HISTORY)
    async def check_history(self, request: HistoryRequest) -> HistoryFound:
        """The history under every id, standing findings, the class of each charge as of today,
        and what the registry remembers of a case of this id."""
        known = await self._records.background(request.subjects, request.case_id)
        service, court = self._sources.histories, self._sources.dockets
        history = await service.history(request.subjects) if service else known.history
        _hold("the history", [history.model_dump_json()], MAX_HISTORY_BYTES)
        return HistoryFound(
            history=history,
            us_citizen=known.us_citizen,
            placements=self._placed(request),
            has_docket=await court.has_docket() if court else known.has_docket,
            intervals=self._intervals_of(request.agency),
            earlier=known.earlier,
            editions=tuple(edition.name for edition in EDITIONS),
        )

    @activity.defn(name=RECALL_CASE)
    async def recall_case(self, case_id: str) -> RecalledCase:
        """What a case was made of before it was opened again; its history is asked for anew."""
        kept = await self._records.recorded_case(case_id)
        if kept is None:
            raise ApplicationError(
                f"the registry has no record of {case_id} any more; bring it back from a backup, the "
                "question is asked again by itself",
                type="NotKept",
            )
        facts = kept.facts.model_copy(update={"history": None})
        texts = [facts.model_dump_json()]
        _hold("what the case was made of", texts, MAX_CARRIED_BYTES)
        return RecalledCase(case=kept.case.within(MAX_CARRIED_BYTES - len(texts[0].encode())), facts=facts)

    @activity.defn(name=CLASSIFY_CHARGE)
    async def classify_charge(self, request: OffensesToClassify) -> OffensesClassified:
        """The class of offenses that were filed after the history was checked."""
        return OffensesClassified(placements=self._placed(request))

    @activity.defn(name=CHECK_DOCKET)
    async def check_docket(self, request: DocketRequest) -> DocketFound:
        """The messages that the court holds for an arrest."""
        court = self._sources.dockets or self._records
        messages = await court.docket(request.agency, request.tracking_number)
        _hold("the docket", messages, MAX_DOCKET_BYTES)
        return DocketFound(
            messages=messages,
            asked=await court.has_docket(),
            intervals=self._intervals_of(request.agency),
        )

    @activity.defn(name=PERMIT_RULINGS)
    async def permit_rulings(self, rulings: RulingsToPermit) -> RulingsPermitted:
        """Which of the reviewers may not rule, as it is set on the day of their rulings."""
        return RulingsPermitted(refused=tuple(filter(self._permits.refusal_to_review, rulings.reviewers)))

    def _placed(self, request: HistoryRequest | OffensesToClassify) -> tuple[ClassifiedOffense, ...]:
        catalog = self._catalog_of(request.agency)
        return tuple(catalog.place(offense, request.booked_on) for offense in request.offenses)


def _hold(what: str, texts: Sequence[str], most: int) -> None:
    """Raises where an answer is more than a case carries: the server would end the case over it."""
    size = sum(len(text.encode()) for text in texts)
    if size > most:
        raise ApplicationError(
            f"{what} holds {size} bytes and a case carries at most {most}; have the source answer with "
            "less, the question is asked again by itself",
            type="TooLarge",
        )
