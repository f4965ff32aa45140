"""OpenTelemetry spans of a worker: what it did, when, and for which case, without personal data.

A span has the ids of the case and its run, and of an exception what the log has too (logs.py). The header
`_tracer-data` of starts, signals and activities carries the trace's id, unencrypted.
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

from conviction_gate.service.logs import is_safe_to_log

SERVICE: Final = "conviction-gate"
FLUSH_WITHIN: Final = 2.0
"""Seconds to export the remaining spans when a worker ends: less than it has after its last task."""

_SAFE_ATTRIBUTES: Final = ("temporalWorkflowID", "temporalRunID", "temporalActivityID", "temporalUpdateID")
_KIND, _TEXT = "exception.type", "exception.message"


@contextmanager
def exporting_to(collector: str) -> Iterator[TracingInterceptor]:
    """See `traces.tracing`. OpenTelemetry's own variables for sampling, headers and certificates apply."""
    provider = TracerProvider(resource=Resource.create({"service.name": SERVICE}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(_Exporter(collector)))
    try:
        yield _Tracing(provider.get_tracer(SERVICE))
    finally:
        # In a thread: a collector that does not answer must not delay the worker's end.
        flush = Thread(target=provider.shutdown, daemon=True)
        flush.start()
        flush.join(FLUSH_WITHIN)


class _Exporter(OTLPSpanExporter):
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return super().export([_redact(span) for span in spans])


def _redact(span: ReadableSpan) -> ReadableSpan:
    """The span without anything that may hold personal data."""
    in_activity = span.name.startswith("RunActivity:")
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={name: value for name, value in (span.attributes or {}).items() if name in _SAFE_ATTRIBUTES},
        events=[_redact_event(event, in_activity=in_activity) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),  # its description is the exception's text
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _redact_event(event: Event, *, in_activity: bool) -> Event:
    attributes = event.attributes or {}
    kind = str(attributes.get(_KIND, ""))
    safe = (_KIND, _TEXT) if is_safe_to_log(kind, in_activity=in_activity) else (_KIND,)
    return Event(event.name, {name: attributes[name] for name in safe if name in attributes}, event.timestamp)


class _HeaderConverter(PayloadConverter):
    """Reads the id of the parent span from a header, and nothing else.

    Anybody who sends to a case can write that header. One that is not valid counts as absent: an exception
    would fail the case's workflow task again and again.
    """

    def to_payloads(self, values: Sequence[Any]) -> list[Payload]:
        return PayloadConverter.default.to_payloads(values)

    def from_payloads(
        self, payloads: Sequence[Payload], type_hints: list[type] | None = None
    ) -> list[dict[str, str]]:
        return [_parent(payload.data) for payload in payloads]


def _parent(data: bytes) -> dict[str, str]:
    try:
        parent = json.loads(data)["traceparent"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return {}
    return {"traceparent": parent} if isinstance(parent, str) else {}


class _WorkflowTracing(TracingWorkflowInboundInterceptor):
    def __init__(self, next: WorkflowInboundInterceptor) -> None:
        super().__init__(next)
        self.payload_converter = _HeaderConverter()


class _Tracing(TracingInterceptor):
    """The SDK's interceptor. A case has spans even where its sender makes none."""

    def __init__(self, tracer: Tracer) -> None:
        super().__init__(tracer, always_create_workflow_spans=True)
        self.payload_converter = _HeaderConverter()

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[TracingWorkflowInboundInterceptor]:
        super().workflow_interceptor_class(input)
        return _WorkflowTracing
