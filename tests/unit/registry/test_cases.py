"""Flags, clearances and withdrawals: one outcome for a case, whatever writes it, and how often."""

import asyncio
from datetime import date, timedelta, timezone

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from conviction_gate.contracts.booking import Subject
from conviction_gate.contracts.court import Correction
from conviction_gate.contracts.fields import RuleName
from conviction_gate.contracts.internal.activities import (
    Conclusion,
    EarlierRecord,
)
from conviction_gate.contracts.message import Message
from conviction_gate.registry import (
    Registry,
    cases,
)
from conviction_gate.registry.cases import flags
from tests.support.conclusions import (
    AGENCY,
    CASE_ID,
    CITIZEN,
    LATER,
    NOON,
    ONE_PERSON,
    OTHER_CASE,
    VACATED,
    cleared,
    conclusion,
    flagged,
    meanwhile,
    sql,
    withdrawal,
)
from tests.support.corrections import FakeJudge, request
from tests.support.registry_rows import answer

# Flags and clearances ----------------------------------------------------------------------------


async def test_a_flag_is_kept_with_its_case(registry: Registry) -> None:
    decided = flagged()
    assert await registry.outcome(CASE_ID) is None
    assert await registry.recorded_case(CASE_ID) is None
    assert (await registry.flag(decided)).result == decided.result
    assert await registry.outcome(CASE_ID) == decided.result
    kept = await registry.recorded_case(CASE_ID)
    assert kept is not None
    assert kept.facts == decided.facts
    assert kept.result == decided.result
    assert kept.case == decided.case.model_copy(update={"flag_status": "active"})
    (flag,) = await registry.flags()
    assert (flag.case_id, flag.agency, flag.tracking_number) == (CASE_ID, AGENCY, "T-1")
    assert (flag.status, flag.rule, flag.grounds) == ("active", "flag.convicted", ("c-1",))
    assert (flag.flagged_at, flag.withdrawn_at, flag.withdrawn_reason) == (NOON, None, None)


async def test_a_retried_flag_is_the_same_flag(registry: Registry) -> None:
    first = await registry.flag(flagged())
    assert await registry.flag(flagged(at=LATER)) == first
    assert len(await registry.flags()) == 1


async def test_two_processes_that_flag_one_case_write_one_flag(registry: Registry, other: Registry) -> None:
    written = await asyncio.gather(
        *(r.flag(flagged(at=NOON + timedelta(n))) for n in range(10) for r in (registry, other))
    )
    assert len({answer.result for answer in written}) == 1
    assert len(await registry.flags()) == 1


async def test_a_flag_and_a_clearance_at_once_agree(registry: Registry, other: Registry) -> None:
    cases = [f"T-{n}" for n in range(10)]
    for case in cases:
        one, two = await asyncio.gather(registry.flag(flagged(case=case)), other.clear(cleared(case=case)))
        assert one == two
        assert one.result == await registry.outcome(flagged(case=case).case.case_id)


async def test_a_clearance_never_becomes_a_flag(registry: Registry) -> None:
    first = await registry.clear(cleared())
    for number in (1, 2):
        assert await registry.flag(flagged(number=number)) == first
    assert await registry.flags() == ()
    kept = await registry.recorded_case(CASE_ID)
    assert kept is not None
    assert kept.case.flag_status is None


async def test_a_retried_clearance_changes_nothing(registry: Registry) -> None:
    first = await registry.clear(cleared())
    assert await registry.clear(cleared(at=LATER)) == first
    assert await registry.outcome(CASE_ID) == first.result


async def test_a_flag_that_stands_is_not_cleared(registry: Registry) -> None:
    first = await registry.flag(flagged())
    assert await registry.clear(cleared()) == first


@pytest.mark.parametrize(("way", "decided"), [("flag", flagged()), ("clear", cleared())])
async def test_what_arrived_during_the_write_is_kept_and_a_late_retry_takes_nothing_back(
    registry: Registry, way: str, decided: Conclusion
) -> None:
    more = decided.model_copy(
        update={
            "facts": decided.facts.including(VACATED),
            "case": decided.case.model_copy(update={"messages_total": 1}),
        }
    )
    for written in (decided, more, decided):
        assert (await getattr(registry, way)(written)).result == decided.result
    kept = await registry.recorded_case(CASE_ID)
    assert kept is not None
    assert kept.facts == more.facts
    assert kept.case.messages_total == 1


