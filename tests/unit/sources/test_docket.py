"""The docket service: the messages of one arrest."""

import json
from typing import Any

import pytest

from conviction_gate.sources.docket import DocketService
from conviction_gate.sources.http import ServiceError
from tests.support.state_repository import StateRepository, answer_with, clean

ENTRY = {"type": "conviction", "message_id": "c-1", "charge_id": "1", "decided_on": "2013-07-15"}


async def test_the_court_is_asked_for_one_arrest(repository: StateRepository, dockets: DocketService) -> None:
    repository.answer = answer_with({"messages": [ENTRY, {"type": "of next year"}, 7]})
    found = await dockets.docket("CAZZ00100", "A-1")
    assert [json.loads(text) for text in found] == [ENTRY, {"type": "of next year"}, 7]
    assert repository.asked == {"agency=CAZZ00100&tracking_number=A-1": 1}
    assert await dockets.has_docket()


async def test_a_court_that_holds_nothing(repository: StateRepository, dockets: DocketService) -> None:
    repository.answer = answer_with({"messages": []})
    assert await dockets.docket("CAZZ00100", "A-1") == ()
    repository.answer = clean
    assert await dockets.docket("CAZZ00100", "A-1") == ()


@pytest.mark.parametrize("value", [{}, {"messages": None}, {"messages": {}}, [], "no"])
async def test_a_docket_that_is_no_list_is_no_answer(
    value: Any, repository: StateRepository, dockets: DocketService
) -> None:
    repository.answer = answer_with(value)
    with pytest.raises(ServiceError, match="is not valid"):
        await dockets.docket("CAZZ00100", "A-1")
