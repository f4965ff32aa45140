"""What an embedded server must have for itself alone: its ports and its data folder."""

import asyncio
import errno
import random
import socket
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from conviction_gate.config.data_folder import is_locked, open_lock
from conviction_gate.devserver.errors import ResourceInUse

HOST = "127.0.0.1"
WAIT = 3.0  # seconds; a server whose parent was killed takes a moment to die


# Below the ports that operating systems give to outgoing connections (Linux: from 32768), so that no
# connection takes one between its choice and the server's start.
FREE_PORTS = range(16_384, 32_768)


def free_port() -> int:
    """A port on the loopback interface that nothing listens on now; a different one at each call."""
    while True:
        port = random.choice(FREE_PORTS)
        if port not in _returned and _is_free(port, "port"):
            _returned.add(port)
            return port


_returned: set[int] = set()


@contextmanager
def lock_file(data: Path) -> Iterator[int]:
    """See `data_folder.open_lock`; raises `ResourceInUse` where the folder cannot be used."""
    with ExitStack() as stack:
        try:
            lock = stack.enter_context(open_lock(data))
        except OSError as error:
            raise ResourceInUse(
                f"data folder {data} cannot be used: {error.strerror}; choose another --data"
            ) from error
        yield lock


async def acquire(data: Path, lock: int, ports: Mapping[str, int]) -> None:
    """Lock the data folder, and verify that each port is free. `ports`: by the option that sets it.

    Raises:
        ResourceInUse: one of them is still in use after `WAIT`.
    """
    for option, port in ports.items():
        if not 1 <= port <= 65_535:
            raise ResourceInUse(f"{option} {port} is not a port; choose one from 1 to 65535")
    if repeated := [port for port, count in Counter(ports.values()).items() if count > 1]:
        options = " and ".join(option for option, port in ports.items() if port == repeated[0])
        raise ResourceInUse(f"{options} are both {repeated[0]}; choose another port for one of them")

    loop = asyncio.get_running_loop()
    deadline = loop.time() + WAIT
    while taken := _taken(data, lock, ports):
        if loop.time() > deadline:
            raise ResourceInUse(
                f"in use by another process: {', '.join(taken.values())}; "
                f"stop that one or choose another {' and '.join(taken)}"
            )
        await asyncio.sleep(0.1)


def _taken(data: Path, lock: int, ports: Mapping[str, int]) -> dict[str, str]:
    """By option what cannot be had now; locks the data folder if it can."""
    taken = {option: f"port {HOST}:{port}" for option, port in ports.items() if not _is_free(port, option)}
    if is_locked(lock):
        taken["--data"] = f"data folder {data}"
    return taken


def choose_port(option: str, default: int, taken: Collection[int]) -> int:
    """The default port where it is free and not among `taken`, else any free port."""
    return default if default not in taken and _is_free(default, option) else free_port()


def _is_free(port: int, option: str) -> bool:
    with socket.socket() as probe:
        # A listener matters, connections that have just closed do not.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise ResourceInUse(
                f"{option} {port} cannot be opened: {error.strerror}; choose another"
            ) from error
    return True
