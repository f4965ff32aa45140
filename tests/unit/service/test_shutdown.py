"""What a worker says that ends by itself; how processes end, tests/faults/test_worker_ends.py tells."""

import asyncio
from datetime import timedelta
from typing import cast

import pytest
from temporalio.worker import Worker

from conviction_gate.service.shutdown import GracefulShutdown, WorkerFailed


class Failing:
    """A worker whose polls the server refuses."""

    is_running = False

    def __init__(self, said: str) -> None:
        self._said = said

    async def run(self) -> None:
        raise RuntimeError(self._said)


async def never() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            "Poll failure: code: 'Some requested entity was not found', MARKER",
            "(RuntimeError, NotFound); check that its namespace still exists, and TEMPORAL_NAMESPACE",
        ),
        (
            "Poll failure: Status { code: PermissionDenied, message: MARKER }",
            "(RuntimeError, PermissionDenied); check TEMPORAL_API_KEY, TEMPORAL_NAMESPACE and the "
            "TEMPORAL_TLS_ variables",
        ),
        ("MARKER", "(RuntimeError); see its log, and start it again"),
    ],
)
async def test_a_worker_that_fails_says_so_in_one_line_without_the_text(
    said: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(WorkerFailed) as caught:
        await GracefulShutdown(timedelta(seconds=20)).run(cast(Worker, Failing(said)), never, "worker ready")
    assert str(caught.value) == f"the worker failed and has ended {reason}"
    assert capsys.readouterr().out == ""
