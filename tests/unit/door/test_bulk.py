"""Many messages, one a line: what each is answered, and what is bounded."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from conviction_gate.client.errors import ServerError
from conviction_gate.contracts.names import CaseId
from conviction_gate.door import bulk
from tests.support.door import AGENCY, ELSEWHERE, FakeDoor, a_booking, a_conviction, a_dismissal

HERE = {"agency": AGENCY, "tracking_number": "A-1"}
NDJSON = {"Content-Type": "application/x-ndjson"}


@pytest.fixture
def door() -> FakeDoor:
    return FakeDoor()


def lines_of(*lines: Any) -> bytes:
    return b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)


async def posted(
    door: FakeDoor, content: Any, caller: str = "all"
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    async with door.client(caller, **NDJSON) as client:
        answer = await client.post("/v1/messages", content=content)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    *lines, last = map(json.loads, answer.text.splitlines())
    return lines, last["summary"]


async def test_each_line_is_answered_in_order_and_a_summary_is_last(door: FakeDoor) -> None:
    body = lines_of(
        {"type": "booking", **a_booking()},
        {**HERE, **a_conviction()},
        b"",
        {**HERE, **a_conviction()},
        b"{",
        {**HERE, **a_conviction(message_id="c-2", decided_on="soon", x=1)},
        {**HERE, **a_conviction(), "agency": "CA"},
        a_conviction(),
        {**HERE, **a_conviction(decided_on="2013-07-16")},
        b"x" * 70_000,
    )[:-1]
    lines, summary = await posted(door, body)
    statuses = [
        "accepted",
        "accepted",
        "duplicate",
        "refused",
        "refused",
        "refused",
        "refused",
        "refused",
        "refused",
    ]
    assert [line["status"] for line in lines] == statuses
    assert [line["line"] for line in lines] == [1, 2, 4, 5, 6, 7, 8, 9, 10]
    assert lines[3]["detail"] == "the line is not JSON in UTF-8; send one JSON object"
    assert {error["pointer"] for error in lines[4]["errors"]} == {"/decided_on", "/x"}
    assert [error["pointer"] for error in lines[5]["errors"]] == ["/agency"]
    assert [error["pointer"] for error in lines[6]["errors"]] == ["/agency", "/tracking_number"]
    assert lines[7]["errors"][0]["pointer"] == "/message_id"
    assert lines[0]["case"] == str(CaseId(AGENCY, "A-1"))
    assert summary == {
        "lines": 10,
        "accepted": 2,
        "duplicate": 1,
        "closed": 0,
        "refused": 6,
        "complete": True,
    }
    assert {message.sender for _, message in door.cases.sent} == {"all"}
    again, _ = await posted(door, body)
    assert [line["status"] for line in again][:3] == ["duplicate"] * 3


async def test_a_line_that_its_caller_may_not_send(door: FakeDoor) -> None:
    body = lines_of(
        {**HERE, **a_conviction()},
        {**HERE, **a_dismissal(), "agency": ELSEWHERE},
        {**HERE, **a_dismissal(), "sender": "court"},
        {**HERE, **a_dismissal()},
    )
    lines, summary = await posted(door, body, "other-court")
    assert [line["status"] for line in lines] == ["refused", "refused", "refused", "accepted"]
    assert "the right `conviction`" in lines[0]["detail"]
    assert "no such case" in lines[1]["detail"]
    assert "sender: is another one" in lines[2]["detail"]
    assert (summary["refused"], len(door.cases.sent)) == (3, 1)


async def test_no_more_than_so_many_lines(door: FakeDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MAX_LINES", 3)
    for ending in (b"", b"\n"):
        body = lines_of(*({**HERE, **a_conviction(message_id=f"c-{n}")} for n in range(4)))[:-1] + ending
        lines, summary = await posted(door, body)
        assert (len(lines), summary["complete"], summary["lines"]) == (3, False, 3)
        assert summary["detail"].startswith("more than 3 lines")


async def test_a_body_of_unknown_length_that_is_too_long(
    door: FakeDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MAX_BULK_BYTES", 1000)

    async def parts() -> AsyncIterator[bytes]:
        yield lines_of({**HERE, **a_conviction()})
        yield b" " * 1000

    lines, summary = await posted(door, parts())
    assert ([line["status"] for line in lines], summary["complete"]) == (["accepted"], False)
    async with door.client("all", **NDJSON) as client:
        assert (await client.post("/v1/messages", content=b" " * 1001)).status_code == 413


async def test_while_the_server_is_away_nothing_is_half_done(door: FakeDoor) -> None:
    door.cases.error = ServerError("away")
    async with door.client("all", **NDJSON) as client:
        answer = await client.post("/v1/messages", content=lines_of({**HERE, **a_conviction()}))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_what_fails_in_the_middle_is_said_at_the_end(door: FakeDoor) -> None:
    door.cases.replies = []
    body = lines_of(b"{", {**HERE, **a_conviction()})
    door.cases.error = ServerError("away")
    lines, summary = await posted(door, body)
    assert [line["status"] for line in lines] == ["refused"]
    assert (summary["complete"], "send it again" in summary["detail"]) == (False, True)


async def test_a_body_is_read_no_faster_than_its_cases_take_it(
    door: FakeDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go, read = asyncio.Event(), 0

    async def wait(*_: Any, **__: Any) -> Any:
        await may_go.wait()
        raise ServerError("it ends here")

    async def parts() -> AsyncIterator[bytes]:
        nonlocal read
        for number in range(2_000):
            read += 1
            yield lines_of({**HERE, **a_conviction(message_id=f"c-{number}")})

    monkeypatch.setattr(door.cases, "submit", wait)
    sending = asyncio.create_task(posted_raw(door, parts()))
    before = -1
    while before != read:  # until nothing more is read
        before = read
        for _ in range(200):
            await asyncio.sleep(0)
    assert 0 < read < 500
    may_go.set()
    assert await sending == 503


async def posted_raw(door: FakeDoor, content: AsyncIterator[bytes]) -> int:
    async with door.client("all", **NDJSON) as client:
        return (await client.post("/v1/messages", content=content)).status_code


async def test_a_wrong_content_type(door: FakeDoor) -> None:
    async with door.client("all") as client:
        answer = await client.post("/v1/messages", json=[])
    assert (answer.status_code, answer.headers["accept"]) == (415, "application/x-ndjson")


async def test_an_empty_body(door: FakeDoor) -> None:
    assert await posted(door, b"") == (
        [],
        {"lines": 0, "accepted": 0, "duplicate": 0, "closed": 0, "refused": 0, "complete": True},
    )
