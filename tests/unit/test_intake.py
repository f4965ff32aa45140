"""The services' side against a server of our own making and a real registry."""

import asyncio
import json
import shutil
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Sequence,
)
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any, cast

import pytest
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode
from typer.testing import CliRunner

from conviction_gate.cli.bulk.duplicates import DuplicateSampler
from conviction_gate.cli.bulk.items import MAX_LINE_BYTES, MAX_WHOLE_FILE_BYTES, Item, items_in
from conviction_gate.cli.bulk.reading import Addressed, read_addressed, read_history
from conviction_gate.cli.bulk.sending import CONCURRENT_SENDS, READ_AHEAD, Sent, Stopped, deliver
from conviction_gate.cli.case_names import read_case_id
from conviction_gate.cli.command_line import app
from conviction_gate.cli.printing import clean
from conviction_gate.cli.show import waiting
from conviction_gate.client.case_client import CaseClient
from conviction_gate.client.errors import RegistryRequired, RequestRefused, ServerError
from conviction_gate.client.replies import Reply
from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.case import CaseResult, CaseView, SubmitAnswer
from conviction_gate.contracts.fields import Status
from conviction_gate.contracts.internal.activities import Conclusion
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.contracts.internal.permits import NOT_A_REVIEWER, NOT_A_WITHDRAWER, Permits
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.names import AGENCY, CASE_STATUS, NEEDS_ATTENTION, CaseId
from conviction_gate.contracts.reading import DoesNotFit, read_message
from conviction_gate.contracts.signals import type_of
from conviction_gate.encryption.converter import data_converter
from conviction_gate.registry import Registry, migrate

NOON = datetime(2013, 7, 15, 12, tzinfo=UTC)
CASE = CaseId("CA0190000", "A2012-0042117")
BOOKING: dict[str, Any] = {
    "message_id": "jms-1",
    "sender": "jms",
    "agency": CASE.agency,
    "tracking_number": CASE.tracking_number,
    "booking_number": "B-77-1042",
    "booked_at": "2012-05-04T02:15:00-07:00",
    "subject": {"fingerprint_id": "T-2012-88110"},
    "charges": [
        {"charge_id": "1", "scheme": "CA-VC", "code": "12500(a)", "description": "no license"},
        {"charge_id": "2", "scheme": "CA-VC", "code": "22350"},
    ],
}
CONVICTION = {"message_id": "court-91", "charge_id": "1", "decided_on": "2013-07-15"}
DISMISSAL = {"message_id": "court-92", "decided_on": "2013-07-15", "disposition": "dismissed"}
RULING = {
    "message_id": "desk-1",
    "ruling": "conviction",
    "reviewer": "desk",
    "reason": "read",
    "decided_on": "2013-07-16",
}
CORRECTION = {
    "message_id": "fix-1",
    "corrects": "court-91",
    "ground": "clerical_error",
    "corrected_on": "2013-08-01",
}
VACATUR = {"message_id": "fix-2", "decided_on": "2013-08-01", "disposition": "vacated"}
FINDING = {
    "message_id": "fix-3",
    "finding": "misidentified",
    "found_on": "2013-08-01",
    "source": "prints",
}


def message(name: str, fields: dict[str, Any], **more: Any) -> Message:
    return read_message(name, json.dumps(fields | more))


def booking(**more: Any) -> Booking:
    read = message("booking", BOOKING, **more)
    assert isinstance(read, Booking)
    return read


def view(status: Status = "waiting_for_court", **more: Any) -> CaseView:
    told = {
        "case_id": str(CASE),
        "agency": CASE.agency,
        "tracking_number": CASE.tracking_number,
        "status": status,
        "rule": "defer.traffic_only",
        "explanation": "only minor traffic",
        "policy_edition": "2012-04-27",
        "charges": [
            {
                "charge_id": "1",
                "scheme": "CA-VC",
                "code": "12500(a)",
                "charge_class": "minor_traffic",
                "severity": "misdemeanor",
                "disposition": None,
                "decided_on": None,
            }
        ],
        "messages": [],
        "messages_total": 0,
        "rejected": [],
        "rejected_total": 0,
        "waiting_since": NOON,
        "next_docket_check_at": None,
        "needs_attention": False,
    }
    return CaseView.model_validate(told | more)


NOT_FOUND = RPCError("workflow execution already completed", RPCStatusCode.NOT_FOUND, b"")


