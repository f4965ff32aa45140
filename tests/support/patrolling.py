"""The patrol's rounds, one at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
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
    count = brought_back(state, case)
    while True:
        state = await ActivityEnvironment().run(patrol.round, state)
        if brought_back(state, case) > count or str(case) in state.held_off:
            return state
        await asyncio.sleep(0.1)


def brought_back(state: PatrolState, case: CaseId) -> int:
    """How often the case was brought back with all of its messages."""
    return sum(one.case_id == str(case) and one.is_whole for one in state.brought_back)


@asynccontextmanager
async def going_round(client: Client, registry: Registry) -> AsyncIterator[None]:
    """Rounds one after the other, with shorter pauses than a worker makes."""

    async def go() -> None:
        state, patrol = PatrolState(), CasePatrol(client, registry)
        while True:
            state = await ActivityEnvironment().run(patrol.round, state)
            await asyncio.sleep(0.2)

    going = asyncio.create_task(go())
    yield
    going.cancel()
    with suppress(asyncio.CancelledError):
        await going


def latest(client: Client, case: CaseId) -> WorkflowHandle[Any, Any]:
    """The latest run of a case."""
    return client.get_workflow_handle(str(case))
