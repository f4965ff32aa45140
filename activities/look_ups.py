"""Look-ups: the criminal history, the class of an offense, the docket, who may rule."""

from collections.abc import Callable, Sequence
from typing import Final

from temporalio import activity
from temporalio.exceptions import ApplicationError

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
        _check_size("the history", [history.model_dump_json()], MAX_HISTORY_BYTES)
        return HistoryFound(
            history=history,
            us_citizen=known.us_citizen,
            placements=self._classified(request),
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
        """The classes of offenses that were named after the history was checked."""
        return OffensesClassified(placements=self._classified(request))

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

    def _classified(self, request: HistoryRequest | OffensesToClassify) -> tuple[ClassifiedOffense, ...]:
        catalog = self._catalog_of(request.agency)
        return tuple(catalog.place(offense, request.booked_on) for offense in request.offenses)


def _check_size(what: str, texts: Sequence[str], most: int) -> None:
    """Raises where an answer is more than a case can carry, since the server would terminate the case."""
    size = sum(len(text.encode()) for text in texts)
    if size > most:
        raise ApplicationError(
            f"{what}: {size} bytes, and a case carries at most {most}; have the source answer with less, and "
            "this activity succeeds at its next attempt",
            type="TooLarge",
        )
