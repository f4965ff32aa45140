"""The worker as a child process: started again whenever it dies."""

import asyncio
import os
import sys
import sysconfig
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from pathlib import Path

from conviction_gate.devserver.processes import own_server_environment, spawn, stop

# -P: do not run a worker.py of the working directory.
COMMAND = (sys.executable, "-P", "-m", "worker")
READY_LINE = b"worker ready"
STOP_WITHIN = 25.0  # seconds; its own limit for its tasks is 20
FIRST_PAUSE, MAX_PAUSE = 1.0, 30.0  # seconds between the worker's death and its next start
STABLE_AFTER = 60.0  # seconds; after a life that long the pause is the first one again

_ROOT = Path(__file__).resolve().parents[2]


class WorkerFailed(Exception):
    """The worker ended before it was ready for the first time."""


async def keep_running(command: Sequence[str], env: Mapping[str, str], ready: asyncio.Event) -> None:
    """Run the worker until cancelled, and start it again when it dies. `ready`: set whenever it is ready.

    Raises:
        WorkerFailed: it ended before it was ready for the first time.
    """
    loop = asyncio.get_running_loop()
    pause = FIRST_PAUSE
    while True:
        started_at = loop.time()
        end = await _run_once(command, env, ready)
        if not ready.is_set():
            raise WorkerFailed(f"the worker {end} before it was ready")
        if loop.time() - started_at > STABLE_AFTER:
            pause = FIRST_PAUSE
        print_error(f"the worker {end}; starting it again in {pause:.0f} s")
        await asyncio.sleep(pause)
        pause = min(2 * pause, MAX_PAUSE)


async def _run_once(command: Sequence[str], env: Mapping[str, str], ready: asyncio.Event) -> str:
    """Run the worker until it ends; a phrase for how it ended."""
    try:
        worker = await spawn(*command, env=env, stdout=PIPE, stderr=None)
    except OSError as error:  # too many processes, no memory
        return f"could not be started ({error.strerror})"
    try:
        await _relay(worker, ready)
        return f"ended with code {await worker.wait()}"
    finally:
        await stop(worker, STOP_WITHIN)


async def _relay(worker: Process, ready: asyncio.Event) -> None:
    """Read the worker's stdout to its end: the ready line, and anything else for stderr."""
    assert worker.stdout is not None
    async for line in worker.stdout:
        if line.startswith(READY_LINE):
            ready.set()
        else:
            sys.stderr.write(line.decode(errors="replace"))
            sys.stderr.flush()


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """The worker's environment: this process's, with the variables of `own`, and the modules importable."""
    env = {**own_server_environment(), **own}
    if Path(sysconfig.get_path("purelib")) != _ROOT:  # run from a checkout
        env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_ROOT), env.get("PYTHONPATH")]))
    return env


def print_error(text: str) -> None:
    """One line on stderr."""
    print(f"conviction-gate: {text}", file=sys.stderr, flush=True)
