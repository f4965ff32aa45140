"""The patrol's rounds, one at a time."""

import asyncio
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.testing import ActivityEnvironment

from conviction_gate.contracts.internal.patrol import PatrolState
from conviction_gate.contracts.names import CaseId
from conviction_gate.registry import Registry
from conviction_gate.restore.patrol import CasePatrol


async def rounds(
    client: Client, registry: Registry, case: CaseId, state: PatrolState | None = None
) -> PatrolState:
    """Go round until the case is brought back or held off: what a server lists is a moment behind."""
    state, patrol = state or PatrolState(), CasePatrol(client, registry)
    count = sum(one.case_id == str(case) for one in state.brought_back)
    while True:
        state = await ActivityEnvironment().run(patrol.round, state)
        if sum(one.case_id == str(case) for one in state.brought_back) > count or str(case) in state.held_off:
            return state
        await asyncio.sleep(0.1)


def latest(client: Client, case: CaseId) -> WorkflowHandle[Any, Any]:
    """The latest run of a case."""
    return client.get_workflow_handle(str(case))
