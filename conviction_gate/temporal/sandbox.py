"""The sandbox in which a worker runs workflows: the SDK's, entered only to run them."""

from typing import Any

from temporalio.converter import StorageDriverStoreContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import Info


class Sandbox(SandboxedWorkflowRunner):
    """The SDK's sandbox, for payloads that are written the same wherever they go.

    For every payload the SDK enters the sandbox three times, to ask the instance what the payload
    belongs to, and compiles a line of source each time. Our converter and our codec do not want to know.
    """

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """An instance in the sandbox, its context answered outside."""
        return _Instance(super().create_instance(det))


class _Instance(WorkflowInstance):
    def __init__(self, sandboxed: WorkflowInstance) -> None:
        self._sandboxed = sandboxed

    def activate(self, act: Any) -> Any:
        return self._sandboxed.activate(act)

    def get_serialization_context(self, command_info: object) -> None:
        """No context."""

    def get_external_store_context(self, command_info: object) -> StorageDriverStoreContext:
        """No store."""
        return StorageDriverStoreContext(target=None)

    def get_info(self) -> Info:
        return self._sandboxed.get_info()

    def get_thread_id(self) -> int | None:
        return self._sandboxed.get_thread_id()


def sandbox(*passed_through: str) -> Sandbox:
    """A sandbox with what decides and what is said in it passed through."""
    passed = ("conviction_gate", "pydantic", *passed_through)
    return Sandbox(restrictions=SandboxRestrictions.default.with_passthrough_modules(*passed))