@dataclass
class FakeServer:
    """A Temporal server that takes down what it is told; its ids are open or closed."""

    open: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    ended_by: dict[str, WorkflowExecutionStatus] = field(default_factory=dict)
    starts: list[dict[str, Any]] = field(default_factory=list)
    signals: list[tuple[str, str, Any]] = field(default_factory=list)
    answer: SubmitAnswer | Exception = NOT_FOUND
    took: CaseView | Exception = field(default_factory=lambda: view())
    more: list[HistoryEvent] = field(default_factory=list)
    next_page: bytes | None = None
    data_converter: Any = data_converter

    async def start_workflow(self, workflow: str, arg: Any, **options: Any) -> None:
        id_, signal = options["id"], options.get("start_signal")
        if id_ in self.closed or (id_ in self.open and not signal):
            raise WorkflowAlreadyStartedError(id_, workflow)
        if id_ not in self.open:
            self.open.add(id_)
            self.starts.append(options | {"workflow": workflow, "arg": arg})
        if signal:
            self.signals.append((id_, signal, options["start_signal_args"][0]))

    def get_workflow_handle(self, id_: str, **_: Any) -> "FakeHandle":
        return FakeHandle(self, id_)


@dataclass
class FakeHandle:
    server: FakeServer
    id_: str

    async def signal(self, name: str, payload: Any) -> None:
        self._look_for(self.server.open)
        self.server.signals.append((self.id_, name, payload))

    async def execute_update(self, name: str, arg: Any, **_: Any) -> SubmitAnswer:
        if isinstance(self.server.answer, Exception):
            raise self.server.answer
        return self.server.answer

    async def describe(self) -> Any:
        self._look_for(self.server.open | self.server.closed)
        if self.id_ in self.server.open:
            return SimpleNamespace(status=WorkflowExecutionStatus.RUNNING)
        return SimpleNamespace(status=self.server.ended_by.get(self.id_, WorkflowExecutionStatus.COMPLETED))

    async def query(self, name: str, **_: Any) -> CaseView:
        if isinstance(self.server.took, Exception):
            raise self.server.took
        return self.server.took

    def fetch_history_events(self, **_: Any) -> "FakeHistory":
        return FakeHistory(self)

    def _look_for(self, ids: set[str]) -> None:
        if self.id_ not in ids:
            raise NOT_FOUND


@dataclass
class FakeHistory:
    """The first page of a history: the start, the signals, what a test adds, and an end."""

    handle: FakeHandle
    current_page: Sequence[HistoryEvent] = ()
    next_page_token: bytes | None = None

    async def fetch_next_page(self) -> None:
        server, id_ = self.handle.server, self.handle.id_
        self.handle._look_for(server.open | server.closed)
        begun = [started["arg"] for started in server.starts if started["id"] == id_] or [None]
        page = [event(workflow_execution_started_event_attributes={"input": await payloads(*begun)})]
        for to, name, fields in server.signals:
            if to == id_:
                signal = {"signal_name": name, "input": await payloads(fields)}
                page.append(event(workflow_execution_signaled_event_attributes=signal))
        page += server.more
        if id_ in server.closed:
            page.append(event(event_type=EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED))
        self.current_page, self.next_page_token = page, server.next_page

    async def __aiter__(self) -> AsyncIterator[HistoryEvent]:
        await self.fetch_next_page()
        for one in self.current_page:
            yield one


def event(**what: Any) -> HistoryEvent:
    return HistoryEvent(**what)


async def payloads(*values: Any) -> Payloads:
    return Payloads(payloads=await data_converter.encode(values))


