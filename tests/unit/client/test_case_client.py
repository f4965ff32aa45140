"""The client against a server of our own making and a real registry."""

import shutil
from collections.abc import (
    AsyncIterator,
    Iterable,
)
from pathlib import Path
from typing import Any, Literal, cast

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from conviction_gate.client.case_client import CaseClient
from conviction_gate.client.errors import RegistryRequired, ServerError
from conviction_gate.client.replies import Reply
from conviction_gate.client.same_message import TAKEN_IN_CASE
from conviction_gate.contracts.case import CaseResult, CaseView, SubmitAnswer
from conviction_gate.contracts.fields import RuleName
from conviction_gate.contracts.internal.activities import Conclusion
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.contracts.internal.permits import NOT_A_REVIEWER, NOT_A_WITHDRAWER, Permits
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.names import AGENCY, CASE_STATUS, NEEDS_ATTENTION
from conviction_gate.contracts.signals import type_of
from conviction_gate.registry import Registry, migrate
from tests.support.fake_server import NOT_FOUND, FakeServer, event, payloads
from tests.support.messages import (
    BOOKING,
    CASE,
    CONVICTION,
    CORRECTION,
    DISMISSAL,
    FINDING,
    NOON,
    RECORD_UPDATE,
    RULING,
    UPDATE,
    VACATUR,
    booking,
    message,
    view,
)


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
    await registry.flag(concluded("flagged", "flag.convicted", messages))


async def cleared(registry: Registry, *messages: Message) -> None:
    """The case ended without a flag, and the server has forgotten it."""
    await registry.clear(concluded("cleared", "clear.no_conviction", messages))


def concluded(
    outcome: Literal["flagged", "cleared"], rule: RuleName, messages: Iterable[Message]
) -> Conclusion:
    facts = Facts()
    for one in messages:
        facts = facts.including(one)
    result = CaseResult(
        outcome=outcome,
        rule=rule,
        explanation="as decided",
        policy_edition="2012-04-27",
        decided_at=NOON,
        grounds=("court-91",),
    )
    return Conclusion(case=view(outcome), facts=facts, result=result)


# Starts ----------------------------------------------------------------------------------------


async def test_a_booking_opens_its_case(client: CaseClient, server: FakeServer) -> None:
    reply = await client.start(booking())
    assert (reply.status, reply.case_id) == ("accepted", str(CASE))
    (started,) = server.starts
    assert started["arg"]["charges"][1] == BOOKING["charges"][1]
    assert started["id_reuse_policy"] is WorkflowIDReusePolicy.REJECT_DUPLICATE
    assert started["id_conflict_policy"] is WorkflowIDConflictPolicy.FAIL
    assert started["static_summary"] == "Case CA0190000 A2012-0042117, 2 charges"
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
    assert (other.status, other.is_good) == ("refused", False)  # the same id, another content
    assert server.starts == []
    assert (await client.start(booking(message_id="b-9"))).status == "accepted"
    assert [started["workflow"] for started in server.starts] == ["FlagCorrection"]


async def test_another_booking_changes_no_clearance(
    client: CaseClient, server: FakeServer, registry: Registry
) -> None:
    await cleared(registry, booking())
    assert (await client.start(booking(message_id="b-9"))).status == "closed"
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
    shown = [
        {"message_id": m.message_id, "sender": m.sender, "type": type_of(m), "received_at": NOON, "effect": ""}
        for m in messages
    ]
    return view(messages=shown, messages_total=len(shown))


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


async def test_a_message_of_any_length_is_known_again(
    client: CaseClient, server: FakeServer, registry: Registry
) -> None:
    long = message("court_update", UPDATE, detail="\u8a9e" * 2000)  # three bytes each
    server.open.add(str(CASE))
    assert (await client.send(long, CASE)).status == "accepted"
    assert (await client.send(long, CASE)).status == "duplicate"
    server.open.clear()
    await flagged(registry, booking())
    assert (await client.send(long, CASE)).status == "accepted"
    assert server.starts[-1]["workflow"] == "FlagCorrection"
    assert (await client.send(long, CASE)).status == "duplicate"


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


ANSWER = SubmitAnswer(accepted=True, duplicate=True, status="waiting_for_court", effect="as before")


@pytest.mark.parametrize("where", [{"continued": "an earlier run"}, {"next_page": b"more"}])
async def test_what_an_earlier_run_may_have_received_the_case_is_asked(
    client: CaseClient, server: FakeServer, where: dict[str, Any]
) -> None:
    server.open.add(str(CASE))
    for name, value in where.items():
        setattr(server, name, value)
    server.answer = ANSWER
    assert (await client.send(SENT, CASE)).status == "duplicate"
    server.answer = WorkflowUpdateFailedError(ApplicationError(f"{TAKEN_IN_CASE}; send another"))
    refused = await client.send(SENT, CASE)
    assert (refused.status, refused.cause, server.signals) == ("refused", "other_content", [])
    server.answer = RPCError("no worker", RPCStatusCode.DEADLINE_EXCEEDED, b"")
    assert (await client.send(SENT, CASE)).status == "accepted"
    assert len(server.signals) == 1


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


async def test_after_a_clearance_a_case_is_closed(
    client: CaseClient, server: FakeServer, registry: Registry
) -> None:
    await cleared(registry, booking(), message("dismissal", DISMISSAL))
    reply = await client.send(message("conviction", CONVICTION), CASE)
    assert (reply.status, reply.is_good) == ("closed", False)
    assert reply.text == (
        "the case ended: cleared under clear.no_conviction; a case without a flag takes nothing more; a person "
        "may reopen it: `conviction-gate reopen`"
    )
    assert server.starts == []
    assert (await client.send(message("subject_finding", FINDING), CASE)).status == "accepted"


async def test_after_a_flag_every_message_but_a_ruling_is_taken(
    client: CaseClient, server: FakeServer, registry: Registry
) -> None:
    await flagged(registry, booking(), message("conviction", CONVICTION))
    sent = {"dismissal": DISMISSAL, "court_update": UPDATE, "record_update": RECORD_UPDATE}
    for name, fields in sent.items():
        assert (await client.send(message(name, fields), CASE)).status == "accepted"
    assert [started["arg"]["type"] for started in server.starts] == [*sent]
    assert (await client.send(message("review_decision", RULING), CASE)).status == "closed"


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
    another = message(name, fields, sender="another")
    assert (await client.send(another, CASE)).status == "accepted"  # it has an id of its own
    assert server.starts[1]["id"] == CASE.correction_id(f"another:{sent.message_id}")


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
    assert (reply.status, server.signals) == ("accepted", [])
    assert reply.text == "the case has closed; a correction was started"


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
