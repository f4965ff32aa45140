"""What the SDK raises becomes one tree of errors, each with what to do next."""

import pytest
from temporalio.client import RPCTimeoutOrCancelledError, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from conviction_gate.client.errors import (
    ClientError,
    NotReplayable,
    NoWorker,
    RequestRefused,
    SDKError,
    ServerError,
    client_errors,
)


def rpc(status: RPCStatusCode, message: str = "no such thing") -> RPCError:
    return RPCError(message, status, b"")


@pytest.mark.parametrize(
    ("raised", "kind", "words"),
    [
        (WorkflowQueryFailedError("x"), NotReplayable, "docs/changing-workflows.md"),
        (rpc(RPCStatusCode.FAILED_PRECONDITION, "task in failed state"), NotReplayable, "worker's log"),
        (rpc(RPCStatusCode.FAILED_PRECONDITION), NoWorker, "conviction-gate up"),
        (rpc(RPCStatusCode.CANCELLED), NoWorker, "python -m worker"),
        (rpc(RPCStatusCode.DEADLINE_EXCEEDED), NoWorker, "send again"),
        (RPCTimeoutOrCancelledError("x"), NoWorker, "send again"),
        (rpc(RPCStatusCode.INVALID_ARGUMENT), RequestRefused, "no such thing; shorten or correct"),
        (
            rpc(RPCStatusCode.INVALID_ARGUMENT, "exceeded workflow execution limit for signal events"),
            ServerError,
            "goes on in a new one in a moment; send again",
        ),
        (rpc(RPCStatusCode.INVALID_ARGUMENT, "no Search Attribute X"), ServerError, "conviction-gate setup"),
        (rpc(RPCStatusCode.UNAVAILABLE), ServerError, "no such thing; start it"),
        (rpc(RPCStatusCode.RESOURCE_EXHAUSTED), ServerError, "no such thing; send again in a moment"),
        (rpc(RPCStatusCode.PERMISSION_DENIED), ServerError, "no such thing; check TEMPORAL_ADDRESS"),
    ],
)
async def test_an_error_of_the_sdk_says_what_to_do(
    raised: SDKError, kind: type[ClientError], words: str
) -> None:
    with pytest.raises(kind) as translated:
        async with client_errors():
            raise raised
    assert type(translated.value) is kind
    assert words in str(translated.value)
    assert translated.value.__cause__ is raised


async def test_an_error_that_is_not_of_the_sdk_stays_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        async with client_errors():
            raise ZeroDivisionError