async def test_a_second_flag_needs_the_first_to_be_withdrawn(registry: Registry) -> None:
    first = await registry.flag(flagged())
    assert await registry.flag(flagged(number=2)) == first
    assert len(await registry.flags()) == 1


async def test_a_read_sees_one_moment(registry: Registry, other: Registry) -> None:
    loop = asyncio.get_running_loop()

    def twice(session: Session) -> None:
        assert flags(session) == ()
        meanwhile(loop, other.flag(flagged()))
        assert flags(session) == ()

    await registry._database.read(twice)
    assert len(await registry.flags()) == 1


async def test_what_a_case_begins_with_is_read_at_one_moment(
    registry: Registry, other: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, earlier = asyncio.get_running_loop(), cases.earlier

    def later(session: Session, case_id: str) -> EarlierRecord:
        meanwhile(loop, other.flag(flagged()))
        return earlier(session, case_id)

    monkeypatch.setattr(cases, "earlier", later)
    assert (await registry.background([Subject(**ONE_PERSON)], CASE_ID)).earlier == EarlierRecord()
    assert (await registry.background([Subject(**ONE_PERSON)], CASE_ID)).earlier.flags == 1


async def test_flags_come_in_the_order_of_their_decision(registry: Registry) -> None:
    zone = timezone(timedelta(hours=-7))
    await registry.flag(flagged(case="T-1", at=LATER))
    await registry.flag(flagged(case="T-2", at=NOON))
    await registry.flag(flagged(case="T-3", at=(NOON + timedelta(hours=1)).astimezone(zone)))
    assert [flag.tracking_number for flag in await registry.flags()] == ["T-2", "T-3", "T-1"]


async def test_a_case_has_one_active_flag_whatever_writes_it(url: str) -> None:
    flag = (
        "INSERT INTO flags (case_id, number, status, rule, explanation, policy_edition, "
        "grounds, flagged_at) VALUES ('c', {}, '{}', 'r', 'e', 'p', '[]', '2013-01-01')"
    )
    await sql(url, "INSERT INTO cases VALUES ('c', 'a', 't', 'flagged', 'r', '2013-01-01', true, '', '', '')")
    await sql(url, flag.format(1, "withdrawn"))
    await sql(url, flag.format(2, "active"))
    for number, status in ((2, "withdrawn"), (3, "active")):
        with pytest.raises(IntegrityError, match=r"(?i)unique"):
            await sql(url, flag.format(number, status))


# US citizens -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        CITIZEN,
        Correction(message_id="k-1", corrects="c-1", ground="us_citizen", corrected_on=date(2013, 9, 1)),
    ],
    ids=lambda message: type(message).__name__,
)
async def test_a_finding_keeps_every_id_of_the_person_from_a_flag(registry: Registry, said: Message) -> None:
    await registry.clear(conclusion("cleared", "clear.us_citizen", said))
    for n, (kind, value) in enumerate(ONE_PERSON.items(), start=2):
        assert (await registry.background([Subject(**{kind: value})], OTHER_CASE)).us_citizen
        written = await registry.flag(flagged(case=f"T-{n}", **{kind: value}))
        assert written.us_citizen
        assert written.result is None
    assert await registry.flags() == ()
    assert await registry.recorded_case(flagged(case="T-2").case.case_id) is None
    assert not (await registry.background([Subject(fbi_number="S-1")], CASE_ID)).us_citizen


async def test_one_id_of_several_is_enough(registry: Registry) -> None:
    await registry.clear(conclusion("cleared", "clear.us_citizen", CITIZEN, state_id="S-1"))
    assert (await registry.flag(flagged(case="T-2"))).us_citizen
    assert not (
        await registry.background([Subject(fingerprint_id="T-1", fbi_number="F-1")], CASE_ID)
    ).us_citizen


async def test_a_history_row_keeps_from_a_flag_too(registry: Registry) -> None:
    await registry.import_history([answer({"fbi_number": "F-1"}, us_citizen=True)])
    assert (await registry.background([Subject(**ONE_PERSON)], CASE_ID)).us_citizen
    assert (await registry.flag(flagged())).us_citizen


async def test_a_case_without_a_finding_keeps_none(registry: Registry) -> None:
    await registry.clear(conclusion("cleared", "clear.us_citizen"))
    assert not (await registry.background([Subject(**ONE_PERSON)], OTHER_CASE)).us_citizen


