"""The registry, on SQLite and on PostgreSQL: what is written once stands, and nobody writes past it."""

import asyncio
import json
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic import ValidationError
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from conviction_gate.contracts.booking import Subject
from conviction_gate.contracts.case import CaseResult, CorrectionResult
from conviction_gate.contracts.court import Conviction, Correction
from conviction_gate.contracts.fields import RuleName
from conviction_gate.contracts.history import HistoryAnswer, HistoryRecord, Priority
from conviction_gate.contracts.internal.activities import (
    Conclusion,
    CorrectionRequest,
    EarlierRecord,
    Judgement,
)
from conviction_gate.contracts.internal.facts import Facts, Reopening
from conviction_gate.contracts.internal.refusal import RefusalReason
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.reading import DoesNotFit
from conviction_gate.contracts.signals import typed
from conviction_gate.registry import (
    DocketEntry,
    RecordedCase,
    Registry,
    RegistryError,
    cases,
    engines,
    migrate,
    transactions,
)
from conviction_gate.registry.cases import flags
from conviction_gate.registry.columns import Instant
from conviction_gate.registry.entries import JudgeRule
from conviction_gate.registry.history import by_kind, ids_of, led_to
from conviction_gate.registry.schema import VERSION
from conviction_gate.registry.tables import Base
from tests.unit.registries import (
    AGENCY,
    CASE_ID,
    CITIZEN,
    CONVICTION,
    LATER,
    NOON,
    ONE_PERSON,
    OTHER_CASE,
    VACATED,
    booking,
    cleared,
    conclusion,
    flagged,
    meanwhile,
    sql,
    withdrawal,
)

HOUSE = Path(__file__).parents[2]


@pytest.fixture
async def registry(url: str) -> AsyncIterator[Registry]:
    async with await Registry.open(url) as registry:
        yield registry


@pytest.fixture
async def other(url: str) -> AsyncIterator[Registry]:
    """The same registry, as another process has it open."""
    async with await Registry.open(url) as registry:
        yield registry


# History ------------------------------------------------------------------------------------------


def answer(ids: dict[str, str], us_citizen: bool = False, code: str = "23C") -> HistoryAnswer:
    record = HistoryRecord(scheme="NIBRS", code=code, disposition="convicted", decided_on=date(2009, 4, 2))
    return HistoryAnswer(
        subject=Subject(**ids),
        records=(record,),
        priorities=(Priority(kind="gang", record_id=f"P-{code}"),),
        us_citizen=us_citizen,
    )


async def test_nobody_in_the_table_has_a_clean_history(registry: Registry) -> None:
    history = (await registry.background([Subject(**ONE_PERSON)], CASE_ID)).history
    assert history == type(history)()


async def test_any_id_leads_to_the_row(registry: Registry) -> None:
    stored = answer(ONE_PERSON)
    assert await registry.import_history([stored]) == 1
    for kind, value in ONE_PERSON.items():
        history = (await registry.background([Subject(**{kind: value})], CASE_ID)).history
        assert history.records == stored.records
        assert history.priorities == stored.priorities
        assert not history.conflicting


async def test_an_id_is_only_looked_up_as_its_own_kind(registry: Registry) -> None:
    await registry.import_history([answer({"fbi_number": "X-1"})])
    assert not (await registry.background([Subject(state_id="X-1")], CASE_ID)).history.records


async def test_ids_that_lead_nowhere_are_no_conflict(registry: Registry) -> None:
    await registry.import_history([answer({"fbi_number": "F-1"})])
    resent = [Subject(fbi_number="F-1", state_id="S-1"), Subject(fbi_number="F-2", state_id="S-2")]
    history = (await registry.background(resent, CASE_ID)).history
    assert len(history.records) == 1
    assert not history.conflicting


async def test_ids_that_lead_to_two_rows_are_a_conflict(registry: Registry) -> None:
    rows = [answer({"fbi_number": "F-1"}), answer({"state_id": "S-1"}, code="90Z", us_citizen=True)]
    await registry.import_history(rows)
    history = (await registry.background([Subject(**ONE_PERSON), Subject(fbi_number="F-1")], CASE_ID)).history
    assert history.conflicting
    assert history.us_citizen
    assert {record.code for record in history.records} == {"23C", "90Z"}
    assert {priority.record_id for priority in history.priorities} == {"P-23C", "P-90Z"}


