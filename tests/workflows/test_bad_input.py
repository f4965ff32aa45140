"""Whatever a sender can send: the case stays as it was, and the reason is kept."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from conviction_gate.config.settings import Settings
from conviction_gate.contracts.case import CaseResult
from conviction_gate.contracts.names import NEEDS_ATTENTION, CaseId
from conviction_gate.registry import Registry
from tests.support.workflow_cases import (
    booking,
    case_id,
    conviction,
    court_update,
    dismissal,
    finding,
    raw,
    rejected,
    review_decision,
    settled,
    start,
    submit,
    view,
)
from worker import make_worker

Handle = WorkflowHandle[Any, CaseResult]
Payloads = Callable[[CaseId], Sequence[Any]]


def always(*payloads: Any) -> Payloads:
    return lambda case: payloads


def without(field: str, message: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name != field}


MISFITS: dict[str, tuple[str, Payloads, str]] = {
    "not JSON": ("conviction", always(raw(b"{oops")), "the payload is not JSON"),
    "not UTF-8": ("conviction", always(raw(b'{"message_id": "\xff"}')), "not UTF-8"),
    "empty": ("conviction", always(raw(b"")), "the payload is not JSON"),
    "wrong type": ("conviction", always(conviction(charge_id=1)), "charge_id: not a text"),
    "date as a number": ("conviction", always(conviction(decided_on=20130715)), "decided_on: not a date"),
    "no such date": ("conviction", always(conviction(decided_on="2013-02-30")), "decided_on: not a date"),
    "unknown word": ("dismissal", always(dismissal(disposition="gone")), "disposition: an unknown word"),
    "missing field": ("conviction", always(without("charge_id", conviction())), "charge_id: missing"),
    "no payload": ("conviction", always(), "no payload"),
    "three payloads": ("conviction", always(conviction(), conviction(), conviction()), "3 payloads"),
    "unknown encoding": ("conviction", always(raw(b"\x00\x01", "binary/sealed")), "'binary/sealed'"),
    "binary": ("conviction", always(raw(b"\x00\x01", "binary/plain")), "encoding 'binary/plain'"),
    "no encoding": ("conviction", always(raw(b"{}", "")), "the encoding ''"),
    "binary null": ("conviction", always(raw(b"", "binary/null")), "the payload is null"),
    "text": ("conviction", always("guilty"), "the payload is a text"),
    "number": ("conviction", always(7), "the payload is a number"),
    "list": ("conviction", always([]), "the payload is a list"),
    "not a number": ("conviction", always(raw(b'{"x": NaN}')), "the payload is not JSON"),
    "unknown signal": ("verdict", always(conviction()), "'verdict' is not a known signal"),
    "200 years ahead": ("conviction", always(conviction(decided_on="2226-01-01")), "decided_on: 2226-01-01 is"),
    "200 KB": ("conviction", always(conviction(court="x" * 200_000)), "court: longer than 2000 characters"),
    "long id": ("conviction", always(conviction("x" * 129)), "message_id: longer than 128 characters"),
    "empty id": ("conviction", always(conviction("")), "message_id: empty"),
    "another case": (
        "booking",
        lambda case: [booking(CaseId(case.agency, "T-2"), message_id="b-2")],
        "tracking_number: names another case",
    ),
    "another agency": (
        "booking",
        lambda case: [booking(CaseId("ZZ0000200", case.tracking_number), message_id="b-2")],
        "agency: names another case",
    ),
    "same id, other content": (
        "booking",
        lambda case: [booking(case, booking_number="B-2")],
        "message_id: this sender used that id",
    ),
    "same id, other type": (
        "conviction",
        always(conviction("b-1")),
        "message_id: this sender used that id",
    ),
    "lone surrogate": (
        "conviction",
        always(raw(b'{"message_id": "\\ud800", "charge_id": "1", "decided_on": "2013-07-15"}')),
        "half a character",
    ),
    "NUL": (
        "conviction",
        always(raw(b'{"message_id": "c\\u0000", "charge_id": "1", "decided_on": "2013-07-15"}')),
        "NUL character",
    ),
    "deep nesting": (
        "conviction",
        always(raw(b'{"message_id": ' + b"[" * 20_000 + b"]" * 20_000 + b"}")),
        "nested too deeply",
    ),
    "nested somewhat": (
        "conviction",
        always(raw(b'{"type": "conviction", "message_id": ' + b"[" * 150 + b"]" * 150 + b"}")),
        "message_id: not a text",
    ),
}


async def waiting(client: Client) -> tuple[CaseId, Handle]:
    case = case_id()
    handle = await start(client, case, booking(case))
    await settled(handle, "waiting_for_court")
    return case, handle


async def convicted(handle: Handle) -> None:
    """A good conviction flags, so that nothing before it took its place or its id."""
    await handle.signal("conviction", conviction())
    result = await handle.result()
    assert (result.outcome, result.rule, result.grounds) == ("flagged", "flag.convicted", ("c-1",))


@pytest.mark.parametrize("name", MISFITS)
async def test_a_signal_that_does_not_fit_is_kept_with_the_reason(name: str, client: Client) -> None:
    signal, payloads, reason = MISFITS[name]
    case, handle = await waiting(client)
    await handle.signal(signal, args=payloads(case))
    seen = await rejected(handle, 1)
    assert (seen.status, seen.rule, seen.messages_total) == ("waiting_for_court", "defer.traffic_only", 1)
    (kept,) = seen.rejected
    assert kept.name == signal
    assert reason in kept.reason
    assert len(kept.payload) <= 500
    assert seen.needs_attention
    assert (await handle.describe()).typed_search_attributes[NEEDS_ATTENTION]
    await convicted(handle)


async def test_updates_that_do_not_fit_are_refused_and_leave_no_trace(client: Client) -> None:
    case, handle = await waiting(client)
    updates: dict[str, tuple[Sequence[Any], str]] = {
        name: ([{"type": signal} | p if isinstance(p, dict) else p for p in payloads(case)], reason)
        for name, (signal, payloads, reason) in MISFITS.items()
    }
    updates["no type"] = ([conviction()], "type: missing")
    updates["type a number"] = ([conviction(type=7)], "type: not a text")
    for name, (payloads, reason) in updates.items():
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await submit(handle, *payloads)
        assert isinstance(refused.value.cause, ApplicationError), name
        assert reason in refused.value.cause.message, name
    history = await handle.fetch_history()
    accepted = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED
    assert accepted not in {event.event_type for event in history.events}
    seen = await settled(handle, "waiting_for_court")
    assert (seen.rejected_total, seen.messages_total) == (0, 1)
    await convicted(handle)


async def test_submit_answers_with_status_and_effect(client: Client) -> None:
    case = case_id()
    charges = [
        {"charge_id": "1", "scheme": "CA-VC", "code": "12500(a)"},
        {"charge_id": "2", "scheme": "CA-VC", "code": "14601.1(a)"},
    ]
    handle = await start(client, case, booking(case, charges=charges))
    await settled(handle, "waiting_for_court")
    answer = await submit(handle, {"type": "dismissal"} | dismissal())
    assert answer.accepted
    assert not answer.duplicate
    assert answer.status == "waiting_for_court"
    assert "charge 2 still open" in answer.effect
    again = await submit(handle, {"type": "dismissal"} | dismissal())
    assert again.duplicate
    assert again.status == "waiting_for_court"
    last = await submit(handle, {"type": "conviction"} | conviction(charge_id="2"))
    assert not last.duplicate
    assert last.status == "flagged"
    assert (await handle.result()).outcome == "flagged"


async def test_submit_is_answered_while_the_booking_has_not_come(client: Client) -> None:
    case = case_id()
    handle = await start(client, case, None)
    await handle.signal("court_update", court_update("u-1"))
    await settled(handle, "awaiting_booking", messages=1)
    answer = await submit(handle, {"type": "conviction"} | conviction())
    assert answer.status == "awaiting_booking"
    assert not answer.duplicate
    answer = await submit(handle, {"type": "booking"} | booking(case))
    assert answer.accepted
    assert (await handle.result()).outcome == "flagged"


async def test_a_charge_that_the_case_lacks_counts_once_it_is_filed(client: Client) -> None:
    _, handle = await waiting(client)
    await handle.signal("conviction", conviction(charge_id="9"))
    seen = await settled(handle, "waiting_for_court", messages=2)
    assert seen.rejected_total == 0
    assert "kept until charge 9 is filed" in seen.messages[-1].effect
    charge = {"charge_id": "9", "scheme": "CA-VC", "code": "12500(a)"}
    await handle.signal("amendment", {"message_id": "a-1", "filed_on": "2012-06-01", "charge": charge})
    result = await handle.result()
    assert (result.outcome, result.grounds) == ("flagged", ("c-1",))


async def test_the_id_of_a_rejected_message_is_not_used_up(client: Client) -> None:
    _, handle = await waiting(client)
    await handle.signal("conviction", conviction("c-1", decided_on="soon"))
    await rejected(handle, 1)
    await convicted(handle)


async def test_many_rejected_messages_are_counted_and_the_last_hundred_kept(client: Client) -> None:
    _, handle = await waiting(client)
    for number in range(105):
        await handle.signal("verdict", number)
    seen = await rejected(handle, 105)
    assert len(seen.rejected) == 100
    assert [kept.payload for kept in seen.rejected] == [str(number) for number in range(5, 105)]
    await convicted(handle)


async def test_a_flood_of_bad_messages_does_not_hold_the_case_up(
    server: WorkflowEnvironment, registry: Registry
) -> None:
    """All at once, as after an outage of the worker, on a case as large as one can be."""
    case, queue = case_id(), "booking-cases-flood"
    charges = [{"charge_id": str(n), "scheme": "CA-VC", "code": "12500(a)"} for n in range(100)]
    async with make_worker(server.client, registry, Settings(), task_queue=queue):
        handle = await start(server.client, case, booking(case, charges=charges), task_queue=queue)
        await settled(handle, "waiting_for_court")
    await asyncio.gather(*(handle.signal("verdict", number) for number in range(500)))
    async with make_worker(server.client, registry, Settings(), task_queue=queue):
        seen = await rejected(handle, 500)
        assert (seen.status, seen.rejected_total) == ("waiting_for_court", 500)
        await convicted(handle)


@pytest.mark.parametrize("encoding", ["json/protobuf", "binary/protobuf"])
async def test_a_payload_of_the_servers_own_kind_does_not_hold_the_case_up(
    encoding: str, client: Client
) -> None:
    alien = Payload(
        metadata={"encoding": encoding.encode(), "messageType": b"google.protobuf.Struct"},
        data=b'{"a":1}' if encoding == "json/protobuf" else b"",
    )
    _, handle = await waiting(client)
    await handle.signal("conviction", RawValue(alien))
    seen = await rejected(handle, 1)
    assert encoding in seen.rejected[0].reason
    await convicted(handle)
    opened = await start(client, case_id(), RawValue(alien))
    assert (await rejected(opened, 1)).status == "awaiting_booking"


async def test_a_case_of_very_many_charges_ends_by_itself(client: Client) -> None:
    """Not by the server's hand, which ends a case whose outcome is too large for one message."""
    case = case_id()
    handle = await start(client, case, booking(case))
    for number in range(1, 40):
        charges = [
            {"charge_id": f"k-{number}-{n}", "scheme": "Z", "code": f"k.{number}.{n}"} for n in range(100)
        ]
        await handle.signal("booking", booking(case, message_id=f"again-{number}", charges=charges))
    seen = await rejected(handle, 1)
    assert "the case is full" in seen.rejected[0].reason
    await handle.signal("subject_finding", finding("f-1", "deceased"))
    assert (await handle.result()).rule == "clear.deceased"