async def test_its_own_finding_says_nothing_to_a_case(registry: Registry) -> None:
    """It stands in the case's own facts, or was corrected there."""
    await registry.clear(conclusion("cleared", "clear.us_citizen", CITIZEN))
    assert not (await registry.background([Subject(**ONE_PERSON)], CASE_ID)).us_citizen


async def test_a_finding_that_was_corrected_clears_nobody_else(registry: Registry) -> None:
    await registry.clear(conclusion("cleared", "clear.us_citizen", CITIZEN))
    await registry.clear(conclusion("cleared", "clear.us_citizen", CITIZEN, case="T-2"))
    corrected = Correction(
        message_id="k-1", corrects="f-1", ground="clerical_error", corrected_on=date(2013, 9, 1)
    )
    taken_back = FakeJudge(citizen=())
    await registry.correct(request(corrected), taken_back)
    assert (await registry.background([Subject(**ONE_PERSON)], OTHER_CASE)).us_citizen  # T-2's own stands
    await registry.correct(request(corrected, "T-2"), taken_back)
    assert not (await registry.background([Subject(**ONE_PERSON)], OTHER_CASE)).us_citizen


async def test_a_person_has_ruled_on_a_citizen_already(registry: Registry) -> None:
    await registry.clear(conclusion("cleared", "clear.us_citizen", CITIZEN, case="T-2"))
    decided = flagged()
    facts = decided.facts.model_copy(update={"us_citizen": True})
    written = await registry.flag(decided.model_copy(update={"facts": facts}))
    assert written.result == decided.result


async def test_a_finding_is_kept_twice_without_harm(registry: Registry, other: Registry) -> None:
    found = [conclusion("cleared", "clear.us_citizen", CITIZEN, case=f"T-{n}") for n in range(6)]
    await asyncio.gather(registry.clear(found[0]), other.clear(found[0]))
    await asyncio.gather(*(r.clear(c) for c in found for r in (registry, other)))
    assert (await registry.background([Subject(**ONE_PERSON)], OTHER_CASE)).us_citizen


async def test_a_finding_and_flags_of_the_same_person_at_once(registry: Registry, other: Registry) -> None:
    """A flag was first, or it is not there; afterwards nothing is flagged."""
    found = conclusion("cleared", "clear.us_citizen", CITIZEN, case="T-0")
    cases = [flagged(case=f"T-{n}") for n in range(1, 9)]
    written = await asyncio.gather(
        *(registry.flag(case) for case in cases[:4]),
        other.clear(found),
        *(registry.flag(case) for case in cases[4:]),
    )
    assert len(await registry.flags()) == sum(not answer.us_citizen for answer in written) - 1
    assert (await registry.flag(flagged(case="T-9"))).us_citizen


async def test_a_clearance_and_a_correction_that_bring_the_same_finding(
    registry: Registry, other: Registry
) -> None:
    cases = [f"T-{n}" for n in range(10)]
    for case in cases:
        await registry.flag(flagged(case=case))
        found = conclusion("withdrawn", "clear.us_citizen", CITIZEN, case=case)
        await asyncio.gather(
            registry.clear(found),
            other.correct(request(CITIZEN, "subject_finding", case), FakeJudge()),
            registry.withdraw(withdrawal().model_copy(update={"conclusion": found})),
        )
        assert (await registry.background([Subject(**ONE_PERSON)], OTHER_CASE)).us_citizen


async def test_a_finding_is_kept_where_the_flag_stands(registry: Registry) -> None:
    await registry.flag(flagged())
    await registry.clear(conclusion("cleared", "clear.us_citizen", CITIZEN))
    assert (await registry.background([Subject(**ONE_PERSON)], OTHER_CASE)).us_citizen


# A ground that fell in the run -------------------------------------------------------------------


async def test_a_withdrawn_flag_keeps_its_record(registry: Registry, url: str) -> None:
    await registry.flag(flagged())
    written = await registry.withdraw(withdrawal())
    assert written.result is not None
    assert written.result.outcome == "withdrawn"
    assert await registry.outcome(CASE_ID) == written.result
    (flag,) = await registry.flags()
    assert (flag.status, flag.flagged_at, flag.withdrawn_at) == ("withdrawn", NOON, LATER)
    assert flag.withdrawn_reason == "the conviction was vacated"
    assert await sql(url, "SELECT withdrawn_by, lift_code FROM flags") == [(CASE_ID, "L")]
    kept = await registry.recorded_case(CASE_ID)
    assert kept is not None
    assert kept.case.flag_status == "withdrawn"
    assert kept.facts.dismissals == (VACATED,)