async def test_one_id_in_two_rows_is_a_conflict(registry: Registry) -> None:
    await registry.import_history(
        [
            answer({"fbi_number": "F-1"}),
            answer({"fbi_number": "F-1", "state_id": "S-1"}, code="90Z"),
        ]
    )
    assert (await registry.background([Subject(fbi_number="F-1")], CASE_ID)).history.conflicting
    assert not (await registry.background([Subject(state_id="S-1")], CASE_ID)).history.conflicting


async def test_the_same_set_of_ids_replaces(registry: Registry, url: str) -> None:
    await registry.import_history([answer(ONE_PERSON), answer({"fbi_number": "F-2"})])
    backwards = dict(reversed(ONE_PERSON.items()))
    again = [answer(backwards, code="90Z"), answer(backwards, code="13A")]
    assert await registry.import_history(again) == 1
    history = (await registry.background([Subject(**ONE_PERSON)], CASE_ID)).history
    assert [record.code for record in history.records] == ["13A"]
    assert not history.conflicting
    assert await sql(url, "SELECT count(*) FROM history_ids") == [(4,)]


async def test_a_broken_import_leaves_nothing(registry: Registry) -> None:
    def lines() -> Any:
        yield answer({"fbi_number": "F-1"})
        raise ValueError("line 2")

    with pytest.raises(ValueError, match="line 2"):
        await registry.import_history(lines())
    assert not (await registry.background([Subject(fbi_number="F-1")], CASE_ID)).history.records


async def test_an_empty_import_is_none(registry: Registry) -> None:
    assert await registry.import_history([]) == 0
    assert await registry.import_docket([]) == 0
    assert not (await registry.background([], CASE_ID)).history.records
    assert not (await registry.background([], CASE_ID)).us_citizen


async def test_a_row_is_found_by_its_index(sqlite_url: str) -> None:
    subject = Subject(**ONE_PERSON)
    kinds, values = by_kind(ids_of([subject, Subject(fbi_number="F-2")]))
    query = (
        led_to(kinds).params(values).compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    )
    plan = [step for *_, step in await sql(sqlite_url, f"EXPLAIN QUERY PLAN {query}")]
    assert any("SEARCH history_ids" in step for step in plan)
    assert not any("SCAN history_ids" in step for step in plan)


@pytest.mark.parametrize(
    "odd",
    [
        'F-\0"%\\—',
        "\0" * 128,
        "".join(chr(0x10000 + 7919 * n % 0x100000) for n in range(128)),
        "".join(chr(1 + 7 * n % 31) for n in range(128)),
    ],
    ids=["what hurts", "NUL", "four bytes each", "six in JSON"],
)
async def test_an_id_may_hold_anything(registry: Registry, odd: str) -> None:
    ids = dict.fromkeys(ONE_PERSON, odd)
    await registry.import_history([answer(ids, us_citizen=True)])
    await registry.clear(conclusion("cleared", "clear.us_citizen", CITIZEN, **ids))
    for kind in ids:
        subject = Subject(**{kind: odd})
        assert (await registry.background([subject], CASE_ID)).history.records
        assert (await registry.background([subject], CASE_ID)).us_citizen
    kept = await registry.recorded_case(CASE_ID)
    assert kept is not None
    assert kept.facts.bookings[0].subject == Subject(**ids)


async def test_half_a_character_finds_nothing(registry: Registry) -> None:
    await registry.flag(flagged())
    assert await registry.recorded_case(CASE_ID + "\udcff") is None
    assert await registry.docket(AGENCY, "\udcff") == ()


async def test_rows_of_one_person_come_in_one_order(registry: Registry) -> None:
    """By code point, whatever the database thinks of letters."""
    rows = {"é": "E", "Z": "Z", "a": "A", "_": "U"}
    await registry.import_history([answer({"fbi_number": "F", "state_id": s}, code=c) for s, c in rows.items()])
    found = (await registry.background([Subject(fbi_number="F")], CASE_ID)).history
    assert [record.code for record in found.records] == ["Z", "U", "A", "E"]


