"""A Temporal server in memory, as far as the client asks one."""

from collections.abc import (
    AsyncIterator,
    Sequence,
)
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from temporalio.api.common.v1 import Payloads
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowExecutionStatus
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from conviction_gate.contracts.case import CaseView, SubmitAnswer
from conviction_gate.encryption.converter import data_converter
from tests.support.messages import (
    view,
)

NOT_FOUND = RPCError("workflow execution already completed", RPCStatusCode.NOT_FOUND, b"")


@dataclass
class FakeServer:
    """A Temporal server that records what it is asked; its ids are open or closed."""

    open: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    ended_by: dict[str, WorkflowExecutionStatus] = field(default_factory=dict)
    starts: list[dict[str, Any]] = field(default_factory=list)
    signals: list[tuple[str, str, Any]] = field(default_factory=list)
    answer: SubmitAnswer | Exception = NOT_FOUND
    took: CaseView | Exception = field(default_factory=lambda: view())
    more: list[HistoryEvent] = field(default_factory=list)
    next_page: bytes | None = None
    continued: str = ""
    data_converter: Any = data_converter

    async def start_workflow(self, workflow: str, arg: Any, **options: Any) -> None:
        id_, signal = options["id"], options.get("start_signal")
        if id_ in self.closed or (id_ in self.open and not signal):
            raise WorkflowAlreadyStartedError(id_, workflow)
        if id_ not in self.open:
            self.open.add(id_)
            self.starts.append(options | {"workflow": workflow, "arg": arg})
        if signal:
            self.signals.append((id_, signal, options["start_signal_args"][0]))

    def get_workflow_handle(self, id_: str, **_: Any) -> "FakeHandle":
        return FakeHandle(self, id_)


@dataclass
class FakeHandle:
    server: FakeServer
    id_: str

    async def signal(self, name: str, payload: Any) -> None:
        self._look_for(self.server.open)
        self.server.signals.append((self.id_, name, payload))

    async def execute_update(self, name: str, arg: Any, **_: Any) -> SubmitAnswer:
        if isinstance(self.server.answer, Exception):
            raise self.server.answer
        return self.server.answer

    async def describe(self) -> Any:
        self._look_for(self.server.open | self.server.closed)
        if self.id_ in self.server.open:
            return SimpleNamespace(status=WorkflowExecutionStatus.RUNNING)
        return SimpleNamespace(status=self.server.ended_by.get(self.id_, WorkflowExecutionStatus.COMPLETED))

    async def query(self, name: str, **_: Any) -> CaseView:
        if isinstance(self.server.took, Exception):
            raise self.server.took
        return self.server.took

    def fetch_history_events(self, **_: Any) -> "FakeHistory":
        return FakeHistory(self)

    def _look_for(self, ids: set[str]) -> None:
        if self.id_ not in ids:
            raise NOT_FOUND


@dataclass
class FakeHistory:
    """The first page of a history: the start, the signals, what a test adds, and an end."""

    handle: FakeHandle
    current_page: Sequence[HistoryEvent] = ()
    next_page_token: bytes | None = None

    async def fetch_next_page(self) -> None:
        server, id_ = self.handle.server, self.handle.id_
        self.handle._look_for(server.open | server.closed)
        begun = [started["arg"] for started in server.starts if started["id"] == id_] or [None]
        begin = {"input": await payloads(*begun), "continued_execution_run_id": server.continued}
        page = [event(workflow_execution_started_event_attributes=begin)]
        for to, name, fields in server.signals:
            if to == id_:
                signal = {"signal_name": name, "input": await payloads(fields)}
                page.append(event(workflow_execution_signaled_event_attributes=signal))
        page += server.more
        if id_ in server.closed:
            page.append(event(event_type=EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED))
        self.current_page, self.next_page_token = page, server.next_page

    async def __aiter__(self) -> AsyncIterator[HistoryEvent]:
        await self.fetch_next_page()
        for one in self.current_page:
            yield one


def event(**what: Any) -> HistoryEvent:
    return HistoryEvent(**what)


async def payloads(*values: Any) -> Payloads:
    return Payloads(payloads=await data_converter.encode(values))
