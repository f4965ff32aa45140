"""What an embedded server needs for itself: free ports and a data folder that no other one uses."""

import asyncio
import errno
import fcntl
import os
import socket
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

HOST = "127.0.0.1"
LOCK_FILE = "lock"
GRACE = 3.0  # seconds; a server whose parent was killed is still dying


class Refused(Exception):
    """A port or the data folder cannot be had; the text is one line with the next step."""


def free_port() -> int:
    """A port on the loopback interface that nothing listens on just now, another one at each call."""
    while True:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port: int = probe.getsockname()[1]
        if port not in _named:
            _named.add(port)
            return port


_named: set[int] = set()


@contextmanager
def folder(data: Path) -> Iterator[int]:
    """The data folder, made where it is missing, and the descriptor of its lock file, unlocked.

    Who inherits the descriptor shares the lock: it is free once the last of them has ended.
    """
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(data / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Refused(f"data folder {data} cannot be used: {error.strerror}; choose another --data") from error
    try:
        yield lock
    finally:
        os.close(lock)


async def claim(data: Path, lock: int, ports: Mapping[str, int]) -> None:
    """Take the lock and see that each port, by the option that sets it, is free.

    Raises:
        Refused: something is still in use after a moment's grace.
    """
    for option, port in ports.items():
        if not 1 <= port <= 65_535:
            raise Refused(f"{option} {port} is not a port; choose one from 1 to 65535")
    if twice := [port for port, count in Counter(ports.values()).items() if count > 1]:
        options = " and ".join(option for option, port in ports.items() if port == twice[0])
        raise Refused(f"{options} are both {twice[0]}; choose another port for one of them")

    loop = asyncio.get_running_loop()
    deadline = loop.time() + GRACE
    while taken := _taken(data, lock, ports):
        if loop.time() > deadline:
            raise Refused(
                f"in use by another process: {', '.join(taken.values())}; "
                f"stop that one or choose another {' and '.join(taken)}"
            )
        await asyncio.sleep(0.1)


def _taken(data: Path, lock: int, ports: Mapping[str, int]) -> dict[str, str]:
    taken = {option: f"port {HOST}:{port}" for option, port in ports.items() if not _is_free(port, option)}
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        taken["--data"] = f"data folder {data}"
    return taken


def _is_free(port: int, option: str) -> bool:
    with socket.socket() as probe:
        # Old connections that linger do not matter, a listener does.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise Refused(f"{option} {port} cannot be opened: {error.strerror}; choose another") from error
    return True