async def test_imports_at_once_leave_one_of_them(registry: Registry, other: Registry) -> None:
    people = [{"fbi_number": f"F-{n}"} for n in range(300)]
    history = {code: [answer(ids, code=code) for ids in people] for code in ("23C", "90Z")}
    docket = {court: [entry(f"d-{n}", court=court) for n in range(300)] for court in "XY"}
    for _ in range(2):
        await asyncio.gather(
            registry.import_history(history["23C"]),
            other.import_history(reversed(history["90Z"])),
            registry.import_docket(docket["X"]),
            other.import_docket(reversed(docket["Y"])),
        )
        found = (await registry.background([Subject(**ids) for ids in people], CASE_ID)).history
        assert len(found.records) == 300
        assert len({record.code for record in found.records}) == 1
        texts = await registry.docket(AGENCY, "T-1")
        assert len(texts) == 300
        assert len({text.partition('"court"')[2] for text in texts}) == 1


# Docket -------------------------------------------------------------------------------------------


def entry(message_id: str, sender: str = "", case: str = "T-1", court: str = "X") -> DocketEntry:
    text = (
        '{"type": "dismissal", "message_id": "%s", "sender": "%s", "decided_on": "2013-01-02", '
        '"disposition": "dismissed", "court": "%s"}'
    )
    return DocketEntry(agency=AGENCY, tracking_number=case, message=text % (message_id, sender, court))


async def test_the_docket_of_a_case_comes_back_letter_by_letter(registry: Registry) -> None:
    assert not await registry.has_docket()
    entries = [entry("d-1"), entry("d-2"), entry("d-1", case="T-2")]
    assert await registry.import_docket(entries) == 3
    assert await registry.has_docket()
    assert await registry.docket(AGENCY, "T-1") == (entries[0].message, entries[1].message)
    assert await registry.docket(AGENCY, "T-3") == ()


async def test_the_docket_comes_in_one_order(registry: Registry) -> None:
    ordered = [entry(message_id) for message_id in ("A", "_", "a", "b", "é")]
    await registry.import_docket(ordered[::-1])
    assert await registry.docket(AGENCY, "T-1") == tuple(given.message for given in ordered)


async def test_the_same_sender_and_message_id_replaces_a_docket_entry(registry: Registry) -> None:
    await registry.import_docket([entry("d-1"), entry("d-1", sender="court")])
    changed = entry("d-1", court="Y")
    assert await registry.import_docket([entry("d-1", court="Z"), changed]) == 1
    assert await registry.docket(AGENCY, "T-1") == (
        changed.message,
        entry("d-1", sender="court").message,
    )


def test_a_docket_entry_is_a_message_of_the_contract() -> None:
    with pytest.raises(ValidationError, match="type: missing"):
        DocketEntry(agency=AGENCY, tracking_number="T-1", message="{}")


# Flags and clearances -----------------------------------------------------------------------------


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


# US citizens --------------------------------------------------------------------------------------


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


# A ground that fell in the run --------------------------------------------------------------------


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


# Opened again ---------------------------------------------------------------------------------------


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


# After the end ------------------------------------------------------------------------------------


class FakeJudge:
    """Withdraws once as many messages as asked for say that the charge was vacated or wrong."""

    def __init__(
        self, needs: int = 1, *, reopens: bool = False, citizen: tuple[Subject, ...] = (Subject(**ONE_PERSON),)
    ) -> None:
        self.needs = needs
        self.reopens = reopens
        self.citizen = citizen
        self.seen: list[tuple[Facts, CaseResult]] = []

    def __call__(self, facts: Facts, result: CaseResult, message: Message) -> Judgement:
        self.seen.append((facts, result))
        facts = facts.including(message)
        count = len(facts.dismissals) + len(facts.corrections)
        fell = count >= self.needs and result.outcome == "flagged"
        reason = "the ground fell" if fell else "the flag stands"
        citizen = self.citizen if facts.findings else ()
        return Judgement(fell, fell and self.reopens, reason, "L", facts, citizen)


