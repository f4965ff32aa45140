"""A sender at full speed: the case goes on in new runs before the server refuses signals, and loses none."""

import asyncio

import pytest
from temporalio.client import WorkflowExecutionStatus

from conviction_gate.config.settings import Settings
from conviction_gate.registry import Registry
from tests.support.own_server import own_server
from tests.support.workflow_cases import booking, case_id, conviction, court_update, settled, start
from worker import make_worker

SENDERS = 50


@pytest.mark.timeout(900)
@pytest.mark.parametrize("count", [3_000, pytest.param(20_000, marks=pytest.mark.soak)])
async def test_every_message_of_a_sender_at_full_speed_is_taken(count: int, registry: Registry) -> None:
    async with own_server() as client:
        case = case_id()
        async with make_worker(client, registry, Settings()):
            handle = await start(client, case, booking(case))
            left = iter(range(count))

            async def send() -> None:
                for number in left:
                    await handle.signal("court_update", court_update(f"u-{number}"))

            await asyncio.gather(*(send() for _ in range(SENDERS)))
            latest = client.get_workflow_handle(str(case))
            seen = await settled(latest, "waiting_for_court", messages=count + 1)
            assert (seen.messages_total, seen.rejected_total) == (count + 1, 0)
            await latest.signal("conviction", conviction())
            assert (await handle.result()).outcome == "flagged"
        statuses = [run.status async for run in client.list_workflows(f"WorkflowId = '{case}'")]
        assert WorkflowExecutionStatus.CONTINUED_AS_NEW in statuses
        assert WorkflowExecutionStatus.TERMINATED not in statuses
