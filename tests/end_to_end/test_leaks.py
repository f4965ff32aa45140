"""What stands in the clear where the Temporal server keeps and shows things: docs/security.md lists all of it.

Every free field of every message holds a mark of its own, with encryption on; then the marks are looked
for wherever somebody without the keys can look.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import psutil
import pytest
from temporalio.api.workflowservice.v1 import ListWorkflowExecutionsRequest
from temporalio.client import Client, WorkflowUpdateFailedError

from conviction_gate.contracts.names import TASK_QUEUE, CaseId
from conviction_gate.devserver.resources import free_port
from conviction_gate.temporal.connect import connect
from tests.support.instance import Instance
from tests.support.workflow_cases import (
    amendment,
    booking,
    conviction,
    correct,
    correction,
    court_update,
    dismissal,
    finding,
    rejected,
    review_decision,
    settled,
    start,
    submit,
)

pytestmark = pytest.mark.usefixtures("encrypted")

OURS = ("registry.db", "keys")
"""What of the data folder is not the server's."""


class Marks:
    """Values that are found nowhere else, by what they were put into."""

    def __init__(self) -> None:
        self.all: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        assert name not in self.all
        self.all[name] = f"mark-{uuid4().hex}"
        return self.all[name]

    def found_in(self, text: bytes) -> set[str]:
        return {name for name, mark in self.all.items() if mark.encode() in text}


