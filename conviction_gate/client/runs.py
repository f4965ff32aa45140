"""How the runs of a workflow are described, what they were sent, and why one cannot continue."""

import json
from collections.abc import Sequence
from shlex import quote
from typing import Any, Final

from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.common import RawValue
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


async def sent_fields(client: Client, payloads: Sequence[Payload]) -> dict[str, Any]:
    """The JSON object that was sent, of any size; empty where it was none, or does not decrypt."""
    values = await client.data_converter.decode(payloads, [RawValue] * len(payloads))
    match values:
        case [RawValue(payload=payload)] if payload.metadata.get("encoding") == b"json/plain":
            try:
                fields = json.loads(payload.data)
            except ValueError:
                return {}
            return fields if isinstance(fields, dict) else {}
    return {}
