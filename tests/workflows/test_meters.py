"""What a worker counts, and that nobody's data is in it."""

import asyncio
from datetime import timedelta

import pytest
from temporalio.client import Client
from temporalio.runtime import BufferedMetricUpdate, MetricBuffer, Runtime, TelemetryConfig
from temporalio.testing import WorkflowEnvironment

from conviction_gate.config.settings import Settings
from conviction_gate.encryption.converter import data_converter
from conviction_gate.registry import Registry
from conviction_gate.service.metrics import CaseGauges, HealthGauges
from tests.support.workflow_cases import (
    booking,
    case_id,
    conviction,
    correct,
    correction,
    rejected,
    settled,
    start,
)
from worker import make_worker

QUEUE = "measured"


class Measured:
    """A client whose runtime keeps what is counted."""

    def __init__(self, client: Client, runtime: Runtime, buffer: MetricBuffer) -> None:
        self.client, self.runtime, self._buffer = client, runtime, buffer
        self._kept: list[BufferedMetricUpdate] = []

    def measurements(self) -> list[tuple[str, dict[str, str], float]]:
        """Our own updates so far: name, labels, value."""
        self._kept += self._buffer.retrieve_updates()
        return [
            (
                u.metric.name.removeprefix("conviction_gate_"),
                {k: str(v) for k, v in u.attributes.items()},
                u.value,
            )
            for u in self._kept
            if u.metric.name.startswith("conviction_gate_")
        ]

    def counts(self, name: str, *labels: str) -> dict[tuple[str, ...], float]:
        """A metric by those of its labels: a counter's sum, or a gauge's changes summed up."""
        found: dict[tuple[str, ...], float] = {}
        for metric, its, value in self.measurements():
            if metric == name:
                key = tuple(its[label] for label in labels)
                found[key] = found.get(key, 0) + value
        return found


@pytest.fixture
async def measured(server: WorkflowEnvironment) -> Measured:
    buffer = MetricBuffer(100_000)
    runtime = Runtime(telemetry=TelemetryConfig(metrics=buffer))
    client = await Client.connect(
        server.client.service_client.config.target_host, data_converter=data_converter, runtime=runtime
    )
    return Measured(client, runtime, buffer)


async def test_each_decision_and_each_rejected_message_counts_once(
    measured: Measured, registry: Registry
) -> None:
    # Without a cache a case is played back for each task.
    settings = Settings(worker_cache=0)
    async with make_worker(measured.client, registry, settings, task_queue=QUEUE):
        case = case_id()
        handle = await start(measured.client, case, booking(case), task_queue=QUEUE)
        await settled(handle, "waiting_for_court")
        await handle.signal("conviction", {"charge_id": "MARKER"})
        await rejected(handle, 1)
        await handle.signal("MARKER", {})
        await rejected(handle, 2)
        await handle.signal("conviction", conviction("b-2", decided_on="2999-01-01"))
        await rejected(handle, 3)
        await handle.signal("booking", booking(case, booking_number="MARKER"))
        await rejected(handle, 4)
        await handle.signal("conviction", conviction())
        assert (await handle.result()).outcome == "flagged"
        cleared = correction("k-1", "c-1") | {"ground": "us_citizen"}  # so that it does not run again
        await correct(measured.client, case, cleared, task_queue=QUEUE)
    assert measured.counts("decisions", "status", "rule") == {
        ("waiting_for_court", "defer.traffic_only"): 1,
        ("flagged", "flag.convicted"): 1,
    }
    assert measured.counts("rejected_messages", "name", "kind") == {
        ("conviction", "does_not_fit"): 1,
        ("other", "does_not_fit"): 1,
        ("conviction", "misplaced"): 1,
        ("booking", "not_taken"): 1,
    }
    assert measured.counts("corrections", "outcome") == {("withdrawn",): 1}
    text = repr(measured.measurements())
    assert "MARKER" not in text
    assert case.agency not in text
    assert case.tracking_number not in text


async def test_the_cases_of_the_namespace_are_counted(measured: Measured, registry: Registry) -> None:
    cases = CaseGauges(measured.client, measured.runtime.metric_meter, timedelta(microseconds=1))
    async with make_worker(measured.client, registry, Settings(), task_queue=QUEUE):
        case = case_id()
        handle = await start(measured.client, case, booking(case), task_queue=QUEUE)
        await settled(handle, "waiting_for_court")
        while True:  # visibility follows by itself; other tests' cases may be open too
            await cases.update()
            waiting = [
                value
                for name, labels, value in measured.measurements()
                if (name, labels.get("status")) == ("open_cases", "waiting_for_court")
            ]
            overdue = [value for name, _, value in measured.measurements() if name == "overdue_cases"]
            if waiting and waiting[-1] >= 1 and overdue[-1] >= 1:
                break
            await asyncio.sleep(0.05)
        names = {name for name, *_ in measured.measurements()}
        await handle.terminate("counted")
    assert names >= {"attention_cases", "waiting_cases", "slow_history_cases", "counted_timestamp_seconds"}


async def test_one_check_that_is_not_well_makes_a_worker_not_ready(measured: Measured) -> None:
    gauges = HealthGauges(measured.runtime.metric_meter)
    gauges.update({"worker": None, "registry": "gone"})
    assert measured.counts("ready") == {(): 0}
    assert measured.counts("check", "check") == {("worker",): 1, ("registry",): 0}