def request(message: Message, case: str = "T-1", rejection: str | None = None) -> CorrectionRequest:
    named = {"agency": AGENCY, "tracking_number": case}
    return CorrectionRequest(
        correction_id=f"flag-correction:{AGENCY}:{case}:{message.message_id}",
        case_id=f"booking-case:{AGENCY}:{case}",
        payload=json.dumps(named | typed(message)),
        received_at=LATER,
        rejection=rejection,
    )


async def corrected(registry: Registry, asked: CorrectionRequest, judge: JudgeRule) -> CorrectionResult:
    """What a correction of a case that has ended answers."""
    answer = (await registry.correct(asked, judge)).result
    assert answer is not None
    return answer


async def test_a_correction_withdraws_the_flag(registry: Registry, url: str) -> None:
    await registry.flag(flagged())
    asked = request(VACATED)
    answer = await corrected(registry, asked, FakeJudge())
    assert (answer.outcome, answer.explanation) == ("withdrawn", "the ground fell")
    (flag,) = await registry.flags()
    assert (flag.status, flag.withdrawn_at) == ("withdrawn", LATER)
    assert flag.withdrawn_reason == "the ground fell"
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


# The schema ---------------------------------------------------------------------------------------


async def test_migrating_twice_keeps_what_is_there(registry: Registry, url: str) -> None:
    await registry.flag(flagged())
    await migrate(url)
    assert len(await registry.flags()) == 1


async def test_several_processes_may_migrate_at_once(bare_url: str) -> None:
    program = (
        "import asyncio, sys; from conviction_gate import registry; asyncio.run(registry.migrate(sys.argv[1]))"
    )
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", program, bare_url, cwd=HOUSE)
        for _ in range(3)
    ]
    assert [await process.wait() for process in processes] == [0, 0, 0]
    async with await Registry.open(bare_url) as registry:
        assert await registry.flags() == ()


async def test_a_new_file_is_for_its_user_alone(bare_sqlite_url: str, tmp_path: Path) -> None:
    await migrate(bare_sqlite_url)
    path = tmp_path / "made" / "registry.db"
    assert path.stat().st_mode & 0o077 == 0


async def test_an_unmigrated_registry_is_refused_and_not_made(bare_url: str, tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="not set up; run `conviction-gate registry migrate`"):
        await Registry.open(bare_url)
    path = tmp_path / "made"
    assert not path.exists()


async def test_an_empty_file_is_refused(bare_sqlite_url: str, tmp_path: Path) -> None:
    path = tmp_path / "made" / "registry.db"
    path.parent.mkdir()
    path.touch()
    with pytest.raises(RegistryError, match="not set up; run `conviction-gate registry migrate`"):
        await Registry.open(bare_sqlite_url)


async def test_an_older_or_newer_schema_is_refused(bare_url: str) -> None:
    await migrate(bare_url)
    await sql(bare_url, "UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(RegistryError, match=r"0000, not yet .* registry migrate"):
        await Registry.open(bare_url)
    await sql(bare_url, "UPDATE alembic_version SET version_num = '9999'")
    for way in (Registry.open, migrate):
        with pytest.raises(RegistryError, match="9999, this release knows up to"):
            await way(bare_url)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("sqlite://", "cannot be in memory"),
        ("sqlite:///:memory:", "cannot be in memory"),
        ("a registry", "address cannot be read"),
        ("nosuch+driver://host/registry", "driver nosuch\\+driver cannot be used"),
        ("postgresql://gate:hush@host/registry", "driver postgresql cannot be used; write .*asyncpg"),
        ("postgresql+asyncpg://gate:hush@host:one/registry", "address cannot be read"),
        ("postgresql+asyncpg://gate:with@hush@host/registry", "address cannot be read; .* with %40"),
        ("postgresql+asyncpg://gate:with@h:hush@host/registry", "address cannot be read"),
        ("postgresql+asyncpg://gate:hush@/registry?host=a:1,b:2&port=3", "address cannot be read"),
    ],
)
async def test_an_address_that_cannot_be_used_is_told(address: str, told: str) -> None:
    for way in (Registry.open, migrate):
        with pytest.raises(RegistryError, match=told) as error:
            await way(address)
        assert "hush" not in str(error.value)


