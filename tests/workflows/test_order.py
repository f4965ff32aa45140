"""Messages in any order, more than once, and before what they are about: the same outcome."""

import asyncio
from collections.abc import Sequence
from itertools import permutations
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle

from conviction_gate.contracts.case import CaseResult
from tests.support.workflow_cases import (
    amendment,
    booking,
    case_id,
    conviction,
    correction,
    court_update,
    dismissal,
    finding,
    open_by_signal,
    raw,
    review_decision,
    settled,
    start,
)

Handle = WorkflowHandle[Any, CaseResult]
Sent = tuple[str, dict[str, Any]]


async def send(handle: Handle, *messages: Sent) -> None:
    for name, message in messages:
        await handle.signal(name, message)


async def opened(client: Client) -> Handle:
    case = case_id()
    handle = await start(client, case, booking(case))
    await settled(handle, "waiting_for_court")
    return handle


async def outcome(handle: Handle) -> tuple[str, str, tuple[str, ...]]:
    result = await handle.result()
    return result.outcome, result.rule, result.grounds


@pytest.mark.parametrize("nothing", [None, raw(b"null"), raw(b"", "binary/null")], ids=str)
async def test_the_court_may_come_before_the_booking(nothing: Any, client: Client) -> None:
    case = case_id()
    handle = await open_by_signal(client, case, "conviction", conviction(), input=nothing)
    seen = await settled(handle, "awaiting_booking", messages=1)
    assert seen.rejected_total == 0
    await handle.signal("booking", booking(case))
    assert await outcome(handle) == ("flagged", "flag.convicted", ("c-1",))


ENDS: dict[str, tuple[Sequence[Sent], tuple[str, str, tuple[str, ...]]]] = {
    "reinstated, then convicted": (
        [
            ("dismissal", dismissal("d-1", disposition="dismissed_without_prejudice", decided_on="2013-01-07")),
            ("court_update", court_update("u-1", "reinstated", occurred_on="2013-02-04")),
            ("conviction", conviction("c-1")),
        ],
        ("flagged", "flag.convicted", ("c-1",)),
    ),
    "convicted in error, then dismissed": (
        [
            ("conviction", conviction("c-1")),
            ("correction", correction("k-1", "c-1")),
            ("dismissal", dismissal("d-1", decided_on="2014-01-08")),
        ],
        ("cleared", "clear.no_conviction", ("d-1",)),
    ),
    "convicted, and affirmed on appeal": (
        [
            ("conviction", conviction("c-1")),
            ("court_update", court_update("u-1", "appeal_filed", occurred_on="2013-07-20")),
            ("court_update", court_update("u-2", "appeal_affirmed", occurred_on="2014-02-03")),
        ],
        ("flagged", "flag.convicted", ("c-1",)),
    ),
}


@pytest.mark.parametrize("name", ENDS)
async def test_every_order_of_arrival_ends_alike(name: str, client: Client) -> None:
    messages, expected = ENDS[name]

    async def in_order(order: Sequence[Sent]) -> tuple[str, str, tuple[str, ...]]:
        """The court's messages come first, so that all of them are there when the case decides."""
        case = case_id()
        handle = await start(client, case, None)
        await send(handle, *order, *order)
        await handle.signal("booking", booking(case))
        return await outcome(handle)

    ends = await asyncio.gather(*(in_order(order) for order in permutations(messages)))
    assert set(ends) == {expected}


async def test_a_duplicate_changes_nothing(client: Client) -> None:
    handle = await opened(client)
    update = ("court_update", court_update("u-1"))
    await send(handle, update, update, update, ("court_update", court_update("u-2")))
    seen = await settled(handle, "waiting_for_court", messages=3)
    assert [message.message_id for message in seen.messages] == ["b-1", "u-1", "u-2"]
    assert (seen.messages_total, seen.rejected_total) == (3, 0)
    await handle.terminate()


async def test_two_senders_may_use_one_id(client: Client) -> None:
    handle = await opened(client)
    await send(
        handle,
        ("court_update", court_update("u-1", sender="court")),
        ("court_update", court_update("u-1", "warrant_issued", sender="clerk")),
    )
    seen = await settled(handle, "waiting_for_court", messages=3)
    assert seen.rejected_total == 0
    await handle.terminate()


async def test_a_correction_undoes_what_says_the_same_under_another_id(client: Client) -> None:
    case = case_id()
    handle = await start(client, case, None)
    await send(
        handle,
        ("conviction", conviction("c-1", court="Superior Court")),
        ("conviction", conviction("c-2", sender="clerk")),
        ("correction", correction("k-1", "c-1")),
        ("booking", booking(case)),
    )
    seen = await settled(handle, "waiting_for_court", messages=4)
    assert seen.rule == "defer.traffic_only"
    await send(handle, ("conviction", conviction("c-3", decided_on="2014-03-04")))
    assert await outcome(handle) == ("flagged", "flag.convicted", ("c-3",))


