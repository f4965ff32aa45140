"""How the SDK says that a server, a worker or a case does not answer, in words with the next step."""

from typing import Final

from temporalio.client import RPCTimeoutOrCancelledError, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

NO_WORKER: Final = "no worker answers; start one with `conviction-gate up` or `python -m worker`"
NOT_REPLAYED: Final = (
    "no worker that answers can replay its history; a worker's log says why, "
    'and "When a case is stuck" in docs/changing-workflows.md what to do'
)
_FAILING: Final = "failed state"
"""The server's words for a query of a case whose workflow task fails again and again."""


UNANSWERED: Final = (RPCError, RPCTimeoutOrCancelledError, WorkflowQueryFailedError)
"""How the SDK says that a server, a worker or a case does not answer."""


def silence(error: Exception) -> str | None:
    """Why a case does not answer, and what to do; None where it is the server that does not."""
    match error:
        case WorkflowQueryFailedError():
            return NOT_REPLAYED
        case RPCTimeoutOrCancelledError():
            return NO_WORKER
        case RPCError(status=RPCStatusCode.FAILED_PRECONDITION) if _FAILING in error.message:
            return NOT_REPLAYED
        # The SDK's own time-out comes as one that is cancelled.
        case RPCError(status=status) if status in (
            RPCStatusCode.CANCELLED,
            RPCStatusCode.DEADLINE_EXCEEDED,
            RPCStatusCode.FAILED_PRECONDITION,
        ):
            return NO_WORKER
        case _:
            return None


def describe_error(error: RPCError | RPCTimeoutOrCancelledError | WorkflowQueryFailedError) -> str:
    """What is wrong, and what to do about it."""
    if (silent := silence(error)) is not None:
        again = ", then send again: what arrived already changes nothing"
        return silent + (again if silent == NO_WORKER else "")
    assert isinstance(error, RPCError)
    if "search attribute" in error.message.lower():
        return f"{error.message}; run `conviction-gate setup`"
    match error.status:
        case RPCStatusCode.INVALID_ARGUMENT:
            return f"the server refuses it: {error.message}; shorten or mend it"
        case RPCStatusCode.UNAVAILABLE:
            step = "start it, then send again: what arrived already changes nothing"
        case _:
            step = "check TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the server's log"
    return f"the Temporal server does not do it: {error.message}; {step}"
