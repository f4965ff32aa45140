"""The spans that a worker sends to a collector, and what does not stand on them.

Needs the packages of the extra `traces`; `make test-ops` installs them.
"""

from asyncio.subprocess import PIPE
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, Interceptor, OutboundInterceptor, SignalWorkflowInput, StartWorkflowInput
from temporalio.worker import Replayer

from conviction_gate.devserver import processes, worker_process
from conviction_gate.devserver.embedded import embedded
from conviction_gate.encryption.converter import data_converter
from conviction_gate.service.spans import exporting_to
from conviction_gate.sources.http import ServiceError
from tests.replay.record import files, sets
from tests.support.http_server import Handler, serving
from tests.support.replaying import replay
from tests.support.state_repository import clean, state_repository
from tests.support.workflow_cases import booking, case_id, conviction, rejected, settled, start
from worker import sandboxed
from workflows import WORKFLOWS

ODD = (b"", b"null", b"7", b'["traceparent"]', b'{"traceparent": 7}', b"\xff", b"[" * 100_000)
"""What a sender may write into the header of traces."""


class Collector:
    """What was sent to it, as it came."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/v1/traces"
        self.bodies: list[bytes] = []

    def spans(self) -> list[Span]:
        sent = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        scopes = [scope for request in sent for of in request.resource_spans for scope in of.scope_spans]
        return [span for scope in scopes for span in scope.spans]


@contextmanager
def collecting() -> Iterator[Collector]:
    """An OTLP/HTTP collector on the loopback interface."""

    class Traces(Handler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            collector.bodies.append(self.read_body())
            self.answer(200)

    with serving(Traces) as port:
        collector = Collector(port)
        yield collector


class Heading(Interceptor):
    """A sender that writes a header of traces of its own."""

    def __init__(self) -> None:
        self.said = b""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        return _Heading(next, self)

    def write(self, input: StartWorkflowInput | SignalWorkflowInput) -> None:
        header = Payload(metadata={"encoding": b"json/plain"}, data=self.said)
        input.headers = {**input.headers, "_tracer-data": header}


class _Heading(OutboundInterceptor):
    def __init__(self, next: OutboundInterceptor, sender: Heading) -> None:
        super().__init__(next)
        self._sender = sender

    async def start_workflow(self, input: StartWorkflowInput) -> Any:
        self._sender.write(input)
        return await super().start_workflow(input)

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:
        self._sender.write(input)
        await super().signal_workflow(input)


async def test_a_case_is_traced_and_nothing_of_what_it_holds_is_told(tmp_path: Path) -> None:
    broken_at_first = iter([(503, b"MARKER")])
    with (
        collecting() as collector,
        state_repository(lambda question: next(broken_at_first, None) or clean(question)) as source,
    ):
        async with embedded(data=tmp_path / "data", worker=False) as running:
            env = worker_process.environment(
                {
                    "TEMPORAL_ADDRESS": running.address,
                    "TEMPORAL_NAMESPACE": running.namespace,
                    "CONVICTION_GATE_DATA": str(running.data),
                    "CONVICTION_GATE_HISTORY_URL": source.url,
                    "CONVICTION_GATE_TRACES": collector.url,
                }
            )
            worker = await processes.spawn(*worker_process.COMMAND, env=env, stdout=PIPE, stderr=None)
            try:
                assert worker.stdout is not None
                assert (await worker.stdout.readline()).startswith(worker_process.READY_LINE)
                sender = Heading()
                client = await Client.connect(
                    running.address, data_converter=data_converter, interceptors=[sender]
                )
                for said in (*ODD, b'{"traceparent": "00-%032x-%016x-01", "baggage": "a=MARKER"}' % (7, 8)):
                    sender.said = said
                    await a_case(client)
            finally:
                await processes.stop(worker, worker_process.STOP_WITHIN)
            assert worker.returncode == 0

    assert not any(b"MARKER" in body for body in collector.bodies)
    spans = collector.spans()
    for step in ("RunWorkflow:BookingCase", "HandleSignal:conviction", "CompleteWorkflow:BookingCase"):
        assert len([span for span in spans if span.name == step]) == len(ODD) + 1, step
    by_id = {span.span_id: span for span in spans}
    look_ups = [span for span in spans if span.name == "RunActivity:check_history"]
    assert {by_id[span.parent_span_id].name for span in look_ups} == {"StartActivity:check_history"}
    (failed,) = [span for span in look_ups if span.events]
    attributes = {one.key: one.value.string_value for one in failed.events[0].attributes}
    assert attributes["exception.type"] == "conviction_gate.sources.http.ServiceError"
    assert "answered 503" in attributes["exception.message"]
    # What a sender says of its own trace is taken up.
    ours = {span.name for span in spans if span.trace_id == (7).to_bytes(16, "big")}
    assert {"RunWorkflow:BookingCase", "RunActivity:flag_case"} <= ours


async def a_case(client: Client) -> None:
    """From its booking to a flag, with a message that is rejected; and it can go on untraced."""
    case = case_id()
    handle = await start(client, case, booking(case, booking_number="MARKER"))
    await settled(handle, "waiting_for_court")
    await handle.signal("dismissal", {"charge_id": "MARKER"})
    await rejected(handle, 1)
    await handle.signal("conviction", conviction())
    await handle.result()
    untraced = Replayer(workflows=WORKFLOWS, workflow_runner=sandboxed, data_converter=data_converter)
    await untraced.replay_workflow(await handle.fetch_history())


async def test_traces_are_turned_on_for_cases_that_were_begun_without() -> None:
    with collecting() as collector, exporting_to(collector.url) as tracing:
        for file in [file for one in sets() for file in files(one)]:
            await replay(file, interceptors=[tracing])
    assert not collector.bodies  # what is played back has its spans already


def test_of_an_exception_its_kind_is_told_and_only_our_own_words() -> None:
    with collecting() as collector:
        with exporting_to(collector.url) as tracing:
            for error in (ServiceError("ours"), ValueError("MARKER")):
                error.__cause__ = KeyError("MARKER")
                with (
                    pytest.raises(type(error)),
                    tracing.tracer.start_as_current_span("s", attributes={"MARKER": 1}),
                ):
                    raise error
        ours, other = collector.spans()
    assert not any(b"MARKER" in body for body in collector.bodies)
    assert [one.key for one in ours.events[0].attributes] == ["exception.type", "exception.message"]
    assert [one.value.string_value for one in other.events[0].attributes] == ["ValueError"]
