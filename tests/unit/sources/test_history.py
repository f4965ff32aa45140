"""The history service: what is asked, and what an answer says of the subject."""

from typing import Any

import pytest

from conviction_gate.contracts.booking import Subject
from conviction_gate.contracts.history import History
from conviction_gate.sources.history import HistoryService
from conviction_gate.sources.http import ServiceError
from tests.support.services import SUBJECT
from tests.support.state_repository import StateRepository, clean, record

CONVICTED = {"disposition": "convicted", "severity": "misdemeanor", "decided_on": "2009-04-02"}


async def test_every_id_is_named_in_one_question_with_the_token(
    repository: StateRepository, histories: HistoryService
) -> None:
    await histories.history([SUBJECT])
    assert repository.asked == {"fbi_number=FBI-MARK-7&state_id=SID-MARK-7": 1}
    assert repository.headers["authorization"] == "Bearer TOKEN-MARK-7"


async def test_ids_of_any_letters_arrive_as_they_are(
    repository: StateRepository, histories: HistoryService
) -> None:
    asked: list[dict[str, str]] = []

    def answer(question: dict[str, str]) -> tuple[int, bytes]:
        asked.append(question)
        return record(question)

    repository.answer = answer
    subject = Subject(fbi_number="A&b=c /?#%", state_id="Ñ-7")
    assert await histories.history([subject]) == History()
    assert asked == [subject.ids]


async def test_a_404_that_repeats_the_question_is_a_clean_record(histories: HistoryService) -> None:
    assert await histories.history([SUBJECT]) == History()


@pytest.mark.parametrize(
    "body", [b"", b"<h1>Not Found</h1>", b"{}", b'{"subject": null}', b'{"subject": {"fbi_number": "X"}}']
)
async def test_any_other_404_is_no_answer(
    repository: StateRepository, histories: HistoryService, body: bytes
) -> None:
    repository.answer = lambda question: (404, body)
    with pytest.raises(ServiceError, match="404 without the ids in the question"):
        await histories.history([SUBJECT])


async def test_a_record_is_read_as_the_contract_says(
    repository: StateRepository, histories: HistoryService
) -> None:
    repository.answer = lambda question: record(
        question,
        records=[CONVICTED, {"disposition": "a word of next year"}],
        priorities=[{"kind": "gang", "record_id": "P-16"}],
        us_citizen=True,
        a_field_of_next_year=1,
    )
    found = await histories.history([SUBJECT])
    assert [record.disposition for record in found.records] == ["convicted", "unknown"]
    assert ([p.kind for p in found.priorities], found.us_citizen, found.conflicting) == (["gang"], True, False)


@pytest.mark.parametrize(
    ("answers", "records", "conflicting"),
    [
        ([[CONVICTED], [CONVICTED]], 1, False),
        ([[CONVICTED], []], 1, True),
        ([[CONVICTED], None], 1, False),
        ([None, None], 0, False),
    ],
)
async def test_two_subjects_of_one_case_that_differ_are_a_conflict(
    answers: list[Any],
    records: int,
    conflicting: bool,
    repository: StateRepository,
    histories: HistoryService,
) -> None:
    by_id = dict(zip(["F-1", "F-2"], answers, strict=True))

    def answer(question: dict[str, str]) -> tuple[int, bytes]:
        found = by_id[question["fbi_number"]]
        return clean(question) if found is None else record(question, records=found)

    repository.answer = answer
    found = await histories.history([Subject(fbi_number="F-1"), Subject(fbi_number="F-2")])
    assert (len(found.records), found.conflicting) == (records, conflicting)


async def test_an_answer_that_contradicts_an_id_is_a_conflict(
    repository: StateRepository, histories: HistoryService
) -> None:
    repository.answer = lambda question: record({**question, "state_id": "another"}, records=[CONVICTED])
    assert (await histories.history([SUBJECT])).conflicting


async def test_an_answer_that_knows_more_ids_is_none(
    repository: StateRepository, histories: HistoryService
) -> None:
    repository.answer = lambda question: record({**question, "fingerprint_id": "T-1"})
    assert not (await histories.history([SUBJECT])).conflicting
