"""Looking things up: the criminal history, the class of an offense, the docket."""

from collections.abc import Sequence
from typing import Protocol

from temporalio import activity

from contracts.booking import Subject
from contracts.case import CaseResult
from contracts.history import History
from contracts.work import (
    CASE_INTERVALS,
    CHECK_DOCKET,
    CHECK_HISTORY,
    CLASSIFY_CHARGE,
    DocketFound,
    DocketRequest,
    HistoryFound,
    HistoryRequest,
    Intervals,
    OffensesPlaced,
    OffensesToPlace,
)
from policy.catalog import place


class Source(Protocol):
    """What the look-ups ask; the registry is one."""

    async def history(self, subjects: Sequence[Subject]) -> History: ...
    async def is_us_citizen(self, subjects: Sequence[Subject]) -> bool: ...
    async def outcome(self, case_id: str) -> CaseResult | None: ...
    async def has_docket(self) -> bool: ...
    async def docket(self, agency: str, tracking_number: str) -> tuple[str, ...]: ...


class LookUps:
    """Reads only; an answer that does not come is asked for again, for as long as it takes."""

    def __init__(self, source: Source, intervals: Intervals) -> None:
        self._source = source
        self._intervals = intervals

    @activity.defn(name=CASE_INTERVALS)
    async def case_intervals(self, agency: str) -> Intervals:
        """How long a case of this agency waits before it looks up again."""
        return self._intervals

    @activity.defn(name=CHECK_HISTORY)
    async def check_history(self, request: HistoryRequest) -> HistoryFound:
        """The history under every id, standing findings, the class of each charge as of today,
        and how the case ended before, if the registry remembers it."""
        return HistoryFound(
            history=await self._source.history(request.subjects),
            us_citizen=await self._source.is_us_citizen(request.subjects),
            placements=tuple(place(offense) for offense in request.offenses),
            has_docket=await self._source.has_docket(),
            intervals=self._intervals,
            outcome=await self._source.outcome(request.case_id),
        )

    @activity.defn(name=CLASSIFY_CHARGE)
    async def classify_charge(self, request: OffensesToPlace) -> OffensesPlaced:
        """The class of offenses that were filed after the history was checked."""
        return OffensesPlaced(placements=tuple(place(offense) for offense in request.offenses))

    @activity.defn(name=CHECK_DOCKET)
    async def check_docket(self, request: DocketRequest) -> DocketFound:
        """The messages that the court holds for an arrest."""
        messages = await self._source.docket(request.agency, request.tracking_number)
        return DocketFound(messages=messages, asked=await self._source.has_docket())
