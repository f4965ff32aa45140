"""How a worker process ends: on SIGTERM it finishes its tasks, within a set time.

A second signal ends it at once, and so does the end of that time. Nothing is left half done: each task is a
transaction or a look-up, and the server gives it to another worker.
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from types import FrameType
from typing import Final, NoReturn

from temporalio.worker import Worker

from conviction_gate.temporal.status import status_code_in

MARGIN: Final = timedelta(seconds=4)
"""For what follows the last task: reporting to the server, closing connections."""


class WorkerFailed(Exception):
    """The worker has failed and ended; the text is one line with the next step."""


class GracefulShutdown:
    """A worker's shutdown: what begins it, and its time limit. `grace`: for tasks that are being done."""

    def __init__(self, grace: timedelta) -> None:
        self.requested = asyncio.Event()
        self.failure: str | None = None
        """Why the worker has failed; None where it has not."""
        self._limit = (grace + MARGIN).total_seconds()

    def on_signals(self) -> None:
        """Let SIGTERM and SIGINT begin the shutdown, and a second signal end the process at once."""
        loop = asyncio.get_running_loop()
        received: list[int] = []

        def on_signal(number: int, frame: FrameType | None) -> None:
            if received:
                _exit_now(128 + number, "second signal, exiting at once; another worker takes its tasks")
            received.append(number)
            self._start_clock()
            loop.call_soon_threadsafe(self.requested.set)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, on_signal)

    async def on_failure(self, error: BaseException) -> None:
        """Begin the shutdown because the SDK has given up polling; it still finishes its tasks."""
        self.failure = _describe(error)
        self._start_clock()

    def end_stuck(self, reason: str) -> None:
        """End the process at once because its tasks never end, so that it is started again."""
        _exit_now(1, f"{reason}; exiting, another worker takes its tasks")

    async def run(self, worker: Worker, until_ready: Callable[[], Awaitable[None]], ready_line: str) -> None:
        """Let the worker poll until a shutdown is requested, then let it finish its tasks.

        `until_ready`: returns once the worker is ready; then `ready_line` is printed.

        Raises:
            WorkerFailed: it has failed and ended.
        """
        polling = asyncio.create_task(worker.run())
        while not (worker.is_running or polling.done()):  # noqa: ASYNC110  the SDK has no event for it
            await asyncio.sleep(0.01)

        async def announce() -> None:
            await until_ready()
            print(ready_line, flush=True)

        announcing = asyncio.create_task(announce())
        stop = asyncio.create_task(self.requested.wait())
        await asyncio.wait({polling, stop}, return_when=asyncio.FIRST_COMPLETED)
        announcing.cancel()
        stop.cancel()
        if not polling.done():
            await worker.shutdown()
        try:
            await polling
        except Exception as error:
            raise WorkerFailed(_describe(error)) from error

    def _start_clock(self) -> None:
        # A thread of its own, since it may be the event loop that hangs.
        clock = threading.Timer(self._limit, self._time_over)
        clock.daemon = True
        clock.start()

    def _time_over(self) -> None:
        _exit_now(1, f"not finished within {self._limit:.0f} s, exiting anyway; another worker takes its tasks")


def exit_process(code: int) -> NoReturn:
    """End the process without the interpreter's own shutdown, which sometimes crashes once the SDK has run
    (sdk-python#300)."""
    with suppress(OSError, ValueError):  # whoever read the output has gone
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _exit_now(code: int, text: str) -> NoReturn:
    # Not by print: the main thread may be in the middle of a call to it.
    with suppress(OSError):
        os.write(2, f"worker: {text}\n".encode())
    os._exit(code)


def _describe(error: BaseException) -> str:
    """The error's type and its status code; its text may hold personal data."""
    code = status_code_in(str(error))
    kind = type(error).__name__ + (f", {code}" if code else "")
    match code:
        case "NotFound":
            step = "check that its namespace still exists, and TEMPORAL_NAMESPACE"
        case "Unauthenticated" | "PermissionDenied":
            step = "check TEMPORAL_API_KEY, TEMPORAL_NAMESPACE and the TEMPORAL_TLS_ variables"
        case _:
            step = "see its log, and start it again"
    return f"the worker failed and has ended ({kind}); {step}"