@pytest.fixture(scope="session")
async def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an empty registry: copied for each test, since making it takes longer."""
    path = tmp_path_factory.mktemp("client") / "registry.db"
    await migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
async def registry(empty: Path, tmp_path: Path) -> AsyncIterator[Registry]:
    path = shutil.copy(empty, tmp_path)
    async with await Registry.open(f"sqlite:///{path}") as opened:
        yield opened


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def client(server: FakeServer, registry: Registry) -> CaseClient:
    return CaseClient(cast(Client, server), registry)


async def flagged(registry: Registry, *messages: Message) -> None:
    """The case ended with a flag, and the server has forgotten it."""
    facts = Facts()
    for one in messages:
        facts = facts.including(one)
    result = CaseResult(
        outcome="flagged",
        rule="flag.convicted",
        explanation="convicted",
        policy_edition="2012-04-27",
        decided_at=NOON,
        grounds=("court-91",),
    )
    await registry.flag(Conclusion(case=view("flagged"), facts=facts, result=result))


# Starts ----------------------------------------------------------------------------------------


async def test_a_booking_opens_its_case(client: CaseClient, server: FakeServer) -> None:
    reply = await client.start(booking())
    assert (reply.status, reply.case_id) == ("accepted", str(CASE))
    (started,) = server.starts
    assert started["arg"]["charges"][1] == BOOKING["charges"][1]
    assert started["id_reuse_policy"] is WorkflowIDReusePolicy.REJECT_DUPLICATE
    assert started["id_conflict_policy"] is WorkflowIDConflictPolicy.FAIL
    assert started["static_summary"] == "Booking CA0190000 A2012-0042117, 2 charges"
    said = started["search_attributes"]
    assert said[CASE_STATUS] == "checking_history"
    assert said[AGENCY] == "CA0190000"
    assert said[NEEDS_ATTENTION] is False


async def test_an_open_case_gets_the_booking_as_a_signal(client: CaseClient, server: FakeServer) -> None:
    await client.start(booking())
    again = booking(message_id="jms-2")
    assert (await client.start(again)).status == "accepted"
    assert [name for _, name, _ in server.signals] == ["booking"]
    assert len(server.starts) == 1
    for known in (booking(), again):
        assert (await client.start(known)).status == "duplicate"
    assert len(server.signals) == 1


async def test_not_found_is_not_new_where_the_registry_knows_the_end(
    client: CaseClient, server: FakeServer, registry: Registry
) -> None:
    kept = booking(charges=[{**BOOKING["charges"][0], "description": None}])
    await flagged(registry, kept)
    same = await client.start(booking(charges=BOOKING["charges"][:1]))
    assert (same.status, same.known) == ("closed", True)
    assert "flagged under flag.convicted" in same.text
    other = await client.start(booking())
    assert (other.status, other.is_good) == ("closed", False)
    assert server.starts == []


async def test_a_closed_case_without_a_record_is_closed(client: CaseClient, server: FakeServer) -> None:
    server.closed.add(str(CASE))
    reply = await client.start(booking())
    assert reply.status == "closed"
    assert "conviction-gate show" in reply.text


async def test_a_case_that_waits_on_after_a_withdrawal_gets_its_messages(
    client: CaseClient, server: FakeServer, registry: Registry
) -> None:
    await flagged(registry, booking())
    server.open.add(str(CASE))
    assert (await client.start(booking())).status == "accepted"
    assert (await client.send(message("dismissal", DISMISSAL), CASE)).is_good
    assert [name for _, name, _ in server.signals] == ["booking", "dismissal"]


# Messages --------------------------------------------------------------------------------------


async def test_an_open_case_gets_the_message(client: CaseClient, server: FakeServer) -> None:
    server.open.add(str(CASE))
    assert (await client.send(message("conviction", CONVICTION), CASE)).is_good
    assert server.signals == [(str(CASE), "conviction", CONVICTION | {"sender": ""})]


SENT = message("conviction", CONVICTION)
ATTENTION = event(
    upsert_workflow_search_attributes_event_attributes={
        "search_attributes": {"indexed_fields": {NEEDS_ATTENTION.name: Payload(data=b"true")}}
    }
)


def holding(*messages: Message) -> CaseView:
    """The case as it tells that it took these."""
    told = [
        {"message_id": m.message_id, "sender": m.sender, "type": type_of(m), "received_at": NOON, "effect": ""}
        for m in messages
    ]
    return view(messages=told, messages_total=len(told))


async def test_a_message_that_the_case_has_is_not_sent_again(client: CaseClient, server: FakeServer) -> None:
    server.open.add(str(CASE))
    server.took = RPCError("no worker", RPCStatusCode.DEADLINE_EXCEEDED, b"")
    assert (await client.send(SENT, CASE)).status == "accepted"
    assert (await client.send(SENT, CASE)).status == "duplicate"
    other = await client.send(message("conviction", CONVICTION, severity="felony"), CASE)
    assert (other.status, other.text.split(":")[0]) == ("refused", "message_id")
    assert (await client.send(message("conviction", CONVICTION, sender="x"), CASE)).is_good
    assert len(server.signals) == 2
    assert (await client.send(SENT, CASE, look=False)).status == "accepted"
    assert len(server.signals) == 3


async def test_an_answered_update_was_delivered_too(client: CaseClient, server: FakeServer) -> None:
    server.open.add(str(CASE))
    request = {"name": "submit", "args": await payloads({"type": "conviction", **CONVICTION})}
    server.more = [
        event(workflow_execution_update_accepted_event_attributes={"accepted_request": {"input": request}})
    ]
    assert (await client.send(SENT, CASE)).status == "duplicate"
    assert server.signals == []


@pytest.mark.parametrize(
    ("took", "status"),
    [
        (holding(SENT), "duplicate"),
        (holding(), "accepted"),
        (RPCError("no worker", RPCStatusCode.DEADLINE_EXCEEDED, b""), "accepted"),
    ],
)
@pytest.mark.parametrize("doubt", ["attention", "long"])
async def test_where_something_may_have_been_rejected_the_case_is_asked(
    client: CaseClient, server: FakeServer, took: CaseView | Exception, status: str, doubt: str
) -> None:
    server.open.add(str(CASE))
    await client.send(SENT, CASE)
    server.took = took
    if doubt == "attention":
        server.more = [ATTENTION]
    else:
        server.next_page = b"2"
    assert (await client.send(SENT, CASE)).status == status
    assert len(server.signals) == (2 if status == "accepted" else 1)


async def test_what_did_not_fit_and_what_stands_under_two_contents_is_sent(
    client: CaseClient, server: FakeServer
) -> None:
    server.open.add(str(CASE))
    bad = {"message_id": SENT.message_id, "charge_id": 1}
    server.signals = [(str(CASE), "conviction", what) for what in (bad, "text", None)]
    assert (await client.send(SENT, CASE)).status == "accepted"
    assert (await client.send(SENT, CASE)).status == "duplicate"
    server.signals.append((str(CASE), "conviction", CONVICTION | {"severity": "felony"}))
    assert (await client.send(SENT, CASE)).status == "accepted"


async def test_a_court_message_before_its_booking_opens_the_case(
    client: CaseClient, server: FakeServer
) -> None:
    reply = await client.send(message("conviction", CONVICTION), CASE)
    assert reply.status == "accepted"
    (started,) = server.starts
    assert started["arg"] is None
    assert started["start_signal"] == "conviction"
    assert started["search_attributes"][CASE_STATUS] == "awaiting_booking"
    assert (await client.start(booking())).status == "accepted"
    assert [name for _, name, _ in server.signals] == ["conviction", "booking"]


async def test_a_ruling_opens_no_case(client: CaseClient, server: FakeServer) -> None:
    reply = await client.send(message("review_decision", RULING), CASE)
    assert reply.status == "refused"
    assert server.starts == []


@pytest.mark.parametrize("call", ["send", "submit"])
async def test_whoever_may_not_rule_sends_nothing(call: str, server: FakeServer, registry: Registry) -> None:
    guarded = CaseClient(cast(Client, server), registry, Permits(reviewers=frozenset({"r-9"})))
    reply = await getattr(guarded, call)(message("review_decision", RULING), CASE)
    assert (reply.status, reply.text) == ("refused", NOT_A_REVIEWER)
    assert (server.starts, server.signals) == ([], [])


async def test_whoever_may_not_withdraw_starts_no_correction(server: FakeServer, registry: Registry) -> None:
    await flagged(registry, booking())
    guarded = CaseClient(cast(Client, server), registry, Permits(withdrawers=frozenset({"county-da"})))
    reply = await guarded.send(message("correction", CORRECTION), CASE)
    assert (reply.status, reply.text) == ("refused", NOT_A_WITHDRAWER)
    assert server.starts == []
    named = message("correction", CORRECTION | {"sender": "county-da"})
    assert (await guarded.send(named, CASE)).status == "accepted"


async def test_after_the_end_only_what_may_withdraw_a_flag_is_taken(
    client: CaseClient, server: FakeServer, registry: Registry
) -> None:
    await flagged(registry, booking(), message("conviction", CONVICTION))
    reply = await client.send(message("dismissal", DISMISSAL), CASE)
    assert (reply.status, reply.is_good) == ("closed", False)
    assert reply.text == (
        "the case ended: flagged under flag.convicted; "
        "after the end only a correction, a vacatur or a finding about the subject is taken"
    )
    assert server.starts == []


@pytest.mark.parametrize(
    ("name", "fields"),
    [("correction", CORRECTION), ("dismissal", VACATUR), ("subject_finding", FINDING)],
)
async def test_a_correction_is_started_once(
    client: CaseClient,
    server: FakeServer,
    registry: Registry,
    name: str,
    fields: dict[str, Any],
) -> None:
    await flagged(registry, booking())
    sent = message(name, fields)
    assert (await client.send(sent, CASE)).status == "accepted"
    (started,) = server.starts
    assert started["workflow"] == "FlagCorrection"
    assert started["id"] == CASE.correction_id(sent.message_id)
    assert started["arg"] == fields | {
        "sender": "",
        "type": name,
        "agency": CASE.agency,
        "tracking_number": CASE.tracking_number,
    }
    assert (await client.send(sent, CASE)).status == "duplicate"
    other = await client.send(message(name, fields, sender="another"), CASE)
    assert other.status == "refused"
    assert other.text.startswith("message_id: ")
    assert len(server.starts) == 1


async def test_a_correction_that_was_ended_from_outside_is_no_duplicate(
    client: CaseClient, server: FakeServer, registry: Registry
) -> None:
    await flagged(registry, booking())
    sent = message("correction", CORRECTION, message_id="k-1; ls")
    await client.send(sent, CASE)
    id_ = CASE.correction_id(sent.message_id)
    server.open.discard(id_)
    server.closed.add(id_)
    server.ended_by[id_] = WorkflowExecutionStatus.TERMINATED
    reply = await client.send(sent, CASE)
    assert reply.status == "refused"
    assert f"temporal workflow reset --workflow-id '{id_}'" in reply.text  # as a shell takes it
    server.ended_by.clear()
    assert (await client.send(sent, CASE)).status == "duplicate"


async def test_a_message_that_comes_again_after_the_end_is_a_duplicate(
    client: CaseClient, registry: Registry
) -> None:
    kept = message("conviction", CONVICTION, court="a" * 200)
    await flagged(registry, booking(), kept)
    again = message("conviction", CONVICTION, court="a" * 2000)
    assert (await client.send(again, CASE)).status == "duplicate"
    other = message("conviction", CONVICTION, court="b")
    reply = await client.send(other, CASE)
    assert (reply.status, reply.text.split(":")[0]) == ("refused", "message_id")


async def test_a_case_that_closes_between_two_looks_has_ended(client: CaseClient, server: FakeServer) -> None:
    server.closed.add(str(CASE))
    reply = await client.send(message("conviction", CONVICTION), CASE)
    assert (reply.status, server.signals) == ("closed", [])
    assert reply.text.startswith("the case has closed; after the end only a correction")


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (message("conviction", CONVICTION, decided_on="2999-01-01"), "decided_on"),
        (booking(tracking_number="ANOTHER"), "tracking_number"),
    ],
)
async def test_what_the_case_would_reject_is_not_sent(
    client: CaseClient, server: FakeServer, sent: Message, field: str
) -> None:
    for reply in (await client.send(sent, CASE), await client.submit(sent, CASE)):
        assert isinstance(reply, Reply)
        assert (reply.status, reply.text.split(":")[0]) == ("refused", field)
    assert (server.starts, server.signals) == ([], [])


async def test_a_failing_server_is_no_closed_case(client: CaseClient, server: FakeServer) -> None:
    server.answer = RPCError("away", RPCStatusCode.UNAVAILABLE, b"")
    with pytest.raises(ServerError, match="away"):
        await client.submit(message("conviction", CONVICTION), CASE)


# Updates and queries ---------------------------------------------------------------------------


async def test_submit_brings_the_answer_of_the_case(client: CaseClient, server: FakeServer) -> None:
    server.answer = SubmitAnswer(accepted=True, duplicate=False, status="flagged", effect="recorded")
    sent = message("conviction", CONVICTION)
    assert await client.submit(sent, CASE) == server.answer


async def test_submit_brings_the_reason_of_a_refusal(client: CaseClient, server: FakeServer) -> None:
    server.answer = WorkflowUpdateFailedError(ApplicationError("charge_id: unknown to me"))
    reply = await client.submit(message("conviction", CONVICTION), CASE)
    assert isinstance(reply, Reply)
    assert (reply.status, reply.text) == ("refused", "charge_id: unknown to me")


@pytest.mark.parametrize(
    "gone",
    [
        NOT_FOUND,
        WorkflowUpdateFailedError(ApplicationError("ended", type="AcceptedUpdateCompletedWorkflow")),
    ],
)
async def test_submit_to_no_open_case_is_a_send(
    client: CaseClient, server: FakeServer, gone: Exception
) -> None:
    server.answer = gone
    reply = await client.submit(message("conviction", CONVICTION), CASE)
    assert isinstance(reply, Reply)
    assert reply.text == "kept; the case waits for its booking"


async def test_a_case_is_shown_open_ended_or_not_at_all(
    client: CaseClient, server: FakeServer, registry: Registry
) -> None:
    assert await client.case(CASE) is None
    await flagged(registry, booking())
    ended = await client.case(CASE)
    assert ended is not None
    assert (ended.status, ended.flag_status) == ("flagged", "active")
    assert [flag.case_id for flag in await client.flags()] == [str(CASE)]
    server.open.add(str(CASE))
    still = await client.case(str(CASE))
    assert still is not None
    assert still.status == "waiting_for_court"


async def test_flags_need_records() -> None:
    with pytest.raises(RegistryRequired, match="registry"):
        await CaseClient(cast(Client, FakeServer()), None).flags()


# Files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"", []),
        (b"[]", []),
        (b"\xef\xbb\xbf" + json.dumps(CONVICTION, indent=2).encode(), ["line 1"]),
        (json.dumps([CONVICTION, CONVICTION], indent=2).encode(), ["item 1", "item 2"]),
        (b'{"a": 1}\n\n{"b": "\xe2\x80\xa8"}\r\n', ["line 1", "line 3"]),
        (b'{"a": 1}\n{"b": \n{"c": 3}', ["line 1", "line 2", "line 3"]),
        (b'{"b": \n{"c": 3}', ["line 1", "line 2"]),
        (json.dumps(BOOKING, indent=2).encode()[:-2], ["line 23"]),
        (b'{\n  "a": [\n    {"b": 1}\n  ]\n  "c": 1\n}', ["line 5"]),
        (b"nonsense", ["line 1"]),
        (b"[" * 100_000, ["line 1"]),
    ],
)
def test_a_file_is_read_in_each_of_its_forms(data: bytes, where: list[str]) -> None:
    items = [*items_in(BytesIO(data))]
    assert [item.where for item in items] == where
    assert all(0 < item.end <= len(data) for item in items)


def test_lines_are_kept_as_they_stand_and_an_array_one_by_one() -> None:
    lines = [b'{"a":  1}\r', b" \xff", b"", b'{"b": 2}']
    assert [item.text for item in items_in(BytesIO(b"\n".join(lines)))] == [lines[0], lines[1], lines[3]]
    assert [item.text for item in items_in(BytesIO(b'[{"a":  1},\n 2]'))] == [b'{"a": 1}', b"2"]


def test_a_line_that_is_too_long_is_not_held() -> None:
    long = b'{"a": "' + b"x" * 3 * MAX_LINE_BYTES + b'"}'
    for before in (b"", b'{"a": 1}\n'):
        *_, item, last = items_in(BytesIO(before + long + b'\n{"b": 2}\n'))
        assert (item.text, last.text) == (b"", b'{"b": 2}')
        with pytest.raises(DoesNotFit, match="longer than 1 MiB"):
            item.read(read_history)
    (item,) = items_in(BytesIO(b"[" + b" " * MAX_WHOLE_FILE_BYTES))
    with pytest.raises(DoesNotFit, match="one object a line"):
        item.read(read_history)


def test_lines_are_read_as_they_come() -> None:
    class Pipe(BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            assert line, "read ahead"
            return line.pop()

    line = [b'{"a": 1}\n']
    assert next(items_in(Pipe())).where == "line 1"


@pytest.mark.parametrize(
    "address",
    [
        {"agency": CASE.agency, "tracking_number": CASE.tracking_number},
        {"case_id": str(CASE)},
        {"case_id": f"{CASE.agency}:{CASE.tracking_number}", "type": "conviction"},
    ],
)
def test_a_message_names_its_case(address: dict[str, str]) -> None:
    read = read_addressed(json.dumps(CONVICTION | address), "conviction")
    assert read == Addressed(message("conviction", CONVICTION), CASE)


def test_a_case_can_be_named_for_it() -> None:
    assert read_addressed(json.dumps(CONVICTION), "conviction", CASE).case_id == CASE
    assert read_addressed(json.dumps(BOOKING), "booking", CASE).case_id == CASE
    assert read_case_id("CA0190000:x") == read_case_id("booking-case:CA0190000:x")
    assert read_case_id("CA0190000") is None


@pytest.mark.parametrize(
    ("name", "fields", "reason"),
    [
        ("conviction", CONVICTION, "agency: missing"),
        ("conviction", CONVICTION | {"agency": CASE.agency}, "tracking_number: missing"),
        ("conviction", CONVICTION | {"agency": "x", "tracking_number": "y"}, "agency: "),
        ("conviction", CONVICTION | {"case_id": "CA0190000"}, "case_id: does not name a case"),
        ("booking", BOOKING | {"case_id": "CA0190000:B"}, "case_id: the message names "),
        ("conviction", CONVICTION | {"charge": "1"}, "charge: unknown field; did you mean charge_"),
        ("conviction", CONVICTION | {"zzz": "1"}, "zzz: unknown field; take it out"),
        ("conviction", CONVICTION | {"type": "dismissal"}, "type: 'dismissal'"),
        (None, CONVICTION, "type: missing"),
        (None, CONVICTION | {"type": "verdict", "case_id": str(CASE)}, "type: 'verdict' is no"),
        (
            "booking",
            BOOKING | {"subject": {"fbi_no": "1"}},
            "subject.fbi_no: unknown field; did you mean subject.fbi_number?",
        ),
        (
            "booking",
            BOOKING | {"charges": [{**BOOKING["charges"][0], "statute": "x"}]},
            "charges.0.statute: unknown field",
        ),
        (
            "amendment",
            {"message_id": "m", "filed_on": "2013-01-01", "charge": {"kode": "1"}},
            "charge.kode: unknown field; did you mean charge.code?",
        ),
    ],
)
def test_a_refusal_names_field_and_reason(name: str | None, fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(DoesNotFit) as refused:
        read_addressed(json.dumps(fields), name)
    assert str(refused.value).startswith(reason)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"subject": {}}', "subject: give at least one"),
        ('{"subject": {"fbi_number": "1"}, "us_citzen": true}', "us_citzen: unknown field"),
        ('{"subject": {"fbi_number": "1"}, "records": [{"code": 1}]}', "records.0.code: not a"),
        ("[]", "the payload is a list"),
    ],
)
def test_a_history_that_does_not_fit_is_refused(text: str, reason: str) -> None:
    with pytest.raises(DoesNotFit) as refused:
        read_history(text)
    assert str(refused.value).startswith(reason)


# Many at once ----------------------------------------------------------------------------------


def lines(*texts: str) -> list[Item]:
    return [Item(f"line {n}", text.encode()) for n, text in enumerate(texts, 1)]


def conviction_for(tracking_number: str, message_id: str) -> str:
    return json.dumps(CONVICTION | {"message_id": message_id, "case_id": f"{CASE.agency}:{tracking_number}"})


def delivering(
    items: Iterable[Item],
    post: Callable[[Addressed], Awaitable[Reply | SubmitAnswer]],
    stop: asyncio.Event | None = None,
) -> AsyncGenerator[tuple[Item, Sent]]:
    return deliver(items, partial(read_addressed, name="conviction"), post, stop or asyncio.Event())


async def collect(told: AsyncIterator[tuple[Item, Sent]], where: list[str]) -> None:
    """Takes down where each item stood, as far as that goes."""
    async for item, _ in told:
        where.append(item.where)


async def accept(addressed: Addressed) -> Reply:
    return Reply(status="accepted", text="sent", case_id=str(addressed.case_id))


async def test_one_refusal_holds_up_nobody_and_a_case_gets_its_messages_in_order() -> None:
    posted: list[str] = []

    async def post(addressed: Addressed) -> Reply | SubmitAnswer:
        await asyncio.sleep(0)
        posted.append(addressed.message.message_id)
        if addressed.message.message_id == "m5":
            raise RequestRefused("Blob data size exceeds limit")
        if addressed.message.message_id == "m3":
            return SubmitAnswer(accepted=True, duplicate=True, status="cleared", effect="known")
        return await accept(addressed)

    texts = [conviction_for("A", f"m{n}") for n in range(6)]
    items = lines(*texts[:2], "broken", *texts[2:])
    told = [told async for told in delivering(items, post)]
    assert posted == ["m0", "m1", "m2", "m3", "m4", "m5"]
    assert [item for item, _ in told] == items
    sent = [one for _, one in told]
    assert [one.where for one in sent] == [item.where for item in items]
    assert [one.status for one in sent] == [
        "accepted",
        "accepted",
        "refused",
        "accepted",
        "duplicate",
        "accepted",
        "refused",
    ]
    assert "Blob data size" in sent[-1].text
    assert [one.message_id for one in sent[1:4]] == ["m1", "", "m2"]


async def test_only_so_much_is_read_ahead_and_under_way() -> None:
    read, under_way, most = 0, 0, 0
    release = asyncio.Event()

    def endless() -> Iterator[Item]:
        nonlocal read
        while True:
            read += 1
            yield Item(f"line {read}", conviction_for(f"A-{read}", "m").encode())

    async def post(addressed: Addressed) -> Reply:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await release.wait()
        under_way -= 1
        return await accept(addressed)

    stop = asyncio.Event()
    async with aclosing(delivering(endless(), post, stop)) as told:
        first = asyncio.ensure_future(anext(told))
        before = -1
        while before < read:
            before = read
            await asyncio.sleep(0.2)
        assert read <= READ_AHEAD + CONCURRENT_SENDS + 3
        release.set()
        assert (await first)[0].where == "line 1"
        stop.set()
        with pytest.raises(Stopped, match="at line"):
            await collect(told, [])
    assert most == CONCURRENT_SENDS


async def test_told_to_stop_it_ends_what_is_under_way_and_begins_nothing() -> None:
    stop, posted = asyncio.Event(), list[str]()
    all_read = Event()

    def items() -> Iterator[Item]:
        yield from lines(conviction_for("A", "1"), "broken", conviction_for("B", "2"), conviction_for("A", "3"))
        all_read.set()

    async def post(addressed: Addressed) -> Reply:
        posted.append(addressed.message.message_id)
        await stop.wait()
        return await accept(addressed)

    told: list[str] = []
    collecting = asyncio.create_task(collect(delivering(items(), post, stop), told))
    while not (all_read.is_set() and len(posted) == 2):
        await asyncio.sleep(0.01)
    stop.set()
    with pytest.raises(Stopped, match=r"^at line 4$"):
        await collecting
    assert posted == ["1", "2"]
    assert told == ["line 1", "line 2", "line 3"]


async def test_a_server_that_goes_away_ends_it_and_what_stood_before_is_told() -> None:
    async def post(addressed: Addressed) -> Reply:
        if addressed.message.message_id == "2":
            raise ServerError("away")
        return await accept(addressed)

    told: list[str] = []
    three = delivering(lines(*(conviction_for("A", n) for n in "123")), post)
    with pytest.raises(Stopped, match=r"^at line 2$") as stopped:
        await collect(three, told)
    assert told == ["line 1"]
    assert isinstance(stopped.value.__cause__, ServerError)


async def test_a_slow_pipe_holds_up_nothing() -> None:
    more = Event()

    def pipe() -> Iterator[Item]:
        yield lines(conviction_for("A", "1"))[0]
        more.wait()

    stop = asyncio.Event()
    told = delivering(pipe(), accept, stop)
    assert (await anext(told))[1].status == "accepted"
    stop.set()
    with pytest.raises(Stopped, match=r"^after line 1$"):
        await anext(told)
    more.set()


async def test_a_file_that_cannot_be_read_further_ends_it() -> None:
    def broken() -> Iterator[Item]:
        yield lines(conviction_for("A", "1"))[0]
        raise OSError("input/output error")

    with pytest.raises(Stopped, match="line 1") as stopped:
        await collect(delivering(broken(), accept), [])
    assert isinstance(stopped.value.__cause__, OSError)


def test_messages_are_looked_up_while_that_finds_duplicates_and_then_sampled() -> None:
    def lookups(sampler: DuplicateSampler, duplicates: Sequence[bool]) -> int:
        count = 0
        for duplicate in duplicates:
            count += sampler.is_due()
            sampler.saw(duplicate)
        return count

    sampler = DuplicateSampler()
    assert lookups(sampler, [True] * 500) == 500
    assert lookups(sampler, [False] * 1000) < 100
    assert lookups(sampler, [False] * 60 + [True] * 100) >= 100


# The command line ------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder, given back to the environment afterwards whatever `--data` says."""
    monkeypatch.setenv("CONVICTION_GATE_DATA", str(tmp_path / "unused"))
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.delenv("CONVICTION_GATE_REGISTRY_URL", raising=False)
    return tmp_path / "data"


