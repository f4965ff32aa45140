"""What a run wrote and the registry lacks, and what an open run does not know, whichever is older."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import pytest

from conviction_gate import policy
from conviction_gate.contracts.booking import Subject
from conviction_gate.contracts.case import CaseResult, CorrectionResult
from conviction_gate.contracts.internal.activities import Corrected, CorrectionRequest, EarlierRecord
from conviction_gate.contracts.internal.facts import Reopening
from conviction_gate.contracts.signals import typed
from conviction_gate.registry import CaseSummary, RecordedCase, Registry
from conviction_gate.restore.comparison import is_missing, knows
from conviction_gate.restore.reconciliation import write_again
from conviction_gate.restore.run_history import Cleared, Flagged, Judged, RunSummary, Written
from tests.support.conclusions import (
    AGENCY,
    CASE_ID,
    CITIZEN,
    LATER,
    NOON,
    booking,
    cleared,
    conclusion,
    flagged,
    withdrawal,
)


def after(days: int) -> datetime:
    return LATER + timedelta(days=days)


def reopening(days: int) -> Reopening:
    return Reopening(by="clerk-7", reason="refiled", reopened_at=after(days))


STORIES: dict[str, Sequence[Written]] = {
    "reopened and flagged": (Cleared(cleared()), reopening(1), Flagged(flagged(at=after(2)))),
    "cleared, reopened and cleared": (
        Cleared(cleared()),
        reopening(1),
        Cleared(cleared(at=after(2))),
        reopening(3),
        Flagged(flagged(at=after(4))),
    ),
    "its flag fell and it went on": (
        Flagged(flagged()),
        withdrawal("defer.traffic_only"),
        Flagged(flagged(number=2, at=after(1))),
    ),
    "its flag fell and it went on to no flag": (
        Flagged(flagged()),
        withdrawal("defer.traffic_only"),
        Cleared(cleared(number=2, at=after(1))),
        reopening(2),
    ),
    "its flag fell at the end": (Flagged(flagged()), withdrawal(), reopening(1)),
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
async def test_a_registry_lacks_what_was_written_after_its_backup_and_only_that(
    story: Sequence[Written], url: str
) -> None:
    async with await Registry.open(url) as registry:
        for backup in range(len(story) + 1):
            summary = (await registry.case_summaries([CASE_ID])).get(CASE_ID)
            for written in range(len(story) + 1):
                lacking = [number for number, it in enumerate(story[:written]) if is_missing(summary, it)]
                assert lacking[:1] == ([backup] if written > backup else []), (backup, written)
            if backup < len(story):
                assert await write_again(registry, CASE_ID, story[backup]) is None
        before = await registry.flags()
        for written in story:  # each of them once more, where nothing is lacking, changes no flag
            if not isinstance(written, Cleared):
                await write_again(registry, CASE_ID, written)
        assert await registry.flags() == before


async def test_a_lost_flag_is_written_again_whatever_was_found_since(
    url: str,
) -> None:
    async with await Registry.open(url) as registry:
        await registry.clear(conclusion("cleared", "clear.us_citizen", CITIZEN, case="T-2"))
        assert (await registry.background([Subject(fbi_number="F-1")], CASE_ID)).us_citizen
        assert (await registry.flag(flagged())).us_citizen
        assert await write_again(registry, CASE_ID, Flagged(flagged())) is None
        assert [flag.status for flag in await registry.flags()] == ["active"]


@pytest.mark.parametrize(("outcome", "status"), [("withdrawn", "withdrawn"), ("unchanged", "active")])
async def test_what_was_judged_with_a_catalog_that_is_not_asked_again_stays_as_it_was_judged(
    outcome: Literal["withdrawn", "unchanged"], status: str, url: str
) -> None:
    mended = {
        **typed(booking()),
        "message_id": "b-2",
        "charges": [{"charge_id": "1", "scheme": "X", "code": "1"}],
    }
    payload = {
        "agency": AGENCY,
        "tracking_number": "T-1",
        "type": "correction",
        "message_id": "k-1",
        "corrects": "b-T-1",
        "ground": "clerical_error",
        "corrected_on": "2014-01-09",
        "replacement": mended,
    }
    asked = CorrectionRequest(
        correction_id="k", case_id=CASE_ID, payload=json.dumps(payload), received_at=after(1)
    )
    result = CorrectionResult(outcome=outcome, explanation="as it was judged")
    reopened = "a booking" if outcome == "withdrawn" else None
    async with await Registry.open(url) as registry:
        await registry.flag(flagged())
        judged = Judged(asked, Corrected(result=result, reopened=reopened))
        assert await write_again(registry, CASE_ID, judged) is None
        assert [flag.status for flag in await registry.flags()] == [status]
        (kept,) = await registry.corrections(CASE_ID)
        assert (kept.outcome, kept.explanation) == (outcome, "as it was judged")
        summary = (await registry.case_summaries([CASE_ID]))[CASE_ID]
        assert summary.closed is (outcome == "unchanged")
        case = await registry.recorded_case(CASE_ID)
        assert case is not None
        assert [one.message_id for one in case.facts.corrections] == ["k-1"]


async def test_a_reopening_is_on_record_as_the_case_tells_it(url: str) -> None:
    async with await Registry.open(url) as registry:
        await registry.clear(cleared())
        reopened = await registry.reopen(CASE_ID, reopening(1), policy.reopen)
        assert isinstance(reopened, RecordedCase)
        summary = (await registry.case_summaries([CASE_ID]))[CASE_ID]
        assert not any(is_missing(summary, one) for one in reopened.facts.reopenings)
        assert await write_again(registry, CASE_ID, reopened.facts.reopenings[0]) is None
        assert (await registry.case_summaries([CASE_ID]))[CASE_ID] == summary


async def test_a_reopening_that_does_not_fit_says_why(url: str) -> None:
    async with await Registry.open(url) as registry:
        await registry.flag(flagged())
        assert "its flag stands" in str(await write_again(registry, CASE_ID, reopening(1)))


ENDED = CaseSummary(case_id=CASE_ID, closed=True, outcome="flagged", decided_at=NOON, flags={1: "active"})
REOPENED = CaseSummary(
    case_id=CASE_ID, closed=False, outcome="cleared", decided_at=NOON, reopened={after(1): NOON}
)


@pytest.mark.parametrize(
    "written", [Flagged(flagged(number=2, at=after(1))), Cleared(cleared(number=2, at=after(1)))]
)
def test_an_end_after_a_correction_is_missing_while_the_flag_before_it_stands(written: Written) -> None:
    assert is_missing(ENDED, written)


def summary(**fields: Any) -> RunSummary:
    """Of a run that has begun."""
    return RunSummary(first_task=4, **fields)


WAITS = summary(asks=True, earlier=EarlierRecord())
RESULT: CaseResult = flagged().result


@pytest.mark.parametrize(
    ("run", "summary", "known"),
    [
        (WAITS, ENDED, False),
        (summary(), ENDED, False),  # it waits for its booking, and would ask then
        (RunSummary(is_due=True), ENDED, True),  # it begins, and asks
        (summary(is_due=True, was_asked=True, continues="run"), ENDED, False),
        (summary(asks=True), ENDED, True),
        (summary(asks=True, earlier=EarlierRecord(outcome=RESULT)), ENDED, True),
        (summary(asks=True, earlier=EarlierRecord(), decided={NOON}), ENDED, True),
        (summary(asks=True, earlier=EarlierRecord(), is_writing=True), ENDED, True),
        (WAITS, REOPENED, False),
        (summary(asks=True, earlier=EarlierRecord(is_open=True)), REOPENED, True),  # it recalls
        (
            RunSummary(
                first_task=4, asks=True, earlier=EarlierRecord(is_open=True), recalled=True, reopened={after(1)}
            ),
            REOPENED,
            True,
        ),
        (summary(continues="run", was_asked=True, reopened={after(1)}), REOPENED, True),
        (summary(continues="run", was_asked=True), REOPENED, False),
        (summary(continues="run", was_asked=True), ENDED, False),
    ],
)
def test_what_an_open_run_knows(run: RunSummary, summary: CaseSummary, known: bool) -> None:
    assert knows(run, summary) is known
