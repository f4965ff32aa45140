"""A person reopens an ended case: it goes on, and its end is kept."""

from conviction_gate.contracts.case import CaseResult
from conviction_gate.contracts.internal.activities import (
    EarlierRecord,
)
from conviction_gate.contracts.internal.facts import Facts, Reopening
from conviction_gate.contracts.internal.refusal import RefusalReason
from conviction_gate.registry import (
    RecordedCase,
    Registry,
)
from tests.support.conclusions import (
    CASE_ID,
    CITIZEN,
    LATER,
    cleared,
    flagged,
    sql,
)
from tests.support.corrections import FakeJudge, request


async def reopened(registry: Registry, reason: str = "refiled") -> RecordedCase | RefusalReason:
    def rule(facts: Facts, result: CaseResult, reopening: Reopening, ended: bool) -> Facts:
        return facts.model_copy(update={"reopenings": (*facts.reopenings, reopening)})

    reopening = Reopening(by="clerk-7", reason=reason, reopened_at=LATER)
    return await registry.reopen(CASE_ID, reopening, rule)


async def test_a_case_that_is_reopened_goes_on_and_keeps_its_end(registry: Registry, url: str) -> None:
    ended = await registry.clear(cleared())
    kept = await reopened(registry)
    assert isinstance(kept, RecordedCase)
    assert [again.by for again in kept.facts.reopenings] == ["clerk-7"]
    assert await registry.outcome(CASE_ID) is None
    assert (await registry.background([], CASE_ID)).earlier == EarlierRecord(is_open=True)
    assert await sql(url, "SELECT case_id, number, reopened_by, reason FROM reopenings") == [
        (CASE_ID, 1, "clerk-7", "refiled")
    ]
    ((result,),) = await sql(url, "SELECT result FROM reopenings")
    assert CaseResult.model_validate_json(result) == ended.result


async def test_each_reopening_is_on_record(registry: Registry, url: str) -> None:
    await registry.clear(cleared())
    first = await reopened(registry)
    second = await reopened(registry, "its run was lost")
    assert isinstance(first, RecordedCase)
    assert isinstance(second, RecordedCase)
    assert (first.closed, second.closed) == (False, False)
    assert [again.reason for again in second.facts.reopenings] == ["refiled", "its run was lost"]
    assert await sql(url, "SELECT number, reason FROM reopenings ORDER BY number") == [
        (1, "refiled"),
        (2, "its run was lost"),
    ]


async def test_what_comes_for_a_case_that_is_open_again_is_its_runs_to_take(registry: Registry) -> None:
    await registry.clear(cleared())
    await reopened(registry)
    before = await registry.recorded_case(CASE_ID)
    assert (await registry.correct(request(CITIZEN), FakeJudge())).result is None
    assert await registry.recorded_case(CASE_ID) == before
    assert await registry.corrections(CASE_ID) == ()
    await registry.clear(cleared(at=LATER))
    assert (await registry.correct(request(CITIZEN), FakeJudge())).result is not None


async def test_a_reopened_case_may_be_flagged_or_cleared_anew(registry: Registry, url: str) -> None:
    await registry.clear(cleared())
    await reopened(registry)
    assert (await registry.clear(cleared(at=LATER))).result == cleared(at=LATER).result
    await reopened(registry, "once more")
    written = await registry.flag(flagged(at=LATER))
    assert written.result is not None
    assert written.result.outcome == "flagged"
    assert [flag.status for flag in await registry.flags()] == ["active"]
    assert (await registry.background([], CASE_ID)).earlier == EarlierRecord(outcome=written.result, flags=1)
    assert await sql(url, "SELECT number, reason FROM reopenings ORDER BY number") == [
        (1, "refiled"),
        (2, "once more"),
    ]


async def test_a_case_stays_closed_where_the_rules_say_so(registry: Registry, url: str) -> None:
    ended = await registry.flag(flagged())
    refused = RefusalReason("its flag stands")
    reopening = Reopening(by="c", reason="r", reopened_at=LATER)
    assert await registry.reopen(CASE_ID, reopening, lambda *_: refused) == refused
    assert await registry.outcome(CASE_ID) == ended.result
    assert await sql(url, "SELECT * FROM reopenings") == []


async def test_what_never_ended_is_not_reopened(registry: Registry) -> None:
    assert await reopened(registry) == "the registry has no end of it"
    assert (await registry.background([], CASE_ID)).earlier == EarlierRecord()
