"""Senders in other languages drive cases on a real server. Run by `make test-interop`."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHandle

from conviction_gate.contracts.names import CASE_STATUS, NEEDS_ATTENTION
from conviction_gate.devserver.resources import free_port
from conviction_gate.encryption.converter import data_converter
from tests.support.instance import Instance

EXAMPLES = Path(__file__).parents[2] / "examples"
TYPESCRIPT = EXAMPLES / "typescript"

AGENCY = "CAZZ00100"
SAID = """\
conviction before its booking: awaiting_booking
booking: handed over; flagged, flag.convicted
booking again: closed
booking: opened; waiting_for_court, defer.traffic_only
booking again: handed over
docket entry by signal: 2 messages
conviction by signal: rejected, decided_on: not a date; write YYYY-MM-DD
dismissal by update: refused, decided_on: not a date; write YYYY-MM-DD
dismissal by update: accepted true; cleared, clear.no_conviction
"""


@dataclass
class Server:
    """A real server with its HTTP API and a worker, and a Python client to look at what came of it."""

    instance: Instance
    http: str
    client: Client

    def handle(self, number: str) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(case_id(number))

    async def history(self, number: str) -> list[HistoryEvent]:
        return [event async for event in self.handle(number).fetch_history_events()]


@dataclass
class Driven:
    """What a sender said; its cases are `number`-1, the court first, and `number`-2, the booking first."""

    server: Server
    number: str
    said: str

    @property
    def court_first(self) -> str:
        return f"{self.number}-1"

    @property
    def booking_first(self) -> str:
        return f"{self.number}-2"


def case_id(number: str) -> str:
    return f"booking-case:{AGENCY}:{number}"


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    instance = Instance(tmp_path_factory.mktemp("up") / "data", free_port(), free_port())
    http_port = free_port()
    await instance.up("--http-port", str(http_port))
    client = await Client.connect(f"127.0.0.1:{instance.port}", data_converter=data_converter)
    yield Server(instance, f"http://127.0.0.1:{http_port}", client)
    assert await instance.stop() == 0


@pytest.fixture(scope="module", params=["typescript", "http"])
async def driven(request: pytest.FixtureRequest, server: Server) -> Driven:
    number = f"X-{request.param}"
    return Driven(
        server, number, await server.instance.run(*sender(request.param, server.http), AGENCY, number)
    )


def sender(name: str, http: str) -> list[str]:
    """The command of one of the senders; it lacks the agency and a number."""
    if name == "typescript":
        return ["node", str(TYPESCRIPT / "dist/main.js")]
    return ["env", f"TEMPORAL_HTTP={http}", "sh", str(EXAMPLES / "http/send.sh")]


async def test_a_sender_sees_what_becomes_of_its_messages(driven: Driven) -> None:
    assert driven.said == SAID


async def test_a_court_message_opens_the_case_and_the_booking_gets_it_flagged(driven: Driven) -> None:
    started, *_ = history = await driven.server.history(driven.court_first)
    assert await inputs(started) == [None]
    assert [name for name, _ in await signals(history)] == ["conviction", "booking"]

    shown = await driven.server.instance.show(case_id(driven.court_first))
    assert (shown["status"], shown["rejected_total"]) == ("flagged", 0)
    assert [message["type"] for message in shown["messages"]] == ["conviction", "booking"]
    flags = await driven.server.instance.flags(case_id(driven.court_first))
    assert [(flag["status"], flag["grounds"]) for flag in flags] == [("active", ["court-1"])]


async def test_what_does_not_fit_changes_nothing_and_is_not_lost(driven: Driven) -> None:
    history = await driven.server.history(driven.booking_first)
    sent = await signals(history)
    assert [name for name, _ in sent] == ["booking", "court_update", "conviction"]
    assert sent[0][1] == await inputs(history[0])  # the booking that was refused as a second start

    shown = await driven.server.instance.show(case_id(driven.booking_first))
    assert shown["status"] == "cleared"
    assert [message["type"] for message in shown["messages"]] == ["booking", "court_update", "dismissal"]
    [rejected] = shown["rejected"]
    assert (rejected["name"], rejected["reason"]) == ("conviction", "decided_on: not a date; write YYYY-MM-DD")
    assert json.loads(rejected["payload"])["decided_on"] == "soon"
    assert await driven.server.instance.flags(case_id(driven.booking_first)) == []

    attributes = (await driven.server.handle(driven.booking_first).describe()).typed_search_attributes
    assert (attributes[CASE_STATUS], attributes[NEEDS_ATTENTION]) == ("cleared", True)


async def test_a_refused_update_leaves_nothing_in_the_history(driven: Driven) -> None:
    history = await driven.server.history(driven.booking_first)
    accepted = [
        event.workflow_execution_update_accepted_event_attributes.accepted_request
        for event in history
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED
    ]
    [request] = accepted
    [message] = await data_converter.decode(request.input.args.payloads)
    assert message["decided_on"] == "2013-07-15"
    assert not any("15.07.2013" in str(event) for event in history)


async def test_a_sender_names_the_setting_where_answers_are_encrypted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CONVICTION_GATE_ENCRYPTION")
    instance, http_port = Instance(tmp_path / "data", free_port(), free_port()), free_port()
    await instance.up("--http-port", str(http_port))
    for name in ("typescript", "http"):
        started_at = monotonic()
        said = await instance.run(*sender(name, f"http://127.0.0.1:{http_port}"), AGENCY, f"E-{name}", code=1)
        assert monotonic() - started_at < 2
        assert "CONVICTION_GATE_ENCRYPTION=off" in said
        assert "docs/senders.md" in said
    await instance.stop()


@pytest.mark.parametrize("opened_by", ["booking", "dismissal"])
async def test_a_start_looks_like_one_of_our_own_client(driven: Driven, opened_by: str) -> None:
    number = driven.booking_first if opened_by == "booking" else driven.court_first
    theirs = (await driven.server.history(number))[0]
    ours_number = f"{number}-ours"
    message: dict[str, Any] = {"message_id": "m-1", "agency": AGENCY, "tracking_number": ours_number}
    if opened_by == "booking":
        [booking] = await inputs(theirs)
        message = booking | message
    else:
        message |= {"type": "dismissal", "decided_on": "2013-07-15", "disposition": "dismissed"}
    await driven.server.instance.gate("send", opened_by, "-", stdin=json.dumps(message))
    ours = (await driven.server.history(ours_number))[0]

    assert await looks(theirs) == (await looks(ours)).replace(ours_number, number)


async def test_the_http_api_answers_as_the_page_for_senders_says(server: Server) -> None:
    booking = {
        "message_id": "jms-1",
        "agency": AGENCY,
        "tracking_number": "S-1",
        "booking_number": "B-1",
        "booked_at": "2012-05-04T02:15:00-07:00",
        "subject": {"fbi_number": "F-1"},
        "charges": [{"charge_id": "1", "scheme": "CA-VC", "code": "12500(a)"}],
    }
    start = {
        "workflowType": {"name": "BookingCase"},
        "taskQueue": {"name": "booking-cases"},
        "workflowIdReusePolicy": "WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE",
        "workflowIdConflictPolicy": "WORKFLOW_ID_CONFLICT_POLICY_FAIL",
    }
    ended = {"message_id": "c-1", "decided_on": "2012-07-15", "disposition": "dismissed"}
    case, nobody = case_id("S-1"), case_id("NOBODY")
    base = f"{server.http}/api/v1/namespaces/default/workflows/"
    async with httpx.AsyncClient(timeout=60) as http:

        async def post(path: str, body: object) -> tuple[int, str]:
            # An absolute address: some libraries take `booking-case:` for a scheme.
            answer = await http.post(base + path, content=body if isinstance(body, str) else json.dumps(body))
            return answer.status_code, answer.json().get("message", "")

        assert await post(case, start | {"input": [booking]}) == (200, "")
        code, said = await post(case, start | {"input": [booking]})
        assert (code, "already running" in said) == (409, True)
        assert (await post(f"{case}/signal-with-start/dismissal", start | {"signalInput": [ended]}))[0] == 400
        assert (await post(f"{case}/signal/dismissal", "{"))[0] == 400
        assert (await post(f"{case}/signal/dismissal", {"inputs": [ended]}))[0] == 400
        assert (await post(f"{case}/update/submit", {"request": {"input": {"args": [ended]}}}))[0] == 400
        too_long = ended | {"court": "x" * 512 * 1024}
        assert await post(f"{case}/signal/dismissal", {"input": [too_long]}) == (
            400,
            "Blob data size exceeds limit.",
        )
        assert await post(f"{case_id('S/2')}/query/case".replace("/2", "%2F2"), {}) == (404, "Not Found")
        assert (await post(f"{nobody}/signal/dismissal", {"input": [ended]}))[0] == 404

        while (code := (await post(f"{case}/signal/dismissal", {"input": [ended]}))[0]) == 200:
            await asyncio.sleep(0.1)
        assert code == 404
        code, said = await post(case, start | {"input": [booking]})
        assert (code, "already finished" in said) == (409, True)
        shown = (await http.post(f"{base}{case}/query/case")).json()["queryResult"][0]
        assert (shown["status"], shown["rejected"]) == ("cleared", None)  # an empty list comes as null


def test_the_lock_file_names_no_registry() -> None:
    packages = json.loads((TYPESCRIPT / "package-lock.json").read_text())["packages"]
    named = {name: package for name, package in packages.items() if name}
    assert named
    for name, package in named.items():
        assert "integrity" in package, name
        assert "resolved" not in package, f"{name}: make the lock file with `npm install` in {TYPESCRIPT.name}"


async def inputs(started: HistoryEvent) -> list[Any]:
    attributes = started.workflow_execution_started_event_attributes
    return await data_converter.decode(attributes.input.payloads)


async def signals(history: list[HistoryEvent]) -> list[tuple[str, list[Any]]]:
    received = [
        event.workflow_execution_signaled_event_attributes
        for event in history
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
    ]
    return [(signal.signal_name, await data_converter.decode(signal.input.payloads)) for signal in received]


async def looks(started: HistoryEvent) -> str:
    """All that a person or a list of cases sees of a start, as text."""
    attributes = started.workflow_execution_started_event_attributes
    fields = attributes.search_attributes.indexed_fields
    [summary] = await data_converter.decode([started.user_metadata.summary])
    return json.dumps(
        {
            "type": attributes.workflow_type.name,
            "queue": attributes.task_queue.name,
            "search attributes": {name: json.loads(fields[name].data) for name in sorted(fields)},
            "summary": summary,
            "time-outs": [
                attributes.workflow_execution_timeout.ToSeconds(),
                attributes.workflow_run_timeout.ToSeconds(),
            ],
        }
    )
