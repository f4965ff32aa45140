"""Histories of today's cases replay on today's code; a changed order of commands is found out."""

from collections.abc import Sequence
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.common import RawValue
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

import worker
from contracts.names import BOOKING_CASE
from runtime.converter import data_converter
from tests.workflows.cases import (
    booking,
    case_id,
    conviction,
    correct,
    correction,
    court_update,
    dismissal,
    open_by_signal,
    rejected,
    review_decision,
    settled,
    start,
    submit,
)
from workflows import WORKFLOWS


@workflow.defn(name=BOOKING_CASE, sandboxed=False)
class HastyCase:
    """A case that ends at once: what no history of a booking looks like."""

    @workflow.run
    async def run(self, *inputs: Any) -> str:
        return "nothing was looked up"

    @workflow.signal(dynamic=True)
    def any_signal(self, name: str, payloads: Sequence[RawValue]) -> None:
        """Takes every signal, so that only the commands differ."""


def replayer(*workflows: type) -> Replayer:
    return Replayer(
        workflows=workflows or WORKFLOWS, workflow_runner=worker.sandboxed, data_converter=data_converter
    )


async def awaiting(client: Client) -> WorkflowHandle[Any, Any]:
    handle = await start(client, case_id(), None)
    await handle.signal("conviction", conviction())
    await settled(handle, "awaiting_booking", messages=1)
    return handle


async def waiting(client: Client) -> WorkflowHandle[Any, Any]:
    case = case_id()
    handle = await start(client, case, booking(case))
    await settled(handle, "waiting_for_court")
    await handle.signal("court_update", court_update("u-1"))
    await handle.signal("verdict", "guilty")
    await rejected(handle, 1)
    await submit(handle, {"type": "court_update"} | court_update("u-2"))
    return handle


async def flagged(client: Client) -> WorkflowHandle[Any, Any]:
    handle = await waiting(client)
    await handle.signal("conviction", conviction())
    await handle.result()
    return handle


async def cleared(client: Client) -> WorkflowHandle[Any, Any]:
    handle = await waiting(client)
    await handle.signal("dismissal", dismissal())
    await handle.result()
    return handle


async def in_review(client: Client) -> WorkflowHandle[Any, Any]:
    case = case_id()
    charges = [{"charge_id": "1", "scheme": "CA-VC", "code": "no-such-code"}]
    handle = await start(client, case, booking(case, charges=charges))
    await settled(handle, "needs_review")
    return handle


async def ruled(client: Client) -> WorkflowHandle[Any, Any]:
    handle = await in_review(client)
    await handle.signal("review_decision", review_decision("r-1", "minor_traffic", charge_id="1"))
    await settled(handle, "waiting_for_court")
    return handle


async def asked_to_cancel(client: Client) -> WorkflowHandle[Any, Any]:
    handle = await waiting(client)
    await handle.cancel()
    await rejected(handle, 2)
    return handle


async def flagged_after_it_was_asked_to_cancel(client: Client) -> WorkflowHandle[Any, Any]:
    handle = await asked_to_cancel(client)
    await handle.signal("conviction", conviction())
    await handle.result()
    return handle


async def judged_after_it_was_forgotten(client: Client) -> WorkflowHandle[Any, Any]:
    case = case_id()
    handle = await start(client, case, booking(case))
    await handle.signal("conviction", conviction())
    await handle.result()
    sent = correction("k-1", "c-1")
    again = await open_by_signal(client, case, "correction", sent, input=booking(case), forgotten=True)
    assert (await again.result()).outcome == "withdrawn"
    return again


EVERY_WAY = [
    *(awaiting, waiting, flagged, cleared, in_review, ruled),
    *(asked_to_cancel, flagged_after_it_was_asked_to_cancel, judged_after_it_was_forgotten),
]


@pytest.mark.parametrize("reach", EVERY_WAY)
async def test_a_history_replays(reach: Any, client: Client) -> None:
    handle = await reach(client)
    await replayer().replay_workflow(await handle.fetch_history())


async def test_a_correction_replays(client: Client) -> None:
    case = case_id()
    await correct(client, case, correction("k-1", "c-1"))
    handle = client.get_workflow_handle(case.correction_id("k-1"))
    await replayer().replay_workflow(await handle.fetch_history())


async def test_a_history_survives_being_kept_as_a_file(client: Client) -> None:
    handle = await flagged(client)
    history = await handle.fetch_history()
    await replayer().replay_workflow(WorkflowHistory.from_json(handle.id, history.to_json()))


@pytest.mark.parametrize("reach", [waiting, flagged, in_review])
async def test_a_changed_workflow_is_found_out(reach: Any, client: Client) -> None:
    handle = await reach(client)
    with pytest.raises(NondeterminismError):
        await replayer(HastyCase).replay_workflow(await handle.fetch_history())