async def test_a_flood_of_rulings_does_not_hold_the_case_up(
    server: WorkflowEnvironment, registry: Registry
) -> None:
    """Each asks the rules what stands; those that are too many for one task are read in the next ones."""
    case, queue = case_id(), "booking-cases-rulings"
    charges = [{"charge_id": str(n), "scheme": "CA-VC", "code": f"99{n:03d}"} for n in range(50)]
    rulings = [
        review_decision(f"r-{number}", "minor_traffic", charge_id=str(number % 50)) for number in range(300)
    ]
    dismissals = [
        dismissal(f"d-{number}", charge_id=str(number % 50), decided_on=f"2013-0{1 + number // 100}-01")
        for number in range(300)
    ]
    async with make_worker(server.client, registry, Settings(), task_queue=queue):
        handle = await start(server.client, case, booking(case, charges=charges), task_queue=queue)
        await settled(handle, "needs_review")
    for ruling, end in zip(rulings, dismissals, strict=True):
        await asyncio.gather(handle.signal("review_decision", ruling), handle.signal("dismissal", end))
    async with make_worker(server.client, registry, Settings(), task_queue=queue):
        assert (await handle.result()).rule == "clear.no_conviction"
        seen = await view(handle)
    assert (seen.messages_total, seen.rejected_total) == (601, 0)


