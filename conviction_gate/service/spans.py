"""The spans of a worker, as OpenTelemetry has them: what it did, when, for which case, and nobody's data.

A span has the ids of what it is about, and of an exception what the log tells too (logs.py). Which trace it
belongs to travels in the header `_tracer-data` of starts, signals and activities, in the clear.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Thread
from typing import Any, Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.trace import Status, Tracer
from temporalio.api.common.v1 import Payload
from temporalio.contrib.opentelemetry import TracingInterceptor, TracingWorkflowInboundInterceptor
from temporalio.converter import PayloadConverter
from temporalio.worker import WorkflowInboundInterceptor, WorkflowInterceptorClassInput

from conviction_gate.service.logs import is_told

SERVICE: Final = "conviction-gate"
LAST_WITHIN: Final = 2.0
"""Seconds for what is not sent yet when a worker ends: less than it has after its last task."""

_IDS: Final = ("temporalWorkflowID", "temporalRunID", "temporalActivityID", "temporalUpdateID")
_KIND, _TEXT = "exception.type", "exception.message"


@contextmanager
def sending_to(collector: str) -> Iterator[TracingInterceptor]:
    """See `traces.sent_to`. What OpenTelemetry's own variables say of sampling, of headers and of
    certificates holds."""
    provider = TracerProvider(resource=Resource.create({"service.name": SERVICE}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(_Exporter(collector)))
    try:
        yield _Tracing(provider.get_tracer(SERVICE))
    finally:
        # A collector that does not answer holds up no worker's end.
        last = Thread(target=provider.shutdown, daemon=True)
        last.start()
        last.join(LAST_WITHIN)


class _Exporter(OTLPSpanExporter):
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return super().export([_told(span) for span in spans])


def _told(span: ReadableSpan) -> ReadableSpan:
    """The span with nothing on it that may hold anybody's data."""
    in_activity = span.name.startswith("RunActivity:")
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={name: value for name, value in (span.attributes or {}).items() if name in _IDS},
        events=[_event_told(event, in_activity=in_activity) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),  # its description is the exception's text
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _event_told(event: Event, *, in_activity: bool) -> Event:
    said = event.attributes or {}
    kind = str(said.get(_KIND, ""))
    told = (_KIND, _TEXT) if is_told(kind, in_activity=in_activity) else (_KIND,)
    return Event(event.name, {name: said[name] for name in told if name in said}, event.timestamp)


class _Header(PayloadConverter):
    """What travels: the id of the span before, and nothing else of what others write there.

    Anybody who sends to a case may write that header. What does not fit is as none: an exception would
    fail the case's task, again and again.
    """

    def to_payloads(self, values: Sequence[Any]) -> list[Payload]:
        return PayloadConverter.default.to_payloads(values)

    def from_payloads(
        self, payloads: Sequence[Payload], type_hints: list[type] | None = None
    ) -> list[dict[str, str]]:
        return [_carried(payload.data) for payload in payloads]


def _carried(data: bytes) -> dict[str, str]:
    try:
        parent = json.loads(data)["traceparent"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return {}
    return {"traceparent": parent} if isinstance(parent, str) else {}


class _InWorkflow(TracingWorkflowInboundInterceptor):
    def __init__(self, next: WorkflowInboundInterceptor) -> None:
        super().__init__(next)
        self.payload_converter = _Header()


class _Tracing(TracingInterceptor):
    """The SDK's. A case has spans whether or not whoever started it has."""

    def __init__(self, tracer: Tracer) -> None:
        super().__init__(tracer, always_create_workflow_spans=True)
        self.payload_converter = _Header()

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[TracingWorkflowInboundInterceptor]:
        super().workflow_interceptor_class(input)
        return _InWorkflow