async def test_a_retried_withdrawal_changes_nothing(registry: Registry) -> None:
    await registry.flag(flagged())
    first = await registry.withdraw(withdrawal())
    flags = await registry.flags()
    later = withdrawal().model_copy(update={"withdrawn_at": LATER + timedelta(1), "reason": "x"})
    assert await registry.withdraw(later) == first
    assert await registry.flags() == flags


@pytest.mark.parametrize("rule", ["defer.traffic_only", "review.unclear_disposition"])
async def test_a_case_that_is_open_again_has_no_outcome(registry: Registry, rule: RuleName) -> None:
    await registry.flag(flagged())
    await registry.withdraw(withdrawal(rule))
    assert await registry.outcome(CASE_ID) is None


async def test_a_case_that_is_open_again_is_flagged_again(registry: Registry) -> None:
    await registry.flag(flagged())
    await registry.withdraw(withdrawal("defer.traffic_only"))
    again = await registry.flag(flagged(number=2, at=LATER))
    assert again.result is not None
    assert again.result.outcome == "flagged"
    assert await registry.flag(flagged(number=2)) == again
    assert await registry.outcome(CASE_ID) == again.result
    assert [flag.status for flag in await registry.flags()] == ["withdrawn", "active"]
    kept = await registry.recorded_case(CASE_ID)
    assert kept is not None
    assert kept.case.flag_status == "active"


async def test_a_late_retry_of_the_first_flag_does_not_raise_it_again(registry: Registry) -> None:
    await registry.flag(flagged())
    await registry.withdraw(withdrawal("defer.traffic_only"))
    await registry.flag(flagged())
    assert [flag.status for flag in await registry.flags()] == ["withdrawn"]
    assert await registry.outcome(CASE_ID) is None


async def test_a_late_retry_of_the_first_withdrawal_spares_the_second_flag(
    registry: Registry,
) -> None:
    await registry.flag(flagged())
    await registry.withdraw(withdrawal("defer.traffic_only"))
    await registry.flag(flagged(number=2, at=LATER))
    await registry.withdraw(withdrawal("defer.traffic_only"))
    assert [flag.status for flag in await registry.flags()] == ["withdrawn", "active"]
    await registry.withdraw(withdrawal(number=2))
    assert [flag.status for flag in await registry.flags()] == ["withdrawn", "withdrawn"]


async def test_a_us_citizen_is_not_flagged_again(registry: Registry) -> None:
    await registry.flag(flagged())
    await registry.withdraw(withdrawal("defer.traffic_only"))
    await registry.clear(conclusion("cleared", "clear.us_citizen", CITIZEN, case="T-2"))
    assert (await registry.flag(flagged(number=2))).us_citizen
    assert [flag.status for flag in await registry.flags()] == ["withdrawn"]


async def test_the_run_says_the_last_word_after_a_withdrawal(registry: Registry) -> None:
    await registry.flag(flagged())
    await registry.withdraw(withdrawal("defer.traffic_only"))
    ended = conclusion("withdrawn", "clear.no_conviction", VACATED, at=LATER)
    assert (await registry.clear(ended)).result == ended.result
    assert await registry.outcome(CASE_ID) == ended.result
    assert (await registry.flag(flagged(number=2))).result == ended.result
    assert (await registry.clear(cleared())).result == ended.result


async def test_a_withdrawal_that_left_nothing_to_wait_for_stands(registry: Registry) -> None:
    await registry.flag(flagged())
    ended = await registry.withdraw(withdrawal())
    assert await registry.flag(flagged(number=2)) == ended
    assert len(await registry.flags()) == 1


async def test_without_a_record_there_is_nothing_to_withdraw(registry: Registry) -> None:
    assert (await registry.withdraw(withdrawal())).result is None
    assert await registry.recorded_case(CASE_ID) is None
    ended = await registry.clear(cleared())
    assert await registry.withdraw(withdrawal()) == ended


async def test_a_withdrawal_keeps_the_finding_that_brought_it(registry: Registry) -> None:
    await registry.flag(flagged())
    fell = withdrawal().model_copy(update={"conclusion": conclusion("withdrawn", "clear.us_citizen", CITIZEN)})
    await registry.withdraw(fell)
    assert (await registry.flag(flagged(case="T-2"))).us_citizen