async def test_after_the_end_the_sender_is_told(client: Client) -> None:
    _, handle = await waiting(client)
    await convicted(handle)
    with pytest.raises(RPCError, match="already completed"):
        await handle.signal("dismissal", dismissal())


@pytest.mark.parametrize("nothing", [(None,), (raw(b"null"),), (raw(b"", "binary/null"),)], ids=str)
async def test_a_case_may_open_without_its_booking(nothing: Sequence[Any], client: Client) -> None:
    case = case_id()
    handle = await start(client, case, *nothing)
    seen = await settled(handle, "awaiting_booking")
    assert (seen.rejected_total, seen.needs_attention) == (0, False)
    await handle.signal("booking", booking(case))
    await settled(handle, "waiting_for_court")
    await convicted(handle)


TWICE = [{"charge_id": "1", "scheme": "CA-VC", "code": "12500(a)"}] * 2
STARTS: dict[str, tuple[Payloads, str]] = {
    "text": (always("booking"), "the payload is a text"),
    "number": (always(1), "the payload is a number"),
    "empty list": (always([]), "the payload is a list"),
    "empty object": (always({}), "message_id: missing"),
    "not JSON": (always(raw(b"{")), "the payload is not JSON"),
    "unknown encoding": (always(raw(b"\x01", "binary/sealed")), "'binary/sealed'"),
    "half a booking": (lambda case: [without("subject", booking(case))], "subject: missing"),
    "nobody": (lambda case: [booking(case, subject={})], "subject: give at least one"),
    "no charges": (lambda case: [booking(case, charges=[])], "charges: an empty list"),
    "two charges of one id": (lambda case: [booking(case, charges=TWICE)], "two charges have one charge_id"),
    "no offset": (
        lambda case: [booking(case, booked_at="2012-05-14T08:00:00")],
        "booked_at: not a time with an offset",
    ),
    "two inputs": (lambda case: [booking(case), booking(case)], "2 payloads"),
    "two nulls": (always(None, None), "2 payloads"),
    "another case": (lambda case: [booking(CaseId(case.agency, "T-2"))], "tracking_number: names another case"),
}


