"""Every scenario of tests/data/scenarios.json through the real workflow, as senders send it."""

import json
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from conviction_gate.contracts.history import HistoryAnswer
from conviction_gate.contracts.names import CaseId
from conviction_gate.registry import Registry
from tests.workflows.cases import settled, start

SCENARIOS = json.loads((Path(__file__).parent.parent / "data" / "scenarios.json").read_text())


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["id"])
async def test_scenario(scenario: dict[str, Any], client: Client, registry: Registry) -> None:
    await registry.import_history([HistoryAnswer.model_validate(scenario["history"])])
    booked = scenario["steps"][0]["input"]
    case = CaseId(booked["agency"], booked["tracking_number"])
    handle = client.get_workflow_handle(str(case))
    for step in scenario["steps"]:
        message = step["input"]
        try:
            match step["do"]:
                case "start":
                    handle = await start(client, case, message)
                case "start_again":
                    with pytest.raises(WorkflowAlreadyStartedError):
                        await start(client, case, message)
                    await handle.signal("booking", message)
                case "signal":
                    await handle.signal(step["name"], message)
        except RPCError as refused:
            if "already completed" not in str(refused):  # the case has ended: nothing changes
                raise
        if "expect" in step:
            await settled(handle, step["expect"])
    flags = [flag for flag in await registry.flags() if flag.case_id == str(case)]
    assert len(flags) == (1 if scenario["steps"][-1]["expect"] == "flagged" else 0)
