"""How the runs of a workflow are described, and why one cannot continue."""

from shlex import quote
from typing import Final

from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

OPEN: Final = "ExecutionStatus = 'Running'"
INTERRUPTED: Final = {
    WorkflowExecutionStatus.CANCELED: "canceled",
    WorkflowExecutionStatus.FAILED: "ended by a failure",
    WorkflowExecutionStatus.TERMINATED: "terminated",
    WorkflowExecutionStatus.TIMED_OUT: "timed out",
}
"""The ways to end a run from outside, while its case has not ended."""
IS_INTERRUPTED: Final = "ExecutionStatus IN ('Canceled', 'Failed', 'Terminated', 'TimedOut')"


async def describe(client: Client, workflow_id: str) -> WorkflowExecutionDescription | None:
    """The latest run; None where the server knows none."""
    try:
        return await client.get_workflow_handle(workflow_id).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None


def interruption(what: str, status: WorkflowExecutionStatus | None, workflow_id: str) -> str | None:
    """How the server ended the run of `what`, and how to continue it; None where it did not."""
    if status not in INTERRUPTED:
        return None
    # A sender chose part of the id, so it is quoted for a shell.
    return (
        f"{what} was {INTERRUPTED[status]} before it had ended; "
        f"`temporal workflow reset --workflow-id {quote(workflow_id)} --type LastWorkflowTask --reason WHY` "
        "continues it with everything it had received"
    )
