"""The processes of the embedded server: they end when asked to, and die with us when we die."""

import asyncio
import os
import sys
import sysconfig
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

WORKER_READY = b"worker ready"
WORKER_GRACE = 25.0  # seconds to finish what it is doing; its own limit is 20
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds between a worker's death and its next start
LIVED_WELL = 60.0  # seconds after which a death is no longer one of a series

# -P: a worker.py in the working directory is not ours.
WORKER = (sys.executable, "-P", "-m", "worker")

_TETHER = Path(__file__).with_name("tether.py")
_HOME = Path(__file__).resolve().parent.parent


class WorkerFailed(Exception):
    """The worker ended before it was ready for the first time."""


async def spawn(
    *command: str,
    env: Mapping[str, str],
    stdout: IO[bytes] | int,
    stderr: IO[bytes] | int | None,
    pass_fds: tuple[int, ...] = (),
) -> Process:
    """Start a command that dies with this process (with this thread, strictly).

    It gets a session of its own, so that Ctrl-C reaches us alone and the order of ending is ours.
    """
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", str(_TETHER), str(os.getpid())),
        *command,
        env=env,
        stdin=DEVNULL,
        stdout=stdout,
        stderr=stderr,
        pass_fds=pass_fds,
        start_new_session=True,
    )


async def stop(process: Process, grace: float) -> None:
    """Ask it to end (SIGTERM); kill it when it has not within `grace` seconds."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(grace):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def keep_worker(command: Sequence[str], env: Mapping[str, str], ready: asyncio.Event) -> None:
    """Run the worker until cancelled, and start it again when it dies; `ready` once it polls.

    Raises:
        WorkerFailed: it ended before it was ready for the first time.
    """
    loop = asyncio.get_running_loop()
    pause = FIRST_PAUSE
    while True:
        began = loop.time()
        end = await _life(command, env, ready)
        if not ready.is_set():
            raise WorkerFailed(f"the worker {end} before it was ready")
        if loop.time() - began > LIVED_WELL:
            pause = FIRST_PAUSE
        complain(f"the worker {end}; it is started again in {pause:.0f} s")
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


async def _life(command: Sequence[str], env: Mapping[str, str], ready: asyncio.Event) -> str:
    """One life of the worker; how it ended."""
    try:
        worker = await spawn(*command, env=env, stdout=PIPE, stderr=None)
    except OSError as error:  # too many processes, no memory
        return f"could not be started ({error.strerror})"
    try:
        await _relay(worker, ready)
        return f"ended with code {await worker.wait()}"
    finally:
        await stop(worker, WORKER_GRACE)


async def _relay(worker: Process, ready: asyncio.Event) -> None:
    """Read its stdout to the end: the line we wait for, and all else for a person to see."""
    assert worker.stdout is not None
    async for line in worker.stdout:
        if line.startswith(WORKER_READY):
            ready.set()
        else:
            sys.stderr.write(line.decode(errors="replace"))
            sys.stderr.flush()


def worker_environment(own: Mapping[str, str]) -> dict[str, str]:
    """The environment of `python -m worker`: ours and `own`, with our modules in reach."""
    env = {**server_environment(), **own}
    if Path(sysconfig.get_path("purelib")) != _HOME:  # run from a checkout
        env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_HOME), env.get("PYTHONPATH")]))
    return env


def server_environment() -> dict[str, str]:
    """Our environment without what points to another Temporal server, its keys or its profiles."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}
    env["TEMPORAL_CONFIG_FILE"] = os.devnull
    return env


def complain(text: str) -> None:
    """One line on stderr."""
    print(f"conviction-gate: {text}", file=sys.stderr, flush=True)