def gate(*words: str, code: int, stdin: str = "") -> str:
    result = CliRunner().invoke(app, words, input=stdin)
    assert result.exit_code == code, result.output
    return result.output


async def docket_of(folder: Path) -> tuple[Any, ...]:
    async with await Registry.open(f"sqlite:///{folder / 'registry.db'}") as opened:
        return tuple(map(json.loads, await opened.docket(CASE.agency, CASE.tracking_number)))


def test_a_fresh_folder_takes_histories_and_dockets(folder: Path) -> None:
    rows = '{"subject": {"fbi_number": "1"}}\n{"subject": {}}\n'
    said = gate("history", "import", "-", "--data", str(folder), stdin=rows, code=1)
    assert "1 imported, 1 refused" in said
    assert "line 2: refused: subject: " in said
    entry = json.dumps(CONVICTION | {"case_id": str(CASE), "type": "conviction"})
    said = gate("--data", str(folder), "docket", "import", "-", "--json", stdin=entry, code=0)
    assert json.loads(said) == {"imported": 1, "refused": []}
    assert asyncio.run(docket_of(folder)) == ({"type": "conviction", "sender": "", **CONVICTION},)
    assert gate("flags", "--json", "--data", str(folder), code=0) == "[]\n"
    assert gate("flags", "--data", str(folder), code=0) == "no flag on record\n"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("flags",), "conviction-gate registry migrate"),
        (("list",), "TEMPORAL_ADDRESS"),
        (("show", "CA0190000:x"), "conviction-gate up"),
        (("start", "-"), "conviction-gate up"),
        (("setup",), "conviction-gate up"),
        (("list", "--agency", "' OR 1"), "--agency"),
        (("send", "verdict", "-"), "TYPE: 'verdict' is not a type of message; "),
        (("send", "conviction", "-", "--case", "x"), "--case: 'x'"),
        (("send", "conviction"), "write `send conviction FILE`"),
        (("send", "no-such-file"), "no-such-file"),
        (("send", "."), "Is a directory"),
        (("send", "conviction", "a", "b"), "one file at a time"),
        (("list", "--waiting-for", "soon"), "--waiting-for: 'soon' is not a duration; write"),
        (("list", "--waiting-for", "0d"), "--waiting-for: '0d' is out of range"),
        (("list", "--limit", "1001"), "--limit"),
        (("start", "no-such-file"), "no-such-file"),
        (("list", "--status", "lost"), "--status"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(folder: Path, words: tuple[str, ...], named: str) -> None:
    assert named in gate(*words, code=2)


def test_the_file_that_is_read_is_never_written(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "bookings.refused.jsonl"
    file.write_text("{}\n")
    assert "--refused: " in gate("start", str(file), "--refused", str(file), code=2)
    tmp_path.joinpath("bookings.refused.refused.jsonl").symlink_to(file)
    assert "is the file that is read" in gate("start", str(file), code=2)
    assert file.read_text() == "{}\n"


def test_a_setting_that_does_not_fit_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVICTION_GATE_DOCKET_CHECK_EVERY", "often")
    assert "CONVICTION_GATE_DOCKET_CHECK_EVERY" in gate("flags", code=2)


# For people ------------------------------------------------------------------------------------


def test_what_a_stranger_sent_cannot_steer_a_terminal() -> None:
    assert clean("a\x1b[31m\x07\nb") == "a\ufffd[31m\ufffd\ufffdb"


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("awaiting_booking", "Waits for the booking from CA0190000"),
        ("checking_history", "Waits for the criminal history"),
        ("waiting_for_court", "Waits for the court to end charge 1, since 2013-07-15 12:00Z ("),
        ("needs_review", "Waits for a person's answer"),
        ("flagged", "Nobody waits: the case has ended"),
        ("cleared", "Nobody waits: the case has ended"),
    ],
)
def test_a_card_says_who_waits_for_what(status: Status, told: str) -> None:
    assert waiting(view(status)).startswith(told)
