"""Every scenario of tests/data/scenarios*.json through the real workflow, as senders send it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle
from temporalio.exceptions import WorkflowAlreadyStartedError

from conviction_gate.client.case_client import CaseClient
from conviction_gate.contracts.history import HistoryAnswer
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.reading import read_message
from conviction_gate.registry import Registry
from tests.support.workflow_cases import open_by_signal, settled, start

DATA = Path(__file__).parent.parent / "data"
SCENARIOS = [
    scenario for file in sorted(DATA.glob("scenarios*.json")) for scenario in json.loads(file.read_text())
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["id"])
async def test_scenario(scenario: dict[str, Any], client: Client, registry: Registry) -> None:
    await registry.import_history([HistoryAnswer.model_validate(scenario["history"])])
    case = case_of(scenario)
    sender = CaseClient(client, registry)
    handle = client.get_workflow_handle(str(case))
    for step in scenario["steps"]:
        match step["do"]:
            case "start":
                try:
                    await start(client, case, step["input"])
                except WorkflowAlreadyStartedError:  # a court message opened it
                    await handle.signal("booking", step["input"])
            case "start_again":
                with pytest.raises(WorkflowAlreadyStartedError):
                    await start(client, case, step["input"])
                await handle.signal("booking", step["input"])
            case "history":
                await registry.import_history([HistoryAnswer.model_validate(row) for row in step["rows"]])
            case "signal" if await sender.is_open(case):
                await handle.signal(step["name"], step["input"])
            case "signal" if await sender.status(case) is None:
                await open_by_signal(client, case, step["name"], step["input"])
            case "signal":  # the case has ended
                message = read_message(step["name"], json.dumps(step["input"]))
                assert (await sender.send(message, case)).status in ("accepted", "closed")
        if "expect" in step:
            await becomes(step["expect"], handle, registry)
    flags = [flag for flag in await registry.flags() if flag.case_id == str(case)]
    was_flagged = any(step.get("expect") == "flagged" for step in scenario["steps"])
    assert len(flags) == (1 if was_flagged else 0)


def case_of(scenario: dict[str, Any]) -> CaseId:
    """The case of the scenario's booking, wherever in it the booking stands."""
    booked = next(step["input"] for step in scenario["steps"] if "agency" in step.get("input", {}))
    return CaseId(booked["agency"], booked["tracking_number"])


async def becomes(expected: str, handle: WorkflowHandle[Any, Any], registry: Registry) -> None:
    """The case comes to this status; `withdrawn`: its flag does, and it goes on where something is open."""
    if expected != "withdrawn":
        await settled(handle, expected)
        return
    while [flag.status for flag in await registry.flags() if flag.case_id == handle.id] != ["withdrawn"]:
        await asyncio.sleep(0.02)