async def test_the_server_keeps_and_shows_nothing_in_the_clear_but_what_is_listed(
    instance: Instance, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CONVICTION_GATE_METRICS", worker := f"127.0.0.1:{free_port()}")
    await instance.up()
    for name in ("TEMPORAL_ADDRESS", "TEMPORAL_CONFIG_FILE", "CONVICTION_GATE_DATA"):
        monkeypatch.setenv(name, instance.environment[name])
    marks = Marks()
    metrics = {"worker": worker, "server": await server_metrics(instance)}
    counted: defaultdict[str, set[str]] = defaultdict(set)

    async def look() -> None:
        for name, address in metrics.items():
            counted[name] |= marks.found_in(await scraped(address))

    living = asyncio.create_task(live(instance, await connect(), marks))
    while not living.done():
        await look()
        await asyncio.sleep(0.2)
    await living
    await look()

    bare = await Client.connect(instance.environment["TEMPORAL_ADDRESS"])  # without keys
    visible = {name: marks.found_in(text) async for name, text in shown(bare)}
    said = capfd.readouterr()
    visible["logs"] = marks.found_in((said.out + said.err).encode())
    await instance.stop()
    for path in instance.data.rglob("*"):
        if path.is_file() and not path.relative_to(instance.data).parts[0].startswith(OURS):
            visible[path.name] = marks.found_in(path.read_bytes())

    listed = {"tracking_number", "correction.message_id", "signal's name", "workflow's type"}
    # The worker's hold the one mark that is a label, so this way of looking does find one.
    assert counted["worker"] == {"workflow's type"}
    assert counted["server"] == set()
    assert visible.pop("logs") <= listed
    database = [visible.pop(name) for name in sorted(visible) if name.startswith("temporal.db")]
    assert set().union(*database) == listed  # so this way of looking does find what is there
    assert {name: found - listed for name, found in visible.items() if found - listed} == {}


async def live(instance: Instance, client: Client, mark: Marks) -> None:
    """A case through review, clearance, reopening, flag and withdrawal; one of bad messages; and no case."""
    await client.start_workflow(
        mark("workflow's type"), mark("stranger's input"), id="stranger", task_queue=TASK_QUEUE
    )
    case = CaseId("ZZ0000100", mark("tracking_number"))
    charge = {
        "charge_id": mark("charge_id"),
        "scheme": mark("scheme"),
        "code": mark("code"),
        "description": mark("description"),
    }
    booked = booking(
        case,
        message_id=mark("booking.message_id"),
        sender=mark("sender"),
        booking_number=mark("booking_number"),
        subject={name: mark(name) for name in ("fingerprint_id", "fbi_number", "state_id")},
        charges=[charge],
    )
    handle = await start(client, case, booked)
    await settled(handle, "needs_review")
    ruling = review_decision(
        mark("review.message_id"),
        "minor_traffic",
        charge_id=charge["charge_id"],
        reviewer=mark("reviewer"),
        reason=mark("review.reason"),
    )
    await handle.signal("review_decision", ruling)
    await settled(handle, "waiting_for_court")
    further = amendment(mark("amendment.message_id"), "2012-06-20", charge_id=mark("amendment.charge_id"))
    await handle.signal("amendment", further | {"docket_number": mark("amendment.docket_number")})
    entry = court_update(mark("update.message_id"), mark("entry"), charge_id=charge["charge_id"])
    entry |= {"detail": mark("detail"), "court": mark("court"), "docket_number": mark("docket_number")}
    await submit(handle, {"type": "court_update", **entry})
    with pytest.raises(WorkflowUpdateFailedError):
        await submit(handle, {"type": mark("submit.type"), "message_id": mark("submit.message_id")})
    await handle.signal("conviction", {"message_id": mark("rejected.message_id"), mark("field's name"): 1})
    await handle.signal(mark("signal's name"), {"message_id": mark("unknown.message_id")})
    await rejected(handle, 2)
    await handle.signal("dismissal", dismissal(mark("dismissal.message_id"), charge_id=None))
    assert (await handle.result()).outcome == "cleared"

    await instance.gate("reopen", str(case), "--by", mark("reopen.by"), "--reason", mark("reopen.reason"))
    again = client.get_workflow_handle(str(case))
    await settled(again, "waiting_for_court")
    guilty = conviction(mark("conviction.message_id"), charge_id=charge["charge_id"])
    await again.signal("conviction", guilty | {"docket_number": mark("conviction.docket_number")})
    assert (await again.result())["outcome"] == "flagged"
    late = correction(mark("correction.message_id"), guilty["message_id"], detail=mark("correction.detail"))
    result = await correct(client, case, late, message_id=late["message_id"])
    assert result.outcome == "withdrawn", result

    other = CaseId("ZZ0000100", f"T-{uuid4().hex[:12]}")
    opened = await start(client, other, {"message_id": mark("start.message_id"), "agency": mark("agency")})
    await rejected(opened, 1)
    await opened.signal("booking", booking(other, subject={"state_id": mark("other.state_id")}))
    await settled(opened, "waiting_for_court")
    end = finding(mark("finding.message_id"), "deceased", source=mark("source"))
    await opened.signal("subject_finding", end)
    await opened.result()


async def shown(client: Client) -> AsyncIterator[tuple[str, bytes]]:
    """All that the server tells of its workflows: in lists, on their pages, in their histories."""
    listing = await client.workflow_service.list_workflow_executions(
        ListWorkflowExecutionsRequest(namespace=client.namespace, page_size=100)
    )
    assert len(listing.executions) >= 4
    for number, one in enumerate(listing.executions):
        handle = client.get_workflow_handle(one.execution.workflow_id, run_id=one.execution.run_id)
        yield f"list {number}", one.SerializeToString()
        yield f"page {number}", (await handle.describe()).raw_description.SerializeToString()
        history = b"".join([event.SerializeToString() async for event in handle.fetch_history_events()])
        assert b"binary/encrypted" in history
        yield f"history {number}", history


async def scraped(address: str) -> bytes:
    """What Prometheus reads there."""
    async with httpx.AsyncClient(trust_env=False) as prometheus:
        answer = await prometheus.get(f"http://{address}/metrics")
    assert answer.text.startswith("# HELP")
    return answer.content


async def server_metrics(instance: Instance) -> str:
    """Where the embedded server tells its own numbers: at a port that it takes by itself."""
    assert instance.process is not None
    (server,) = [one for one in psutil.Process(instance.process.pid).children() if one.name() == "temporal"]
    listening = [one.laddr for one in server.net_connections("tcp") if one.status == psutil.CONN_LISTEN]
    for ip, port in listening:
        try:
            await scraped(f"{ip}:{port}")
        except (httpx.TransportError, AssertionError):
            continue  # another of its doors
        return f"{ip}:{port}"
    raise AssertionError(f"none of {listening} tells numbers")
