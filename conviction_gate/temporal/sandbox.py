"""The sandbox in which a worker runs workflows: the SDK's, entered only to run them."""

from typing import Any

from temporalio.converter import StorageDriverStoreContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import Info


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
        return self._sandboxed.activate(act)

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