async def test_a_correction_may_come_before_what_it_corrects(client: Client) -> None:
    handle = await opened(client)
    await send(handle, ("correction", correction("k-1", "c-1")), ("conviction", conviction("c-1")))
    seen = await settled(handle, "waiting_for_court", messages=3)
    assert seen.charges[0].disposition is None
    await send(handle, ("dismissal", dismissal("d-1", decided_on="2014-03-04")))
    assert await outcome(handle) == ("cleared", "clear.no_conviction", ("d-1",))


async def test_an_amendment_opens_its_charge_again(client: Client) -> None:
    case = case_id()
    handle = await start(client, case, None)
    await send(
        handle,
        ("dismissal", dismissal("d-1")),
        ("amendment", amendment("a-1", "2013-08-01", code="22350")),
        ("booking", booking(case)),
    )
    seen = await settled(handle, "waiting_for_court", messages=3)
    assert (seen.charges[0].code, seen.charges[0].disposition) == ("22350", None)
    await send(handle, ("dismissal", dismissal("d-2", decided_on="2013-09-01")))
    assert await outcome(handle) == ("cleared", "clear.no_conviction", ("d-2",))


async def test_a_conviction_under_appeal_waits_for_its_end(client: Client) -> None:
    case = case_id()
    handle = await start(client, case, None)
    await send(
        handle,
        ("conviction", conviction()),
        ("court_update", court_update("u-1", "appeal_filed", occurred_on="2013-07-15")),
        ("booking", booking(case)),
    )
    seen = await settled(handle, "needs_review")
    assert (seen.rule, seen.needs_attention) == ("review.unclear_disposition", True)
    await send(handle, ("court_update", court_update("u-2", "appeal_affirmed", occurred_on="2014-02-03")))
    assert (await outcome(handle))[:2] == ("flagged", "flag.convicted")


@pytest.mark.parametrize(
    ("ruling", "expected"),
    [
        ("not_conviction", ("cleared", "clear.no_conviction")),
        ("conviction", ("flagged", "flag.convicted")),
    ],
)
async def test_a_person_settles_two_ends_of_one_date(
    ruling: str, expected: tuple[str, str], client: Client
) -> None:
    case = case_id()
    handle = await start(client, case, None)
    await send(
        handle,
        ("conviction", conviction()),
        ("dismissal", dismissal()),
        ("booking", booking(case)),
    )
    seen = await settled(handle, "needs_review")
    assert seen.rule == "review.unclear_disposition"
    await send(handle, ("review_decision", review_decision("r-1", "minor_traffic", charge_id="1")))
    seen = await settled(handle, "needs_review", messages=4)
    assert seen.messages[-1].effect.startswith("no effect")
    await send(handle, ("review_decision", review_decision("r-2", ruling, charge_id="1")))
    assert (await outcome(handle))[:2] == expected


async def test_a_ruling_where_no_question_stands_has_no_effect(client: Client) -> None:
    handle = await opened(client)
    await send(handle, ("review_decision", review_decision("r-1", "conviction", charge_id="1")))
    seen = await settled(handle, "waiting_for_court", messages=2)
    assert seen.messages[-1].effect == "no effect: no question is open"
    await send(handle, ("dismissal", dismissal()))
    assert (await outcome(handle))[:2] == ("cleared", "clear.no_conviction")


async def test_a_finding_of_citizenship_clears_this_case_and_later_ones(client: Client) -> None:
    first, second = case_id(), case_id()
    handle = await start(client, first, booking(first))
    await send(handle, ("subject_finding", finding("f-1", "us_citizen")))
    assert await outcome(handle) == ("cleared", "clear.us_citizen", ("f-1",))
    again = booking(second, subject={"fbi_number": f"F{first.tracking_number}", "state_id": "S-1"})
    charges = [{"charge_id": "1", "scheme": "CA-VC", "code": "23152(a)"}]
    handle = await start(client, second, again | {"charges": charges})
    assert (await outcome(handle))[:2] == ("cleared", "clear.us_citizen")


async def test_a_booking_that_comes_again_brings_its_charges(client: Client) -> None:
    case = case_id()
    handle = await start(client, case, booking(case))
    charges = [
        {"charge_id": "1", "scheme": "CA-VC", "code": "12500(a)", "severity": "misdemeanor"},
        {"charge_id": "2", "scheme": "CA-VC", "code": "22350"},
    ]
    again = booking(case, message_id="b-2", booked_at="2012-09-01T08:00:00+00:00", charges=charges)
    await send(handle, ("booking", again), ("dismissal", dismissal()))
    seen = await settled(handle, "waiting_for_court", messages=3)
    assert [(charge.charge_id, charge.disposition) for charge in seen.charges] == [
        ("1", "dismissed"),
        ("2", None),
    ]
    await send(handle, ("dismissal", dismissal("d-2", charge_id="2")))
    assert await outcome(handle) == ("cleared", "clear.no_conviction", ("d-1", "d-2"))


async def test_a_sender_opens_the_case_or_signals_the_open_one(client: Client) -> None:
    case = case_id()
    await open_by_signal(client, case, "conviction", conviction("c-1"))
    handle = await open_by_signal(client, case, "conviction", conviction("c-2"))
    await settled(handle, "awaiting_booking", messages=2)
    await send(handle, ("booking", booking(case)))
    assert await outcome(handle) == ("flagged", "flag.convicted", ("c-1", "c-2"))
