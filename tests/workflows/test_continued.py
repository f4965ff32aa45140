"""A case that continues as new: what came is carried on, shown again, and counted once."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner

import worker
import workflows.booking_case
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.case import CaseResult
from conviction_gate.contracts.internal.limits import SOFT_MAX_FACTS_BYTES, size_of, size_of_facts
from conviction_gate.contracts.names import (
    SEARCH_ATTRIBUTES,
    CaseId,
)
from conviction_gate.encryption.converter import data_converter
from conviction_gate.registry import Registry
from tests.support.workflow_cases import (
    booking,
    case_id,
    conviction,
    court_update,
    dismissal,
    rejected,
    runs,
    settled,
    start,
    view,
)

Handle = WorkflowHandle[Any, CaseResult]
METADATA: Final = "__temporal_workflow_metadata"
MESSAGES_MOST: Final = 400
EVENTS_MOST: Final = 300
BYTES_MOST: Final = 200_000
"""After which a run goes on as a new one: its own limit, and two of the server's."""


@pytest.fixture(scope="module")
async def short_server() -> AsyncIterator[WorkflowEnvironment]:
    limits = {
        "limit.historyCount.suggestContinueAsNew": EVENTS_MOST,
        "limit.historySize.suggestContinueAsNew": BYTES_MOST,
    }
    async with await WorkflowEnvironment.start_local(
        data_converter=data_converter,
        search_attributes=list(SEARCH_ATTRIBUTES),
        dev_server_existing_path=str(Path(sys.executable).with_name("temporal")),
        dev_server_log_level="error",
        dev_server_extra_args=[
            word for limit in limits.items() for word in ("--dynamic-config-value", "{}={}".format(*limit))
        ],
    ) as environment:
        yield environment


@pytest.fixture
async def short_runs(
    short_server: WorkflowEnvironment, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Client]:
    """A worker of short runs; outside the sandbox, which would import the module anew."""
    monkeypatch.setattr(workflows.booking_case, "MAX_MESSAGES_PER_RUN", MESSAGES_MOST)
    monkeypatch.setattr(worker, "sandboxed", UnsandboxedWorkflowRunner())
    async with worker.make_worker(short_server.client, registry, Settings()):
        yield short_server.client


CHARGES: Final = [{"charge_id": n, "scheme": "CA-VC", "code": "12500(a)"} for n in ("1", "2", "3")]
NEWS: Final = [court_update(f"u-{n}", charge_id=str(n % 3 + 1)) for n in range(1_200)]
FLOOD: Final = [
    *[("court_update", update) for update in NEWS],
    *[("court_update", update) for update in NEWS],
    *[("dismissal", dismissal(f"d-{n}", charge_id=str(n))) for n in (1, 2)],
    *[("conviction", conviction(f"x-{n}", charge_id=str(n % 3 + 1), decided_on="soon")) for n in range(300)],
    *[("verdict", "guilty")] * 198,
]
OTHERWISE: Final = [("court_update", update | {"entry": "warrant_issued"}) for update in NEWS[:100]]
"""What the ids of messages that came before say now."""
TAKEN, REJECTED = 1 + 1_200 + 2, 300 + 198 + 100
A_WAVE: Final = 500


async def test_a_flood_across_runs_loses_nothing_and_counts_nothing_twice(
    short_runs: Client, registry: Registry
) -> None:
    case = case_id()
    handle = short_runs.get_workflow_handle(str(case), result_type=CaseResult)
    await start(short_runs, case, booking(case, charges=CHARGES))
    first = await settled(handle, "waiting_for_court")
    messages, some = [*Random(7).sample(FLOOD, len(FLOOD)), *OTHERWISE], asyncio.Semaphore(50)
    assert len(messages) == 3_000

    async def send(name: str, message: Any) -> None:
        async with some:
            await handle.signal(name, message)

    for n in range(0, len(messages), A_WAVE):
        run_id = (await handle.describe()).run_id
        await asyncio.gather(*(send(*message) for message in messages[n : n + A_WAVE]))
        while (await handle.describe()).run_id == run_id:  # the server lets no run end while signals come
            await asyncio.sleep(0.05)
    assert await runs(short_runs, case) > len(messages) // A_WAVE

    seen = await rejected(handle, REJECTED)
    assert (seen.status, seen.rule) == ("waiting_for_court", "defer.traffic_only")
    assert (seen.messages_total, seen.rejected_total) == (TAKEN, REJECTED)
    assert [charge.disposition for charge in seen.charges] == ["dismissed", "dismissed", None]
    assert (seen.waiting_since, seen.needs_attention) == (first.waiting_since, True)
    # The title that a sender gave its case is its first run's alone, so the card has to tell all.
    card = (await handle.query(METADATA, result_type=WorkflowMetadata)).current_details
    assert f"Waiting for the **court** since {seen.waiting_since:%Y-%m-%d}" in card
    assert [line for line in card.splitlines() if line.startswith("- Charge")] == [
        "- Charge 1: CA-VC 12500\\(a\\), minor traffic: **dismissed on 2013-07-15**",
        "- Charge 2: CA-VC 12500\\(a\\), minor traffic: **dismissed on 2013-07-15**",
        "- Charge 3: CA-VC 12500\\(a\\), minor traffic: **open**",
    ]
    assert f"({TAKEN} in all)" in card
    assert f"**Rejected messages: {REJECTED}**" in card
    attributes = (await handle.describe()).typed_search_attributes
    answer = [attributes.get(key) for key in SEARCH_ATTRIBUTES]
    assert answer == [seen.status, seen.rule, case.agency, True, seen.waiting_since]

    await handle.signal("conviction", conviction(charge_id="3"))
    result = await handle.result()
    assert (result.outcome, result.rule, result.grounds) == ("flagged", "flag.convicted", ("c-1",))
    kept = await registry.recorded_case(str(case))
    assert kept is not None
    updates = {update.message_id: update.entry for update in kept.facts.court_updates}
    assert updates.items() <= {update["message_id"]: "continuance" for update in NEWS}.items()
    left_out = kept.facts.court_updates[-1]  # what ends nothing is left out where space grows scarce
    assert size_of_facts(kept.facts) + size_of(left_out) > SOFT_MAX_FACTS_BYTES
    assert (kept.case.messages_total, kept.case.rejected_total) == (TAKEN + 1, REJECTED)
    assert [flag.status for flag in await registry.flags() if flag.case_id == str(case)] == ["active"]


@pytest.mark.parametrize("named", [True, False], ids=["its own id", "no case's id"])
async def test_a_case_without_its_booking_continues_too(named: bool, short_runs: Client) -> None:
    case = case_id() if named else CaseId("zz", "T-1")
    await start(short_runs, case, None)
    handle: Handle = short_runs.get_workflow_handle(str(case), result_type=CaseResult)
    before = (await view(handle)).rejected_total
    await asyncio.gather(*(handle.signal("verdict", number) for number in range(500)))
    seen = await rejected(handle, before + 500)
    assert seen.rejected_total == before + 500
    assert await runs(short_runs, case) > 1
    await handle.terminate()
