"""The registry as the rest of Conviction Gate uses it: each method is one transaction."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from conviction_gate.contracts.booking import Subject
from conviction_gate.contracts.case import CaseResult, Flag
from conviction_gate.contracts.history import HistoryAnswer
from conviction_gate.contracts.internal.activities import (
    Concluded,
    Conclusion,
    Corrected,
    CorrectionRequest,
    Withdrawal,
)
from conviction_gate.contracts.internal.facts import Reopening
from conviction_gate.contracts.internal.refusal import RefusalReason
from conviction_gate.registry import (
    cases,
    corrections,
    docket,
    flag_list,
    history,
    reopenings,
    schema,
    summaries,
)
from conviction_gate.registry.database import Database
from conviction_gate.registry.entries import (
    Background,
    CaseSummary,
    DocketEntry,
    Judge,
    RecordedCase,
    RecordedCodes,
    RecordedCorrection,
    Reopen,
)
from conviction_gate.registry.flag_list import FlagFilter, FlagPage


class Registry:
    """The project's own database. Open it once in a process, and close it or use it as a context manager.

    Every method may be called again with the same arguments and by several processes at once, and
    raises `RegistryError` where the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    async def open(cls, url: str) -> Self:
        """Open the database at a SQLAlchemy URL: `sqlite:///…` or `postgresql+asyncpg://…`.

        Raises:
            RegistryError: it cannot be reached, or its schema is not this release's.
        """
        database = Database(url)
        try:
            await schema.check(database)
        except BaseException:
            await database.close()
            raise
        return cls(database)

    @property
    def place(self) -> str:
        """The address without its password, for messages."""
        return self._database.place

    async def check(self) -> None:
        """Raises `RegistryError` where it cannot be reached, or its schema is not this release's."""
        await schema.check(self._database)

    async def check_writes(self) -> None:
        """Raises `RegistryError` where it takes no writes: its disk may be full, or the file read-only."""
        await schema.check_writes(self._database)

    async def close(self) -> None:
        """Close all connections; the registry cannot be used afterwards."""
        await self._database.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def background(self, subjects: Sequence[Subject], case_id: str) -> Background:
        """All that a case needs when its run starts, from one snapshot.

        `history`: under every id of these subjects. No row is a clean history; it is `conflicting` where the
        ids lead to different rows. `us_citizen`: a finding of any case, or a history row, says so.
        """
        return await self._database.read(lambda s: cases.background(s, subjects, case_id))

    # What was imported -------------------------------------------------------------------------

    async def import_history(self, answers: Iterable[HistoryAnswer]) -> int:
        """Store history rows, all or none; the same set of ids again replaces. Returns how many."""
        given = [*answers]
        return await self._database.write(lambda s: history.import_history(s, given))

    async def history_size(self) -> int:
        """How many sets of ids have a history row."""
        return await self._database.read(history.size)

    async def import_docket(self, entries: Iterable[DocketEntry]) -> int:
        """Store docket entries, all or none; the same case, sender and message id replaces."""
        given = [*entries]
        return await self._database.write(lambda s: docket.import_docket(s, given))

    async def docket(self, agency: str, tracking_number: str) -> tuple[str, ...]:
        """The court's messages of one case, each a JSON text with its `type`."""
        return await self._database.read(lambda s: docket.docket(s, agency, tracking_number))

    async def has_docket(self) -> bool:
        """Whether any docket entry was imported."""
        return await self._database.read(docket.has_docket)

    # Outcomes of cases -------------------------------------------------------------------------

    async def outcome(self, case_id: str) -> CaseResult | None:
        """How the case ended.

        None where it has not, also after `withdraw` where the case goes on, until `flag` or `clear` ends it.
        `withdrawn` where its flag was withdrawn and nothing is left to wait for.
        """
        return await self._database.read(lambda s: cases.outcome(s, case_id))

    async def recorded_case(self, case_id: str) -> RecordedCase | None:
        """The case as it was last written, corrections included; None where nothing was."""
        return await self._database.read(lambda s: cases.recorded_case(s, case_id))

    async def reopen(self, case_id: str, reopening: Reopening, rule: Reopen) -> RecordedCase | RefusalReason:
        """Reopen an ended case; its end stays on record. One that is open already stays open, and the
        reopening is on record too.

        Returns the case as it is then; or, where it stays closed, why.
        """
        return await self._database.write(lambda s: reopenings.reopen(s, case_id, reopening, rule))

    async def flag(self, conclusion: Conclusion, *, check_citizenship: bool = True) -> Concluded:
        """Write an active flag, unless an outcome is on record, which is returned then.

        Writes nothing and returns `us_citizen` where one of the ids of the bookings is a known citizen's.
        `check_citizenship` false: not checked, for a flag that was written before, and lost by a restore.
        """
        return await self._database.write(
            lambda s: cases.flag(s, conclusion, check_citizenship=check_citizenship)
        )

    async def clear(self, conclusion: Conclusion) -> Concluded:
        """Write the end without a flag, unless an outcome is on record, which is returned then.

        A finding of US citizenship that decided the case is stored under every id of its bookings.
        """
        return await self._database.write(lambda s: cases.clear(s, conclusion))

    async def withdraw(self, withdrawal: Withdrawal) -> Concluded:
        """Withdraw the case's flag of that number, and store the case as it is now.

        Returns a result with the outcome `withdrawn`; null where the case is not on record.
        """
        return await self._database.write(lambda s: cases.withdraw(s, withdrawal))

    async def correct(self, request: CorrectionRequest, judge: Judge) -> Corrected:
        """Judge what came after the end, and withdraw the flag where the judge says so.

        The same `correction_id` again gets the same answer. What does not fit, and what names no
        case on record, changes nothing; its payload is kept like any other. Without a result where the case is
        open again: nothing is kept, since its run has to take the message.
        """
        return await self._database.write(lambda s: corrections.correct(s, request, judge))

    async def corrections(self, case_id: str | None) -> tuple[RecordedCorrection, ...]:
        """Messages after the end of this case, or those that named no case (None), by time of arrival."""
        return await self._database.read(lambda s: corrections.corrections(s, case_id))

    async def flags(self) -> tuple[Flag, ...]:
        """Every flag, withdrawn ones included, by `flagged_at`."""
        return await self._database.read(cases.flags)

    async def flags_page(
        self, wanted: FlagFilter, size: int, after: tuple[datetime, int] | None = None
    ) -> FlagPage:
        """At most so many of the flags that are wanted, by `flagged_at`, from where the page before ended."""
        return await self._database.read(lambda s: flag_list.flags_page(s, wanted, size, after))

    async def flagged_cases(self, subjects: Sequence[Subject]) -> tuple[str, ...]:
        """Ids of the cases with an active flag whose bookings name any id of these subjects."""
        return await self._database.read(lambda s: cases.flagged_cases(s, subjects))

    # Many at a time ----------------------------------------------------------------------------

    async def case_summaries(self, case_ids: Collection[str]) -> dict[str, CaseSummary]:
        """What a comparison needs of each of these cases that is on record, by id."""
        return await self._database.read(lambda s: summaries.case_summaries(s, case_ids))

    async def ids_decided_since(self, since: datetime, after: str, most: int) -> list[str]:
        """Ids, at most so many and in order after `after`, of cases without an end or decided since then."""
        return await self._database.read(lambda s: summaries.ids_decided_since(s, since, after, most))

    async def recorded_codes(self, after: str, most: int) -> list[RecordedCodes]:
        """The offense codes of cases, at most so many and by id in order after `after`."""
        return await self._database.read(lambda s: summaries.recorded_codes(s, after, most))

    async def recorded_corrections(self, ids: Collection[str]) -> set[str]:
        """Those of these corrections that are on record."""
        return await self._database.read(lambda s: summaries.recorded_corrections(s, ids))
