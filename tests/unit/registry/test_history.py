"""The table of criminal histories: any id of a person leads to the row."""

import asyncio
from typing import Any

import pytest
from sqlalchemy.dialects import sqlite

from conviction_gate.contracts.booking import Subject
from conviction_gate.registry import (
    Registry,
)
from conviction_gate.registry.history import by_kind, ids_of, led_to
from tests.support.conclusions import (
    AGENCY,
    CASE_ID,
    CITIZEN,
    ONE_PERSON,
    conclusion,
    flagged,
    sql,
)
from tests.support.registry_rows import answer, entry


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