@pytest.mark.parametrize("name", STARTS)
async def test_a_start_that_does_not_fit_waits_for_the_mended_booking(name: str, client: Client) -> None:
    inputs, reason = STARTS[name]
    case = case_id()
    handle = await start(client, case, *inputs(case))
    seen = await rejected(handle, 1)
    assert seen.status == "awaiting_booking"
    assert reason in seen.rejected[0].reason
    assert seen.rejected[0].name == "BookingCase"
    assert seen.needs_attention
    await handle.signal("booking", booking(case))
    await settled(handle, "waiting_for_court")
    await convicted(handle)


async def test_a_start_without_any_input_waits_for_the_booking(client: Client) -> None:
    case = case_id()
    handle = await start(client, case)
    await settled(handle, "awaiting_booking")
    await handle.signal("booking", booking(case))
    await settled(handle, "waiting_for_court")
    await convicted(handle)


async def test_nothing_mends_a_workflow_id_that_names_no_case(client: Client) -> None:
    case = case_id()
    handle = await start(client, CaseId("zz", case.tracking_number), booking(case))
    seen = await rejected(handle, 2)
    assert seen.status == "awaiting_booking"
    assert all("the workflow id is not booking-case:" in kept.reason for kept in seen.rejected)
    await handle.signal("booking", booking(case))
    await rejected(handle, 3)
    answer = await submit(handle, {"type": "conviction"} | conviction())
    assert answer.status == "awaiting_booking"
    await handle.terminate()


@pytest.mark.parametrize("status", ["awaiting_booking", "waiting_for_court"])
async def test_a_case_is_not_canceled(status: str, client: Client) -> None:
    case = case_id()
    handle = await start(client, case, booking(case) if status == "waiting_for_court" else None)
    await settled(handle, status)
    await handle.cancel()
    seen = await rejected(handle, 1)
    assert (seen.status, seen.needs_attention) == (status, True)
    assert (seen.rejected[0].name, seen.rejected[0].payload) == ("cancel", "")
    assert "not canceled" in seen.rejected[0].reason
    await handle.signal("booking", booking(case))
    await convicted(handle)
