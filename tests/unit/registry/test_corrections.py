"""What comes after the end of a case is judged once, and withdraws a flag without a ground."""

import asyncio
from datetime import date

import pytest

from conviction_gate.contracts.case import CaseResult
from conviction_gate.contracts.court import Conviction, Correction
from conviction_gate.contracts.internal.activities import (
    CorrectionRequest,
    EarlierRecord,
    Judgement,
)
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.reading import DoesNotFit
from conviction_gate.registry import (
    Registry,
)
from tests.support.conclusions import (
    AGENCY,
    CASE_ID,
    CITIZEN,
    CONVICTION,
    LATER,
    VACATED,
    booking,
    cleared,
    flagged,
    sql,
)
from tests.support.corrections import FakeJudge, corrected, request


async def test_a_correction_withdraws_the_flag(registry: Registry, url: str) -> None:
    await registry.flag(flagged())
    asked = request(VACATED)
    answer = await corrected(registry, asked, FakeJudge())
    assert (answer.outcome, answer.explanation) == ("withdrawn", "the reason no longer holds")
    (flag,) = await registry.flags()
    assert (flag.status, flag.withdrawn_at) == ("withdrawn", LATER)
    assert flag.withdrawn_reason == "the reason no longer holds"
    assert await sql(url, "SELECT withdrawn_by, lift_code FROM flags") == [(asked.correction_id, "L")]
    ended = await registry.outcome(CASE_ID)
    assert ended is not None
    assert (ended.outcome, ended.rule) == ("withdrawn", "flag.convicted")
    (kept,) = await registry.corrections(CASE_ID)
    assert (kept.correction_id, kept.payload) == (asked.correction_id, asked.payload)
    assert (kept.received_at, kept.outcome) == (LATER, "withdrawn")


async def test_a_case_with_something_left_to_wait_for_is_open_again(registry: Registry) -> None:
    await registry.flag(flagged())
    asked = request(VACATED)
    for _ in range(2):  # whoever lost the answer asks again, and still has to start the case
        answer = await registry.correct(asked, FakeJudge(reopens=True))
        assert answer.result is not None
        assert answer.reopened == booking().model_dump_json()
    assert await registry.outcome(CASE_ID) is None
    assert (await registry.background([], CASE_ID)).earlier == EarlierRecord(is_open=True, flags=1)
    again = flagged(number=2, at=LATER)
    assert (await registry.flag(again)).result == again.result
    assert [flag.status for flag in await registry.flags()] == ["withdrawn", "active"]
    assert (await registry.correct(asked, FakeJudge())).reopened is None


async def test_whoever_takes_the_id_of_a_correction_first_stops_no_other(registry: Registry) -> None:
    await registry.flag(flagged())
    theirs = request(VACATED.model_copy(update={"decided_on": date(2013, 9, 9)}))
    await registry.correct(theirs, FakeJudge(needs=9))
    answer = await corrected(registry, request(VACATED), FakeJudge())
    assert answer.outcome == "unchanged"
    assert "send it under a new one" in answer.explanation


async def test_what_was_corrected_is_not_flagged_again(registry: Registry) -> None:
    await registry.flag(flagged())
    await registry.correct(request(VACATED), FakeJudge())
    ended = await registry.outcome(CASE_ID)
    for number in (1, 2):
        assert (await registry.flag(flagged(number=number))).result == ended
    assert (await registry.clear(cleared())).result == ended


async def test_a_correction_is_judged_once(registry: Registry, other: Registry) -> None:
    await registry.flag(flagged())
    judge = FakeJudge(needs=2)
    answers = await asyncio.gather(
        *(corrected(r, request(VACATED), judge) for r in (registry, other) for _ in range(3))
    )
    assert {answer.outcome for answer in answers} == {"unchanged"}
    assert len(judge.seen) == 1
    kept = await registry.recorded_case(CASE_ID)
    assert kept is not None
    assert kept.facts.dismissals == (VACATED,)
    assert len(await registry.corrections(CASE_ID)) == 1


