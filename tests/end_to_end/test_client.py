"""The typed client and the command line with a real server, a real worker and a real registry."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from conviction_gate.client.case_client import CaseClient
from conviction_gate.client.replies import Reply
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.case import CaseView, SubmitAnswer
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.names import BOOKING_CASE, FLAG_CORRECTION, CaseId
from conviction_gate.contracts.reading import read_booking, read_message
from conviction_gate.devserver.embedded import embedded
from conviction_gate.encryption.converter import data_converter
from conviction_gate.registry import Registry
from tests.support.instance import Instance
from tests.support.sent_messages import AGENCY, a_booking, a_conviction


def conviction(number: str, **more: Any) -> Message:
    return read_message("conviction", json.dumps(a_conviction(number, **more)))


def booking(number: str, **more: Any) -> Booking:
    return read_booking(json.dumps(a_booking(number, **more)))


def correction(number: str, **more: Any) -> Message:
    fields = {
        "message_id": f"fix-{number}",
        "corrects": f"court-{number}",
        "ground": "clerical_error",
        "corrected_on": "2013-08-01",
    }
    return read_message("correction", json.dumps(fields | more))


class Desk:
    """A client, and the server and registry behind it."""

    def __init__(self, server: Client, registry: Registry) -> None:
        self.server = server
        self.cases = CaseClient(server, registry)

    async def until(self, case_id: CaseId, **expected: Any) -> CaseView:
        """The case once these of its fields are so; the test's time-out is the limit."""
        while True:
            view = await self.cases.case(case_id)
            if view and all(getattr(view, name) == value for name, value in expected.items()):
                return view
            await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
async def desk() -> AsyncIterator[Desk]:
    async with embedded(ephemeral=True) as running:
        server = await Client.connect(running.address, data_converter=data_converter)
        async with await Registry.open(Settings(data=running.data).registry) as registry:
            yield Desk(server, registry)


async def test_a_case_from_its_booking_to_a_withdrawn_flag(desk: Desk) -> None:
    case_id, cases = CaseId(AGENCY, "C-1"), desk.cases
    assert (await cases.start(booking("C-1"))).status == "accepted"
    assert (await cases.start(booking("C-1"))).status == "duplicate"
    view = await desk.until(case_id, status="waiting_for_court")
    assert (view.messages_total, view.rejected_total, view.flag_status) == (1, 0, None)

    answer = await cases.submit(conviction("C-1"), case_id)
    assert isinstance(answer, SubmitAnswer)
    assert (answer.accepted, answer.duplicate) == (True, False)
    await desk.until(case_id, status="flagged", flag_status="active")
    await desk.server.get_workflow_handle(str(case_id)).result()

    again = await cases.start(booking("C-1"))
    assert (again.status, again.known) == ("closed", True)
    assert (await cases.start(booking("C-1", message_id="jms-2"))).known is False
    assert (await cases.send(conviction("C-1"), case_id)).status == "duplicate"
    late = await cases.submit(conviction("C-1", message_id="late"), case_id)
    assert isinstance(late, Reply)
    assert (late.status, late.text.split("; ")) == (
        "accepted",
        ["the case ended: flagged under flag.convicted", "a correction was started"],
    )

    assert (await cases.send(correction("C-1"), case_id)).status == "accepted"
    started = desk.server.get_workflow_handle(case_id.correction_id("fix-C-1"))
    assert (await started.describe()).workflow_type == FLAG_CORRECTION
    assert (await started.result())["outcome"] == "withdrawn"
    await desk.until(case_id, flag_status="withdrawn", status="waiting_for_court")  # the case runs again
    (flag,) = [flag for flag in await cases.flags() if flag.case_id == str(case_id)]
    assert flag.status == "withdrawn"


async def test_a_court_message_before_its_booking(desk: Desk) -> None:
    case_id, cases = CaseId(AGENCY, "C-2"), desk.cases
    assert await cases.case(case_id) is None
    assert (await cases.send(conviction("C-2"), case_id)).status == "accepted"
    await desk.until(case_id, status="awaiting_booking", messages_total=1)
    assert (await cases.start(booking("C-2"))).status == "accepted"
    await desk.until(case_id, status="flagged")


