"""Child processes: they end when asked to, and die with their parent."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Mapping
from pathlib import Path
from typing import IO

_DIE_WITH_PARENT = Path(__file__).with_name("die_with_parent.py")


async def spawn(
    *command: str,
    env: Mapping[str, str],
    stdout: IO[bytes] | int,
    stderr: IO[bytes] | int | None,
    pass_fds: tuple[int, ...] = (),
) -> Process:
    """Start a command that dies with this process (strictly, with this thread).

    It gets a session of its own: so Ctrl-C reaches this process alone, which ends its children in order.
    """
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", str(_DIE_WITH_PARENT), str(os.getpid())),
        *command,
        env=env,
        stdin=DEVNULL,
        stdout=stdout,
        stderr=stderr,
        pass_fds=pass_fds,
        start_new_session=True,
    )


async def stop(process: Process, within: float) -> None:
    """Send SIGTERM, and SIGKILL where the process has not ended within so many seconds."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(within):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def own_server_environment() -> dict[str, str]:
    """This process's environment without the variables that name another Temporal server or its profiles."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}
    env["TEMPORAL_CONFIG_FILE"] = os.devnull
    return env
