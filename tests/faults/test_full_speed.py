"""A sender at full speed: the case goes on in new runs before the server refuses signals, and loses none."""

import asyncio
import sys
from pathlib import Path

import pytest
from temporalio.client import WorkflowExecutionStatus
from temporalio.testing import WorkflowEnvironment

from conviction_gate.config.settings import Settings
from conviction_gate.contracts.names import SEARCH_ATTRIBUTES
from conviction_gate.devserver.temporal_server import DYNAMIC_CONFIG
from conviction_gate.encryption.converter import data_converter
from conviction_gate.registry import Registry
from tests.support.workflow_cases import booking, case_id, conviction, court_update, settled, start
from worker import make_worker

SENDERS = 50


@pytest.mark.timeout(900)
@pytest.mark.parametrize("count", [3_000, pytest.param(20_000, marks=pytest.mark.soak)])
async def test_every_message_of_a_sender_at_full_speed_is_taken(count: int, registry: Registry) -> None:
    settings = [f"{key}={value}" for key, value in DYNAMIC_CONFIG.items()]
    async with await WorkflowEnvironment.start_local(
        data_converter=data_converter,
        search_attributes=list(SEARCH_ATTRIBUTES),
        dev_server_existing_path=str(Path(sys.executable).with_name("temporal")),
        dev_server_log_level="error",
        dev_server_extra_args=[word for each in settings for word in ("--dynamic-config-value", each)],
    ) as server:
        case = case_id()
        async with make_worker(server.client, registry, Settings()):
            handle = await start(server.client, case, booking(case))
            left = iter(range(count))

            async def send() -> None:
                for number in left:
                    await handle.signal("court_update", court_update(f"u-{number}"))

            await asyncio.gather(*(send() for _ in range(SENDERS)))
            latest = server.client.get_workflow_handle(str(case))
            seen = await settled(latest, "waiting_for_court", messages=count + 1)
            assert (seen.messages_total, seen.rejected_total) == (count + 1, 0)
            await latest.signal("conviction", conviction())
            assert (await handle.result()).outcome == "flagged"
        statuses = [run.status async for run in server.client.list_workflows(f"WorkflowId = '{case}'")]
        assert WorkflowExecutionStatus.CONTINUED_AS_NEW in statuses
        assert WorkflowExecutionStatus.TERMINATED not in statuses
