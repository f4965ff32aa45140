"""Each call of the door: what is answered, and what becomes of the message."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from conviction_gate.client.errors import NoWorker, ServerError
from conviction_gate.client.replies import Reply
from conviction_gate.contracts.names import CaseId
from conviction_gate.door import asking, bodies, problems, rates, sending
from conviction_gate.registry import RegistryError
from tests.support.door import (
    AGENCY,
    CALLERS,
    ELSEWHERE,
    FakeDoor,
    a_booking,
    a_conviction,
    a_dismissal,
    place,
)

CASE = CaseId(AGENCY, "A-1")


@pytest.fixture
def door() -> FakeDoor:
    return FakeDoor()


async def test_a_booking_opens_its_case_once(door: FakeDoor) -> None:
    first = await door.post("jail", "/v1/bookings", a_booking())
    assert (first.status_code, first.headers["location"]) == (201, place())
    again = await door.post("jail", "/v1/bookings", a_booking())
    assert (again.status_code, again.json()["duplicate"]) == (200, True)
    other = await door.post("jail", "/v1/bookings", a_booking(booking_number="B-2"))
    assert (other.status_code, other.headers["content-type"]) == (409, "application/problem+json")
    assert [message.sender for _, message in door.cases.sent] == ["jail"]


async def test_a_tracking_number_may_contain_a_slash(door: FakeDoor) -> None:
    opened = await door.post("jail", "/v1/bookings", a_booking("2012/7%"))
    assert opened.headers["location"] == f"/v1/cases/{AGENCY}/2012%2F7%25"
    assert (await door.get("jail", opened.headers["location"])).json()["tracking_number"] == "2012/7%"


async def test_a_message_is_answered_by_its_case(door: FakeDoor) -> None:
    await door.post("jail", "/v1/bookings", a_booking())
    answer = await door.post("court", f"{place()}/messages", a_conviction())
    assert (answer.status_code, answer.json()) == (
        200,
        {"accepted": True, "duplicate": False, "status": "waiting_for_court", "effect": "recorded"},
    )
    again = await door.post("court", f"{place()}/messages", a_conviction())
    assert (again.status_code, again.json()["duplicate"]) == (200, True)
    other = await door.post("court", f"{place()}/messages", a_conviction(decided_on="2013-07-16"))
    assert (other.status_code, other.json()["pointer"]) == (409, "/message_id")


async def test_a_court_message_opens_a_case(door: FakeDoor) -> None:
    answer = await door.post("court", f"{place()}/messages", a_conviction())
    assert (answer.status_code, answer.json()["effect"]) == (200, "recorded")
    assert [case_id for case_id, _ in door.cases.sent] == [CASE]


async def test_without_a_worker_a_message_is_recorded(door: FakeDoor) -> None:
    await door.post("jail", "/v1/bookings", a_booking())
    sent = Reply(status="accepted", text="sent to the case", case_id=str(CASE))
    door.cases.replies = [NoWorker(), sent]
    answer = await door.post("court", f"{place()}/messages", a_conviction())
    assert (answer.status_code, answer.json()["status"], answer.json()["accepted"]) == (202, None, True)


async def test_a_case_that_does_not_answer_in_time_has_the_message(
    door: FakeDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def for_ever(*_: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(sending, "SECONDS", 0.01)
    monkeypatch.setattr(door.cases, "submit", for_ever)
    answer = await door.post("court", f"{place()}/messages", a_conviction())
    assert (answer.status_code, answer.json()["status"]) == (202, None)
    assert len(door.cases.sent) == 1


async def test_after_a_flag_a_correction_is_started(door: FakeDoor) -> None:
    started = Reply(status="accepted", text="a correction was started", case_id=str(CASE), corrects=True)
    door.cases.replies = [started]
    answer = await door.post("court", f"{place()}/messages", a_dismissal(message_id="d/1"))
    assert (answer.status_code, answer.headers["location"]) == (202, f"{place()}/corrections/d%2F1")


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        ({"status": "closed", "text": "the case ended"}, 410),
        ({"status": "closed", "text": "the case ended", "known": True}, 200),
        ({"status": "refused", "text": "not now", "cause": "stopped"}, 409),
        ({"status": "refused", "text": "not you", "cause": "not_permitted"}, 403),
        ({"status": "refused", "text": "the case is full and takes no more messages"}, 409),
        ({"status": "refused", "text": "decided_on: is ahead"}, 422),
    ],
)
async def test_what_a_case_refuses(door: FakeDoor, reply: dict[str, Any], status: int) -> None:
    door.cases.replies = [Reply(case_id=str(CASE), **reply)]
    answer = await door.post("court", f"{place()}/messages", a_conviction())
    assert answer.status_code == status
    if status == 422:
        assert answer.json()["errors"] == [{"pointer": "/decided_on", "detail": "is ahead"}]


async def test_every_field_at_fault_is_named(door: FakeDoor) -> None:
    broken = a_booking(
        booked_at="yesterday", charge=[], charges=[{"charge_id": "1", "scheme": "CA-VC", "x": 1}]
    )
    answer = await door.post("jail", "/v1/bookings", broken)
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} == {
        "/booked_at",
        "/charge",
        "/charges/0/code",
        "/charges/0/x",
    }
    assert "yesterday" not in answer.text


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (a_conviction(type="confession"), "/type"),
        ({"message_id": "c-1"}, "/type"),
        (a_conviction(decided_on="2999-01-01"), "/decided_on"),
        ([1], ""),
        (a_conviction(charge_id="1\0"), ""),
    ],
)
async def test_a_message_that_does_not_fit(door: FakeDoor, body: Any, pointer: str) -> None:
    answer = await door.post("court", f"{place()}/messages", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert not door.cases.sent


async def test_two_charges_of_one_id(door: FakeDoor) -> None:
    twice = [{"charge_id": "1", "scheme": "CA-VC", "code": "12500(a)"}] * 2
    answer = await door.post("jail", "/v1/bookings", a_booking(charges=twice))
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/charges"]


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{", {}, 400),
        (b'{"a": NaN}', {}, 400),
        (b"[" * 60_000, {}, 400),
        (b"\xff", {}, 400),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"x" * 65_537, {}, 413),
    ],
)
async def test_bodies_that_cannot_be_read(
    door: FakeDoor, content: bytes, headers: dict[str, str], status: int
) -> None:
    async with door.client("jail") as client:
        headers = {"Content-Type": "application/json", **headers}
        answer = await client.post("/v1/bookings", content=content, headers=headers)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert not door.cases.sent


async def test_a_body_of_unknown_length_may_not_be_too_long(door: FakeDoor) -> None:
    async def parts() -> Any:
        for _ in range(10):
            yield b" " * 10_000

    async with door.client("jail", **{"Content-Type": "application/json"}) as client:
        assert (await client.post("/v1/bookings", content=parts())).status_code == 413


async def test_a_method_that_is_not_allowed(door: FakeDoor) -> None:
    async with door.client("jail") as client:
        answer = await client.delete("/v1/bookings")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await door.get("jail", "/v2")).status_code == 404


async def test_the_idempotency_key_is_the_message_id(door: FakeDoor) -> None:
    right = {"Idempotency-Key": "jms-A-1"}
    assert (await door.post("jail", "/v1/bookings", a_booking(), **right)).status_code == 201
    wrong = {"Idempotency-Key": "another"}
    assert (await door.post("jail", "/v1/bookings", a_booking("A-2"), **wrong)).status_code == 422


@pytest.mark.parametrize("error", [ServerError("the server at 10.9.9.9 is away"), RegistryError("it is away")])
async def test_what_is_away_can_be_tried_again(door: FakeDoor, error: Exception) -> None:
    door.cases.error = error
    for answer in (
        await door.post("jail", "/v1/bookings", a_booking()),
        await door.get("jail", place()),
        await door.get("reader", "/v1/flags"),
    ):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "10.9.9.9" not in answer.text


async def test_an_error_of_ours_is_a_problem_that_tells_nothing(door: FakeDoor) -> None:
    door.cases.error = ZeroDivisionError("secret")
    answer = await door.get("jail", place())
    assert (answer.status_code, answer.json()["title"]) == (500, "The door has failed")
    assert "secret" not in answer.text


# Rates --------------------------------------------------------------------------------------------------


async def test_a_caller_that_sends_too_much_waits() -> None:
    now = [0.0]
    slow = CALLERS.replace('may = ["read", "read_flags"]', 'may = "read_flags"\nper_minute = 2')
    door = FakeDoor(callers=slow, clock=lambda: now[0])
    assert [(await door.get("reader", "/v1/flags")).status_code for _ in range(3)] == [200, 200, 429]
    assert (await door.get("reader", "/v1/flags")).headers["retry-after"] == "30"
    assert (await door.get("all", "/v1/flags")).status_code == 200
    now[0] = 30.0
    assert (await door.get("reader", "/v1/flags")).status_code == 200


async def test_a_caller_that_sends_too_many_bytes_waits() -> None:
    now = [0.0]
    slow = CALLERS.replace('may = ["dismissal", "correction"]', 'may = "dismissal"\nbytes_per_minute = 1024')
    door = FakeDoor(callers=slow, clock=lambda: now[0])
    long = {"detail": "x" * 1024, **a_dismissal()}
    where = f"{place()}/messages"
    assert (await door.post("other-court", where, long)).status_code == 422
    refused = await door.post("other-court", where, a_dismissal())
    assert refused.status_code == 429
    assert (await door.post("court", where, a_dismissal())).status_code == 200
    now[0] = float(refused.headers["retry-after"])
    assert (await door.post("other-court", where, a_dismissal())).status_code == 200


async def test_a_caller_sends_one_case_so_many_messages_in_a_day() -> None:
    few = CALLERS.replace('may = ["dismissal", "correction"]', 'may = "dismissal"\nmessages_per_case = 1')
    door = FakeDoor(callers=few)
    first = await door.post("other-court", f"{place()}/messages", a_dismissal())
    second = await door.post("other-court", f"{place()}/messages", a_dismissal(message_id="d-2"))
    assert (first.status_code, second.status_code) == (200, 429)
    assert 0 < int(second.headers["retry-after"]) <= 86_400
    other = await door.post("other-court", f"{place('A-2')}/messages", a_dismissal())
    assert other.status_code == 200


async def test_a_caller_has_so_many_requests_open_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MAX_AT_ONCE", 2)
    door, waits, goes_on = FakeDoor(), asyncio.Event(), asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"{"
        waits.set()
        await goes_on.wait()

    async def stop_in_the_middle() -> int:
        async with door.client("all", **{"Content-Type": "application/json"}) as client:
            return (await client.post("/v1/bookings", content=body())).status_code

    slow = [asyncio.create_task(stop_in_the_middle()) for _ in range(2)]
    await waits.wait()
    refused = await door.get("all", "/v1/flags")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert (await door.get("reader", "/v1/flags")).status_code == 200
    goes_on.set()
    assert await asyncio.gather(*slow) == [400, 400]
    assert [(await door.get("all", "/v1/flags")).status_code for _ in range(3)] == [200] * 3


async def test_a_body_that_does_not_come(door: FakeDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_WITHIN", 0.05)

    async def body() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    async with door.client("all", **{"Content-Type": "application/json"}) as client:
        answer = await client.post("/v1/bookings", content=body())
    assert (answer.status_code, answer.json()["title"]) == (408, problems.TITLES["too-slow"][1])


# Asking -------------------------------------------------------------------------------------------------


async def test_a_case_and_its_tag(door: FakeDoor) -> None:
    await door.post("jail", "/v1/bookings", a_booking())
    answer = await door.get("reader", place())
    assert answer.json()["source"] == "case"
    tag = answer.headers["etag"]
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        same = await door.get("reader", place(), **{"If-None-Match": known})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    assert (await door.get("reader", place(), **{"If-None-Match": '"x"'})).status_code == 200
    assert (await door.get("reader", place("A-9"))).status_code == 404


async def test_waiting_ends_with_the_change(door: FakeDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "LOOK_EVERY", 0.01)
    await door.post("jail", "/v1/bookings", a_booking())
    tag = (await door.get("reader", place())).headers["etag"]
    waiting = asyncio.create_task(door.get("reader", f"{place()}?wait=60", **{"If-None-Match": tag}))
    await door.post("court", f"{place()}/messages", a_conviction())
    answer = await waiting
    assert (answer.status_code, answer.json()["messages_total"]) == (200, 2)
    unchanged = await door.get("reader", f"{place()}?wait=1", **{"If-None-Match": answer.headers["etag"]})
    assert unchanged.status_code == 304


@pytest.mark.parametrize(("accept", "kind"), [("text/plain", "text/plain"), ("*/*", "application/json")])
async def test_an_explanation(door: FakeDoor, accept: str, kind: str) -> None:
    await door.post("jail", "/v1/bookings", a_booking())
    answer = await door.get("reader", f"{place()}/explanation", Accept=accept)
    assert answer.headers["content-type"].startswith(kind)
    text = answer.text if kind == "text/plain" else answer.json()["text"]
    assert text.startswith("The arrest\n  The agency CA0190000")


async def test_lists_are_of_the_callers_agencies(door: FakeDoor) -> None:
    await door.get(
        "reader", f"/v1/cases?agency={AGENCY}&status=flagged&attention=true&waiting_longer_than=180d"
    )
    await door.get("reader", "/v1/flags?since=2026-01-01T00:00:00Z&status=active&limit=5")
    await door.get("all", "/v1/cases")
    (cases, size, _), (flags, most, _), (everything, _, _) = door.cases.wanted
    assert (cases.agencies, cases.agency, cases.status, cases.attention, size) == (
        ("CA",),
        AGENCY,
        "flagged",
        True,
        100,
    )
    assert (flags.agencies, flags.status, most) == (("CA",), "active", 5)
    assert everything.agencies is None


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/v1/cases?status=lost", "status"),
        ("/v1/cases?agency=CA", "agency"),
        ("/v1/cases?attention=maybe", "attention"),
        ("/v1/cases?waiting_longer_than=long", "waiting_longer_than"),
        ("/v1/cases?limit=0", "limit"),
        ("/v1/cases?limit=1&limit=2", "limit"),
        ("/v1/cases?colour=red", "colour"),
        ("/v1/flags?since=yesterday", "since"),
        ("/v1/flags?since=2026-01-01T00:00:00", "since"),
        ("/v1/flags?since=0.5", "since"),
        ("/v1/flags?page=x", "page"),
        ("/v1/cases?page=", "page"),
        (f"{place()}?wait=61", "wait"),
        ("/v1/charges/CA-VC/12500?on=today", "on"),
    ],
)
async def test_parameters_that_do_not_fit(door: FakeDoor, path: str, parameter: str) -> None:
    answer = await door.get("all", path)
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, parameter)


async def test_a_code_of_the_catalog(door: FakeDoor) -> None:
    answer = await door.get("jail", "/v1/charges/CA-VC/12500(a)")
    assert (answer.status_code, answer.json()["charge_class"]) == (200, "minor_traffic")
    unknown = await door.get("jail", "/v1/charges/CA-VC/99999")
    assert (unknown.status_code, "near" in unknown.json()) == (404, True)


# The audit ----------------------------------------------------------------------------------------------


async def test_each_request_is_one_line_of_the_audit(door: FakeDoor) -> None:
    await door.post("court", f"{place()}/messages", a_conviction(court="a court of that name"))
    await door.post("reviewer", f"{place()}/rulings", {"message_id": "m-1"})
    await door.get(None, place())
    sent, ruled, unknown = map(json.loads, door.audit)
    assert {
        name: sent[name] for name in ("caller", "person", "by", "right", "case", "message_id", "status")
    } == {
        "caller": "court",
        "person": None,
        "by": "key",
        "right": "conviction",
        "case": str(CASE),
        "message_id": "c-1",
        "status": 200,
    }
    assert sent["route"] == "/v1/cases/{agency}/{tracking_number}/messages"
    assert sent["size"] > 0
    assert len(sent["sha256"]) == 64
    assert (ruled["person"], ruled["right"], ruled["status"]) == ("r-7", "review", 422)
    assert (unknown["caller"], unknown["status"]) == (None, 401)
    assert not any("of that name" in line or "cg_" in line for line in door.audit)


async def test_nobody_touches_a_case_of_another_agency(door: FakeDoor) -> None:
    assert (await door.post("jail", "/v1/bookings", a_booking(agency=ELSEWHERE))).status_code == 404
    assert (await door.post("court", f"{place(agency=ELSEWHERE)}/messages", a_conviction())).status_code == 404
    there, nowhere = await door.get("jail", place(agency=ELSEWHERE)), await door.get("jail", place("A-9"))
    assert there.json() == nowhere.json()
    assert not door.cases.sent
