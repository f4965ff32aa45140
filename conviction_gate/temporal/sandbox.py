"""The sandbox in which a worker runs workflows: the SDK's, entered only to run them."""

import itertools
import time
from typing import Any, Final

from temporalio.converter import StorageDriverStoreContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import Info

STUCK_AFTER: Final = 60.0
"""Seconds in which no workflow task ends, although there are some, before a worker counts as stuck."""


class Activations:
    """What the process's workflow tasks do, each of which runs in a thread: whether any of them gets done."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._begun: dict[int, float] = {}
        self._ended_at = 0.0

    def begin(self) -> int:
        """A task begins; the number is for `end`."""
        number = next(self._numbers)
        self._begun[number] = time.monotonic()
        return number

    def end(self, number: int) -> None:
        """A task has ended, however it did."""
        del self._begun[number]
        self._ended_at = time.monotonic()

    @property
    def failure(self) -> str | None:
        """Why the process has to be started again; None where tasks end, or there are none."""
        oldest = min(self._begun.copy().values(), default=time.monotonic())
        for_seconds = time.monotonic() - max(oldest, self._ended_at)
        if not self._begun or for_seconds < STUCK_AFTER:
            return None
        return f"no workflow task has ended for {for_seconds:.0f} s, and {len(self._begun)} have begun"


activations: Final = Activations()


class Sandbox(SandboxedWorkflowRunner):
    """The SDK's sandbox without the serialization context of payloads, which our converter does not use.

    To find that context, the SDK enters the sandbox three times for every payload, and compiles a line of
    source each time.
    """

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """An instance in the sandbox whose context is answered outside it."""
        return _Instance(super().create_instance(det))


class _Instance(WorkflowInstance):
    def __init__(self, sandboxed: WorkflowInstance) -> None:
        self._sandboxed = sandboxed

    def activate(self, act: Any) -> Any:
        number = activations.begin()
        try:
            return self._sandboxed.activate(act)
        finally:
            activations.end(number)

    def get_serialization_context(self, command_info: object) -> None:
        """None."""

    def get_external_store_context(self, command_info: object) -> StorageDriverStoreContext:
        """None."""
        return StorageDriverStoreContext(target=None)

    def get_info(self) -> Info:
        return self._sandboxed.get_info()

    def get_thread_id(self) -> int | None:
        return self._sandboxed.get_thread_id()


def sandbox(*passed_through: str) -> Sandbox:
    """A sandbox that imports the package, pydantic and these modules once, not once for each case."""
    passed = ("conviction_gate", "pydantic", *passed_through)
    return Sandbox(restrictions=SandboxRestrictions.default.with_passthrough_modules(*passed))
