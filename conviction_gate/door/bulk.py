"""`POST /v1/messages`: many messages, one a line, and an answer for each as it goes.

The lines are read, sent and paced as the command line does it with a file (client/bulk). What waits to be sent
is bounded, so a body is read no faster than its cases take it. The answers are kept until the caller reads
them: most callers write all of their body first.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import Any, Final

from starlette.responses import Response

from conviction_gate.client.bulk.answers import Answered
from conviction_gate.client.bulk.items import Item
from conviction_gate.client.bulk.pace import Pace
from conviction_gate.client.bulk.reading import Addressed
from conviction_gate.client.bulk.sending import Sent, Stopped, deliver
from conviction_gate.client.replies import Reply, ReplyStatus, reply
from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.case import SubmitAnswer
from conviction_gate.contracts.fields import Model, Ori, TrackingNumber, WireModel
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.reading import DoesNotFit
from conviction_gate.door.audit import AsgiMessage, Receive, Send
from conviction_gate.door.bodies import (
    MAX_BULK_BYTES,
    MAX_MESSAGE_BYTES,
    NDJSON,
    check_addressed,
    check_content_type,
    check_length,
    check_right,
    object_in,
    parts_of,
    read_fields,
    read_message,
    read_type,
)
from conviction_gate.door.callers import MESSAGE_RIGHTS, REVIEW
from conviction_gate.door.calls import Call, problem_of
from conviction_gate.door.problems import Problem, not_found, refused_text

MAX_LINES: Final = 10_000
MAX_TOGETHER: Final = 100
"""Lines of the answer that are sent at once."""
_TOO_LONG: Final = f"longer than {MAX_MESSAGE_BYTES:,} bytes; shorten it"


class Address(WireModel):
    """Which case a line is for."""

    agency: Ori
    tracking_number: TrackingNumber


class FieldFault(Model):
    """A field that does not fit, by a JSON pointer, or a parameter by its name, and what to write."""

    pointer: str | None = None
    parameter: str | None = None
    detail: str


class BulkLine(Model):
    """What happened to one line. `case`: its id, where the line could be read."""

    line: int
    status: ReplyStatus
    case: str | None
    message_id: str | None = None
    detail: str | None = None
    errors: tuple[FieldFault, ...] | None = None


class Summary(Model):
    """How many lines there were, and what became of them. `complete` false: `detail` says why not all of them
    were sent; the same body again changes nothing."""

    lines: int
    accepted: int
    duplicate: int
    closed: int
    refused: int
    complete: bool
    detail: str | None = None


class BulkEnd(Model):
    """The last line of the answer."""

    summary: Summary


async def post_messages(call: Call) -> Response:
    """Send each line to its case; the last line of the answer is a summary."""
    call.require(*MESSAGE_RIGHTS, REVIEW)
    check_content_type(call.request, NDJSON)
    check_length(call.request, MAX_BULK_BYTES)
    answers = Answers(call)
    first = await answers.first()
    return _Streamed(first, answers)


class Lines:
    """The lines of a body as they arrive. `cut`: why those after the last one were not read."""

    def __init__(self, parts: AsyncIterator[bytes]) -> None:
        self._parts = parts
        self.cut: str | None = None
        self.count = 0

    async def __aiter__(self) -> AsyncIterator[Item]:
        rest, is_overlong = b"", False
        try:
            async for part in self._parts:
                *whole, rest = (rest + part).split(b"\n")
                for line in whole:
                    if self.count == MAX_LINES:
                        self.cut = f"more than {MAX_LINES:,} lines; send the others in another request"
                        return
                    if (item := self._item(line, is_overlong)) is not None:
                        yield item
                    is_overlong = False
                if len(rest) > MAX_MESSAGE_BYTES:
                    rest, is_overlong = b"", True
        except Problem as problem:
            self.cut = problem.detail
            return
        if (rest or is_overlong) and self.count < MAX_LINES:
            if (item := self._item(rest, is_overlong)) is not None:
                yield item
        elif rest:
            self.cut = f"more than {MAX_LINES:,} lines; send the others in another request"

    def _item(self, line: bytes, is_overlong: bool) -> Item | None:
        self.count += 1
        where = str(self.count)
        if is_overlong or len(line) > MAX_MESSAGE_BYTES:
            return Item(where, b"", flaw=_TOO_LONG)
        return Item(where, line) if line.strip() else None


class Answers:
    """The lines of the answer, as they come."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._lines = Lines(parts_of(call.request, MAX_BULK_BYTES))
        self._queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._counts = Counter[str]()
        self._failure: Exception | None = None
        self._stop = asyncio.Event()
        self._pace = Pace(call.cases.is_idle, self._stop)
        self._answered = Answered(call.cases)
        self._work = asyncio.create_task(self._deliver())

    async def first(self) -> dict[str, Any] | None:
        """The first line, None where the body has none; raises what failed before there was one."""
        line = await self._queue.get()
        if line is None and self._failure is not None:
            raise self._failure
        return line

    async def rest(self, first: dict[str, Any] | None) -> AsyncIterator[list[dict[str, Any]]]:
        """All lines as they come, those together that are there; the summary last."""
        line = first
        while line is not None:
            lines = [line]
            while not self._queue.empty() and len(lines) < MAX_TOGETHER:
                if (line := self._queue.get_nowait()) is None:
                    break
                lines.append(line)
            yield lines
            if line is not None:
                line = await self._queue.get()
        counts = {status: self._counts[status] for status in ("accepted", "duplicate", "closed", "refused")}
        detail = self._lines.cut
        if self._failure is not None:
            detail = problem_of(self._failure).detail
        summary: dict[str, Any] = {"lines": self._lines.count, **counts, "complete": detail is None}
        yield [{"summary": summary if detail is None else {**summary, "detail": detail}}]

    async def close(self) -> None:
        """End what is still being done. What is being sent is finished."""
        self._stop.set()
        if not self._work.done():
            self._work.cancel()
        await asyncio.gather(self._work, return_exceptions=True)

    async def _deliver(self) -> None:
        try:
            async with aclosing(deliver(self._lines, self._read, self._post, self._stop)) as delivered:
                async for item, sent in delivered:
                    self._counts[sent.status] += 1
                    self._queue.put_nowait(self._line(item, sent))
        except Stopped as stopped:
            self._failure = stopped.__cause__ if isinstance(stopped.__cause__, Exception) else stopped
        except Exception as error:
            self._failure = error
        finally:
            self._queue.put_nowait(None)

    def _read(self, text: bytes) -> Addressed:
        try:
            return self._addressed(text)
        except Problem as problem:
            raise DoesNotFit(problem.detail) from problem

    def _addressed(self, text: bytes) -> Addressed:
        """The message of a line, and its case; raises `Problem`."""
        fields, identity = object_in(text, "line"), self._call.identity
        name = read_type(fields)
        check_right(identity, name)
        given = {key: fields[key] for key in Address.model_fields if key in fields}
        if name != "booking":
            fields = {key: value for key, value in fields.items() if key not in given}
        address = read_fields(Address, given)
        message = read_message(name, fields, identity)
        case_id = CaseId(address.agency, address.tracking_number)
        if not identity.may_touch(case_id.agency):
            raise not_found()
        check_addressed(message, case_id)
        return Addressed(message, case_id)

    async def _post(self, addressed: Addressed) -> Reply | SubmitAnswer:
        message, case_id = addressed.message, addressed.case_id
        try:
            self._call.count_message(case_id)
        except Problem as problem:
            return reply("refused", problem.detail, case_id)
        cases = self._call.cases
        if isinstance(message, Booking):
            return await self._pace.send(partial(cases.start, message), case_id)
        return await self._answered.send(message, case_id)

    def _line(self, item: Item, sent: Sent) -> dict[str, Any]:
        status = "duplicate" if sent.known else sent.status
        line: dict[str, Any] = {"line": int(item.where), "status": status, "case": sent.case_id or None}
        if sent.message_id:
            line["message_id"] = sent.message_id
        if status in ("refused", "closed"):
            line["detail"] = sent.text
        if status == "refused":
            line["errors"] = self._errors(item, sent)
        return line

    def _errors(self, item: Item, sent: Sent) -> list[dict[str, str]]:
        """Each field at fault. A line that was refused when it was read is read again for them."""
        if not item.flaw and not sent.case_id:
            try:
                self._addressed(item.text)
            except Problem as problem:
                if problem.errors:
                    return problem.errors
        return refused_text(sent.text).errors


class _Streamed(Response):
    """The answer, a line at a time. Starlette's own would read the rest of the body to notice a hang-up."""

    def __init__(self, first: dict[str, Any] | None, answers: Answers) -> None:
        self._first, self._answers = first, answers
        super().__init__(None, 200, {"Cache-Control": "no-store"}, NDJSON)
        del self.headers["content-length"]

    async def __call__(self, scope: AsgiMessage, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            async for lines in self._answers.rest(self._first):
                body = b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)
                await send({"type": "http.response.body", "body": body, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            await self._answers.close()