async def test_a_file_that_is_no_database_is_told(sqlite_url: str, tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    path.write_text("nothing that a database wrote")
    for way in (Registry.open, migrate):
        with pytest.raises(RegistryError, match="not a database"):
            await way(sqlite_url)


async def test_an_error_of_the_database_names_nobody(bare_url: str) -> None:
    await migrate(bare_url)
    async with await Registry.open(bare_url) as registry:
        await sql(bare_url, "DROP TABLE citizen_findings")
        with pytest.raises(RegistryError, match=r"no such table|UndefinedTable") as told:
            await registry.flag(flagged())
    assert not [value for value in ONE_PERSON.values() if f"'{value}'" in str(told.value)]


async def test_the_migrations_make_the_tables(url: str) -> None:
    def differences(session: Session) -> Any:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        return compare_metadata(context, Base.metadata)

    async with await Registry.open(url) as registry:
        assert await registry._database.read(differences) == []


async def test_an_address_of_the_first_release_is_read(sqlite_url: str) -> None:
    async with await Registry.open(sqlite_url.replace("sqlite:", "sqlite+aiosqlite:")) as registry:
        assert await registry.flags() == ()


async def test_whoever_waits_for_too_long_is_told(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "WAIT_SECONDS", 0.05)
    async with await Registry.open(sqlite_url) as registry:
        slow = asyncio.create_task(registry._database.write(lambda session: time.sleep(0.5)))
        await asyncio.sleep(0)
        with pytest.raises(RegistryError, match=r"does not answer \(TimeoutError.*then try again"):
            await registry.flag(flagged())
        await slow
        await registry.flag(flagged())


def test_the_newest_revision_is_the_one_that_this_release_expects() -> None:
    config = Config()
    config.set_main_option("script_location", "conviction_gate.registry:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [VERSION]


async def test_the_file_is_written_ahead_and_to_the_disk(sqlite_url: str) -> None:
    def pragmas(session: Session) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [session.connection().exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

    async with await Registry.open(sqlite_url) as registry:
        assert await registry._database.read(pragmas) == ["wal", 2, 1]


def test_a_file_that_another_program_keeps_to_itself_is_waited_for_once(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Counting(sqlite3.Cursor):
        tries = 0

        def execute(self, *args: Any) -> sqlite3.Cursor:
            self.tries += 1
            return super().execute(*args)

    monkeypatch.setattr(engines, "BUSY_SECONDS", 1)
    file = tmp_path / "registry.db"
    with closing(sqlite3.connect(file)) as its, closing(sqlite3.connect(file, timeout=1)) as ours:
        its.execute("PRAGMA locking_mode=EXCLUSIVE")
        its.execute("BEGIN EXCLUSIVE")
        cursor = ours.cursor(Counting)
        with pytest.raises(sqlite3.OperationalError, match="database is locked"):
            engines._execute_when_free(cursor, "PRAGMA journal_mode=WAL")
        assert cursor.tries == 1


async def test_what_is_written_stands_in_the_file_that_is_there_now(sqlite_url: str, tmp_path: Path) -> None:
    file, away = tmp_path / "registry.db", tmp_path / "away.db"
    async with await Registry.open(sqlite_url) as registry:
        assert await registry.flags() == ()
        backup = file.read_bytes()
        file.rename(away)
        for way in (registry.flags(), registry.flag(flagged())):
            with pytest.raises(RegistryError, match=r"FileNotFoundError.*check that the database exists"):
                await way
        assert not file.exists()
        file.write_bytes(backup)
        await registry.flag(flagged())
        assert await sql(sqlite_url, "SELECT count(*) FROM flags") == [(1,)]


def test_a_time_without_offset_is_not_stored() -> None:
    naive = datetime(2013, 1, 1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="without an offset"):
        Instant().process_bind_param(naive, DefaultDialect())
