"""What the client raises, all of it. Each text says what is wrong and what to do next.

ClientError
├── ServerError             the Temporal server could not be reached, or refused the call
│   └── RequestRefused      it refused this very request, such as one that is too large
├── CaseUnanswered          the server is there, and the case does not answer
│   ├── NoWorker            no worker polls
│   └── NotReplayable       the workers that poll cannot replay the case's history
├── InvalidPageToken        the token belongs to another list
└── RegistryRequired        the call needs a client that was made with a registry
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from temporalio.client import RPCTimeoutOrCancelledError, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

SDKError = RPCError | RPCTimeoutOrCancelledError | WorkflowQueryFailedError
"""What the SDK raises where a server, a worker or a case does not answer."""

_QUERY_OF_STUCK_CASE: Final = "failed state"
"""In the server's answer to a query of a case whose workflow task fails again and again."""
_RUN_IS_FULL: Final = "limit for signal events"
_SAFE_TO_REPEAT: Final = "what arrived already changes nothing"


class ClientError(Exception):
    """Everything that the client raises."""


class ServerError(ClientError):
    """The Temporal server could not be reached, or refused the call."""


class RequestRefused(ServerError):
    """The server refused this request for a fault of its own; the next one may be fine."""


class CaseUnanswered(ClientError):
    """The server is there, and the case does not answer. `reason`: why, without what to do with a message."""

    reason: str


class NoWorker(CaseUnanswered):
    """No worker polls the task queue."""

    reason = "no worker answers; start one with `conviction-gate up` or `python -m worker`"

    def __init__(self) -> None:
        super().__init__(f"{self.reason}, then send again: {_SAFE_TO_REPEAT}")


class NotReplayable(CaseUnanswered):
    """The workers that poll cannot replay the case's history."""

    reason = (
        "no running worker can replay its history; the worker's log says why, "
        'and "When a case is stuck" in docs/changing-workflows.md says what to do'
    )

    def __init__(self) -> None:
        super().__init__(self.reason)


class InvalidPageToken(ClientError):
    """The token is not one that the same list gave for its next page."""

    def __init__(self) -> None:
        super().__init__(
            "--page: not a token of this list; copy it from the page before, with the same options"
        )


class RegistryRequired(ClientError):
    """The call needs a client that was made with a registry."""

    def __init__(self) -> None:
        super().__init__("flags are kept in the registry; make the CaseClient with one")


def from_sdk(error: SDKError) -> ServerError | CaseUnanswered:
    """The client's error for one of the SDK."""
    match error:
        case WorkflowQueryFailedError():
            return NotReplayable()
        case RPCError(status=RPCStatusCode.FAILED_PRECONDITION) if _QUERY_OF_STUCK_CASE in error.message:
            return NotReplayable()
        # The SDK reports its own time-out as a call that was cancelled.
        case (
            RPCTimeoutOrCancelledError()
            | RPCError(
                status=RPCStatusCode.CANCELLED
                | RPCStatusCode.DEADLINE_EXCEEDED
                | RPCStatusCode.FAILED_PRECONDITION
            )
        ):
            return NoWorker()
    text = f"the Temporal server refused the call: {error.message}"
    if "search attribute" in error.message.lower():
        return ServerError(f"{text}; run `conviction-gate setup`")
    match error.status:
        case RPCStatusCode.INVALID_ARGUMENT if _RUN_IS_FULL in error.message:
            return ServerError(
                "the case has as many messages as the server takes in one run, and goes on in a new one in a "
                f"moment; send again: {_SAFE_TO_REPEAT}"
            )
        case RPCStatusCode.INVALID_ARGUMENT:
            return RequestRefused(f"{text}; shorten or correct the message")
        case RPCStatusCode.RESOURCE_EXHAUSTED:
            return ServerError(
                f"the Temporal server takes no more at the moment: {error.message}; "
                f"send again in a moment: {_SAFE_TO_REPEAT}"
            )
        case RPCStatusCode.UNAVAILABLE:
            return ServerError(
                f"the Temporal server does not answer: {error.message}; "
                f"start it, then send again: {_SAFE_TO_REPEAT}"
            )
        case _:
            return ServerError(f"{text}; check TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the server's log")


@asynccontextmanager
async def client_errors() -> AsyncIterator[None]:
    """Raise `ClientError` for what the SDK raises; serves as a decorator of an async function too."""
    try:
        yield
    except (RPCError, RPCTimeoutOrCancelledError, WorkflowQueryFailedError) as error:
        raise from_sdk(error) from error