async def test_a_second_correction_sees_the_first(registry: Registry) -> None:
    await registry.flag(flagged())
    judge = FakeJudge(needs=2)
    second = Correction(
        message_id="k-2", corrects="c-1", ground="clerical_error", corrected_on=date(2013, 9, 2)
    )
    first = await corrected(registry, request(VACATED), judge)
    then = await corrected(registry, request(second), judge)
    third = await corrected(registry, request(CITIZEN), judge)
    assert [a.outcome for a in (first, then, third)] == ["unchanged", "withdrawn", "unchanged"]
    assert judge.seen[1][0].dismissals == (VACATED,)
    assert judge.seen[2][1].outcome == "withdrawn"
    kept = await registry.recorded_case(CASE_ID)
    assert kept is not None
    assert [shown.message_id for shown in kept.case.messages] == ["d-1", "k-2", "f-1"]
    assert kept.case.messages_total == 3


async def test_corrections_come_in_one_order(registry: Registry) -> None:
    ids = ["A", "_", "a", "b", "é"]
    for message_id in reversed(ids):
        await registry.correct(request(VACATED.model_copy(update={"message_id": message_id})), FakeJudge())
    kept = await registry.corrections(CASE_ID)
    assert [correction.correction_id.rpartition(":")[2] for correction in kept] == ids


async def test_a_clearance_is_not_changed_by_a_correction(registry: Registry) -> None:
    ended = await registry.clear(cleared())
    assert (await corrected(registry, request(VACATED), FakeJudge())).outcome == "unchanged"
    assert await registry.outcome(CASE_ID) == ended.result
    assert await registry.flags() == ()


async def test_a_judge_that_withdraws_without_a_flag_changes_nothing(registry: Registry) -> None:
    await registry.clear(cleared())

    def withdraws(facts: Facts, result: CaseResult, message: Message) -> Judgement:
        return Judgement(True, False, "always", "L", facts)

    answer = await corrected(registry, request(VACATED), withdraws)
    assert (answer.outcome, answer.explanation) == ("unchanged", "the case has no active flag")


async def test_a_citizen_found_after_the_end_is_kept_whatever_is_judged(registry: Registry) -> None:
    await registry.clear(cleared())
    asked = request(CITIZEN)
    assert (await corrected(registry, asked, FakeJudge())).outcome == "unchanged"
    assert (await registry.flag(flagged(case="T-2"))).us_citizen


@pytest.mark.parametrize(
    ("asked", "reason", "case_id"),
    [
        (request(VACATED, rejection="decided_on: too late"), "decided_on: too late", CASE_ID),
        (request(VACATED, case="T-9"), "has no record of an end", f"booking-case:{AGENCY}:T-9"),
        (
            CorrectionRequest(
                correction_id="k-1", payload="no\0 JSON", received_at=LATER, rejection="agency: missing"
            ),
            "agency: missing",
            None,
        ),
        (
            request(Conviction(message_id="c-1", charge_id="2", decided_on=date(2013, 7, 15))),
            "known of this sender with other content",
            CASE_ID,
        ),
    ],
)
async def test_what_does_not_fit_changes_nothing_and_is_kept(
    registry: Registry, asked: CorrectionRequest, reason: str, case_id: str | None
) -> None:
    await registry.flag(flagged())
    before = await registry.recorded_case(CASE_ID)
    judge = FakeJudge()
    answer = await corrected(registry, asked, judge)
    assert answer.outcome == "unchanged"
    assert reason in answer.explanation
    assert await corrected(registry, asked, judge) == answer
    assert judge.seen == []
    assert await registry.recorded_case(CASE_ID) == before
    (kept,) = await registry.corrections(case_id)
    assert (kept.case_id, kept.outcome) == (case_id, "unchanged")
    assert kept.payload == asked.payload.replace("\0", "␀")


async def test_a_message_that_only_a_newer_release_knows_is_left_to_its_worker(registry: Registry) -> None:
    await registry.flag(flagged())
    newer = request(VACATED)
    newer = newer.model_copy(update={"payload": newer.payload.replace('"dismissal"', '"verdict"')})
    with pytest.raises(DoesNotFit, match="type: 'verdict' is not a known signal"):
        await registry.correct(newer, FakeJudge())
    assert await registry.corrections(CASE_ID) == ()


async def test_a_message_that_the_case_knew_is_not_added_again(registry: Registry) -> None:
    decided = flagged()
    await registry.flag(decided)
    await registry.correct(request(CONVICTION), FakeJudge())
    kept = await registry.recorded_case(CASE_ID)
    assert kept is not None
    assert kept.facts == decided.facts
    assert kept.case.messages == ()