async def test_a_case_is_idle_when_it_has_nothing_to_do(desk: Desk) -> None:
    case_id, cases = CaseId(AGENCY, "C-4"), desk.cases
    assert await cases.is_idle(case_id)
    await cases.start(booking("C-4"))
    await desk.until(case_id, status="waiting_for_court")
    while not await cases.is_idle(case_id):
        await asyncio.sleep(0.01)
    nobodys = await desk.server.start_workflow(BOOKING_CASE, id=f"{case_id}-unread", task_queue="nobody's")
    assert not await cases.is_idle(nobodys.id)
    await nobodys.terminate()
    assert await cases.is_idle(nobodys.id)


async def test_what_the_validator_refuses_comes_back_with_its_reason(desk: Desk) -> None:
    case_id, cases = CaseId(AGENCY, "C-3"), desk.cases
    await cases.start(booking("C-3"))
    await desk.until(case_id, status="waiting_for_court")
    clash = conviction("C-3", message_id="jms-C-3")
    refused = await cases.submit(clash, case_id)
    assert isinstance(refused, Reply)
    assert (refused.status, refused.text.split(":")[0]) == ("refused", "message_id")


async def test_an_ended_case_that_no_record_tells_of(desk: Desk) -> None:
    """Who has no registry relies on what the server remembers."""
    case_id = CaseId(AGENCY, "C-4")
    await desk.cases.start(booking("C-4"))
    await desk.until(case_id, status="waiting_for_court")
    await desk.cases.send(conviction("C-4"), case_id)
    await desk.until(case_id, status="flagged")
    stranger = CaseClient(desk.server, None)
    reply = await stranger.start(booking("C-4"))
    assert (reply.status, reply.known) == ("closed", False)
    late = await stranger.send(conviction("C-4"), case_id)
    assert (late.status, late.text) == ("accepted", "the case has closed; a correction was started")
    view = await stranger.case(case_id)
    assert view is not None
    assert view.status == "flagged"


@pytest.mark.timeout(180)
async def test_the_command_line(instance: Instance, tmp_path: Path) -> None:
    await instance.up()
    assert "set up" in await instance.gate("setup")
    histories = tmp_path / "histories.jsonl"
    histories.write_text('{"subject": {"fbi_number": "F-D-2"}, "us_citizen": true}\n')
    await instance.gate("history", "import", str(histories))

    several = tmp_path / "bookings.json"
    several.write_text(json.dumps([a_booking("D-1"), a_booking("D-2"), a_booking("D-3")], indent=2))
    assert "3 accepted" in await instance.gate("start", str(several))
    one, two, three = (f"booking-case:{AGENCY}:D-{n}" for n in (1, 2, 3))
    await instance.until(one, status="waiting_for_court")
    assert (await instance.until(two, status="cleared"))["rule"] == "clear.us_citizen"

    lines = [
        json.dumps(a_conviction("D-1", case_id=f"{AGENCY}:D-1")),
        json.dumps(a_conviction("D-1", agency=AGENCY, tracking_number="D-1")),
        "{",
        json.dumps(a_conviction("D-3", case_id=three, verdict="guilty")),
    ]
    said = await instance.gate("send", "conviction", "-", "--answer", "--json", stdin="\n".join(lines), code=1)
    sent = json.loads(said)
    assert [item["where"] for item in sent] == ["line 1", "line 2", "line 3", "line 4"]
    assert [item["status"] for item in sent] == ["accepted", "duplicate", "refused", "refused"]
    assert sent[3]["text"].startswith("verdict: unknown field")

    await instance.until(one, status="flagged", flag_status="active")
    card = await instance.gate("show", f"{AGENCY}:D-1")
    assert "flagged (flag active)" in card
    assert "CA-VC 12500(a)" in card
    assert f"no case {AGENCY}:D-9" in await instance.gate("show", f"{AGENCY}:D-9", code=1)
    assert [flag["case_id"] for flag in json.loads(await instance.gate("flags", "--json"))] == [one]

    while True:  # the list follows the cases after a moment
        waiting = json.loads(
            await instance.gate("list", "--status", "waiting_for_court", "--agency", AGENCY, "--json")
        )
        if [row["case_id"] for row in waiting] == [three]:
            break
    assert waiting[0]["open"]
    assert waiting[0]["rule"] == "defer.traffic_only"
    assert waiting[0]["waiting_since"]
    assert json.loads(await instance.gate("list", "--attention", "--json")) == []
    assert "1 of 3" in await instance.gate("list", "--limit", "1", code=None)
    assert await instance.stop() == 0
