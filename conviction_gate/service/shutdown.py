"""How a worker ends: on SIGTERM it finishes what is under way, within a time that is set.

A second signal ends it at once, and so does the end of that time. Nothing is half done then: what it was
doing is a transaction or a look-up, and the server gives it to another worker.
"""

import asyncio
import os
import signal
import sys
import threading
from contextlib import suppress
from datetime import timedelta
from types import FrameType
from typing import Final, NoReturn

from temporalio.worker import Worker

from conviction_gate.temporal.connect import code_in

MARGIN: Final = timedelta(seconds=4)
"""For what comes after the last task: to tell the server, to close connections."""


class WorkerFailed(Exception):
    """The worker has ended by itself; the text is one line with the next step."""


class Ending:
    """What a worker's end is begun by, and the clock that runs then; `grace`: for what is under way."""

    def __init__(self, grace: timedelta) -> None:
        self.asked = asyncio.Event()
        self.failure: str | None = None
        """Why the worker ends by itself."""
        self._at_most = (grace + MARGIN).total_seconds()

    def on_signals(self) -> None:
        """Let SIGTERM and SIGINT begin it, and a second one end the process at once."""
        loop = asyncio.get_running_loop()
        told: list[int] = []

        def on_signal(number: int, frame: FrameType | None) -> None:
            if told:
                _leave(128 + number, "told to stop twice, so left at once; another worker takes its tasks")
            told.append(number)
            self._start_clock()
            loop.call_soon_threadsafe(self.asked.set)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, on_signal)

    async def on_failure(self, error: BaseException) -> None:
        """The SDK has given up polling; it still finishes what is under way."""
        self.failure = _told(error)
        self._start_clock()

    async def run(self, worker: Worker, ready: str) -> None:
        """Let the worker poll until it is asked to stop, then finish what is under way.

        `ready`: the line to print once it polls.

        Raises:
            WorkerFailed: it has ended by itself.
        """
        polling = asyncio.create_task(worker.run())
        while not (worker.is_running or polling.done()):  # noqa: ASYNC110  the SDK tells nobody
            await asyncio.sleep(0.01)
        if worker.is_running:
            print(ready, flush=True)
        stop = asyncio.create_task(self.asked.wait())
        await asyncio.wait({polling, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not polling.done():
            await worker.shutdown()
        try:
            await polling
        except Exception as error:
            raise WorkerFailed(_told(error)) from error

    def _start_clock(self) -> None:
        # A thread of its own, in case that the loop is what hangs.
        clock = threading.Timer(self._at_most, self._too_late)
        clock.daemon = True
        clock.start()

    def _too_late(self) -> None:
        _leave(1, f"not ended within {self._at_most:.0f} s, so left as it is; another worker takes its tasks")


def leave(code: int) -> NoReturn:
    """End the process. The interpreter's own end crashes now and then once the SDK has run
    (sdk-python#300), after all was done and said."""
    with suppress(OSError, ValueError):  # nobody reads any more
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _leave(code: int, text: str) -> NoReturn:
    # Not by print: the main thread may be in the middle of one.
    with suppress(OSError):
        os.write(2, f"worker: {text}\n".encode())
    os._exit(code)


def _told(error: BaseException) -> str:
    """The server's code for it, where it gave one; the text may hold anything."""
    code = code_in(str(error))
    kind = type(error).__name__ + (f", {code}" if code else "")
    match code:
        case "NotFound":
            step = "check that its namespace is still there, and TEMPORAL_NAMESPACE"
        case "Unauthenticated" | "PermissionDenied":
            step = "check TEMPORAL_API_KEY, TEMPORAL_NAMESPACE and the TEMPORAL_TLS_ variables"
        case _:
            step = "its log says more; start it again"
    return f"the worker failed and has ended ({kind}); {step}"
