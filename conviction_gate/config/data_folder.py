"""The data folder of an embedded server: its lock, and the file that says where the server can be reached."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import Final

LOCK_FILE: Final = "lock"
SERVER_FILE: Final = "server.json"


@dataclass(frozen=True)
class ServerAddresses:
    """Where an embedded server can be reached: `address` as host:port, the others as URLs.

    `http_address`: None where it offers no HTTP API. `codec_address`: None where payloads are not encrypted.
    `door_address`: of the HTTP API of Conviction Gate itself.
    """

    address: str
    ui_address: str
    http_address: str | None
    codec_address: str | None
    door_address: str | None


@contextmanager
def open_lock(data: Path) -> Iterator[int]:
    """Make the data folder where it is missing, and open its lock file; the descriptor, not locked yet.

    A process that inherits the descriptor shares the lock, which is released when the last of them ends.
    Raises `OSError`.
    """
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(data / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield lock
    finally:
        os.close(lock)


def is_locked(lock: int, *, shared: bool = False) -> bool:
    """Lock the descriptor, unless another process has locked its file; whether one has."""
    try:
        fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


@contextmanager
def published(data: Path, addresses: ServerAddresses) -> Iterator[None]:
    """Write the file for as long as the context lasts; whoever does so holds the lock."""
    file = data / SERVER_FILE
    temporary = file.with_suffix(".new")
    temporary.write_text(json.dumps(asdict(addresses)) + "\n")
    temporary.replace(file)
    link = _links() / str(os.getpid())
    with suppress(OSError):  # a hint for commands that look in another folder
        link.parent.mkdir(exist_ok=True, mode=0o700)
        link.unlink(missing_ok=True)
        link.symlink_to(data.absolute())
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
        with suppress(OSError):
            link.unlink()


def folders_in_use() -> list[Path]:
    """The data folders of this user's embedded servers that run now on this machine."""
    return sorted(running_servers())


def running_servers() -> dict[Path, ServerAddresses]:
    """The addresses of this user's embedded servers that run now on this machine, by data folder."""
    with suppress(OSError):
        if _links().stat().st_uid == os.getuid():
            folders = {link.readlink() for link in _links().iterdir()}
            return {folder: server for folder in folders if (server := running_server(folder)) is not None}
    return {}


def _links() -> Path:
    """A folder with a link to the data folder of each of them."""
    return Path(gettempdir()) / f"conviction-gate-{os.getuid()}"


def running_server(data: Path) -> ServerAddresses | None:
    """The addresses of the embedded server that runs on the data folder; None where none does.

    The file of a server that was killed stays behind. So it counts only while a process holds the lock.
    """
    with suppress(OSError, ValueError, TypeError):
        lock = os.open(data / LOCK_FILE, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if is_locked(lock, shared=True):
                return ServerAddresses(**json.loads((data / SERVER_FILE).read_text()))
        finally:
            os.close(lock)
    return None
