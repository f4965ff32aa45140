"""Real servers and real workers, each a process of its own that ends with the run."""

import asyncio
import os
import sqlite3
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory

from temporalio.client import Client
from temporalio.service import RPCError

from bench.cases import Bare, Ours
from conviction_gate.config.settings import PREFIX, Settings
from conviction_gate.devserver import children
from conviction_gate.devserver.embedded import embedded, free_port
from conviction_gate.encryption.codec import converter_for
from conviction_gate.encryption.converter import data_converter
from conviction_gate.encryption.keys import ensure_key

BARE_WORKER = (sys.executable, "-P", "-m", "bench.bare_worker")
GATE = (sys.executable, "-P", "-c", "from conviction_gate.cli.command_line import main; main()")


@dataclass(frozen=True)
class House:
    """A server that answers, and what it takes to run programs beside it.

    `settings`: environment variables of our workers. `home`: the checkout whose code they run.
    """

    address: str
    server_pid: int
    data: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    home: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The environment of our programs."""
        own = {"TEMPORAL_ADDRESS": self.address, f"{PREFIX}DATA": str(self.data)}
        env = children.worker_environment({f"{PREFIX}ENCRYPTION": "off", **own, **self.settings})
        if self.home is not None:
            env["PYTHONPATH"] = f"{self.home}{os.pathsep}{env.get('PYTHONPATH', '')}"
        return env

    async def start_worker(self, command: tuple[str, ...] = children.WORKER) -> Process:
        """A worker that is ready; stop it with `children.stop`."""
        # A file and not a pipe: the SDK logs there too, and a pipe that nobody reads stops the worker.
        with NamedTemporaryFile(dir=self.data, prefix="worker-", suffix=".log") as log:
            worker = await children.spawn(*command, env=self.environment, stdout=log.file, stderr=None)
            while worker.returncode is None:
                if children.WORKER_READY in _told(log.name):
                    return worker
                await asyncio.sleep(0.02)
        raise RuntimeError(f"{' '.join(command)} ended before it was ready; what it said stands above")

    @asynccontextmanager
    async def ours(self) -> AsyncIterator[tuple[Ours, int]]:
        """Our cases and the process of the worker that carries them."""
        async with self._working(children.WORKER) as pid:
            yield Ours(await Client.connect(self.address, data_converter=data_converter)), pid

    @asynccontextmanager
    async def sealed(self) -> AsyncIterator[tuple[Ours, int]]:
        """Our cases with every payload sealed, and the process of the worker that carries them."""
        settings = Settings(data=self.data, encryption="on")
        ensure_key(settings)
        sealing = replace(self, settings={**self.settings, f"{PREFIX}ENCRYPTION": "on"})
        async with sealing._working(children.WORKER) as pid:
            sealed = converter_for(settings, "default")
            yield Ours(await Client.connect(self.address, data_converter=sealed)), pid

    @asynccontextmanager
    async def bare(self) -> AsyncIterator[tuple[Bare, int]]:
        """Bare cases and the process of the worker that carries them."""
        async with self._working(BARE_WORKER) as pid:
            yield Bare(await Client.connect(self.address)), pid

    async def gate(self, *arguments: str) -> None:
        """Run `conviction-gate` to its end."""
        program = await children.spawn(*GATE, *arguments, env=self.environment, stdout=DEVNULL, stderr=None)
        if await program.wait() != 0:
            raise RuntimeError(f"conviction-gate {' '.join(arguments)} ended with {program.returncode}")

    def database_bytes(self) -> int:
        """The size of the server's database, all that stands in its log included."""
        with closing(sqlite3.connect(f"file:{self.data / 'temporal.db'}?mode=ro", uri=True)) as opened:
            size = opened.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
            return int(size.fetchone()[0])

    @asynccontextmanager
    async def _working(self, command: tuple[str, ...]) -> AsyncIterator[int]:
        worker = await self.start_worker(command)
        try:
            yield worker.pid
        finally:
            await children.stop(worker, children.WORKER_GRACE)


@asynccontextmanager
async def house(settings: Mapping[str, str] | None = None, home: Path | None = None) -> AsyncIterator[House]:
    """The embedded server as `up` starts it, on a file, without a worker."""
    with TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        async with embedded(data=Path(folder), worker=False) as running:
            yield House(running.address, running.server_pid, running.data, settings or {}, home)


@asynccontextmanager
async def stock_house() -> AsyncIterator[House]:
    """`temporal server start-dev` on a file, with nothing set."""
    with TemporaryDirectory(prefix="bench-stock-", ignore_cleanup_errors=True) as folder:
        data, port = Path(folder), free_port()
        with (data / "server.log").open("wb") as log:
            server = await children.spawn(
                str(Path(sys.executable).with_name("temporal")),
                *("server", "start-dev", "--log-level", "error", "--db-filename", str(data / "temporal.db")),
                *("--port", str(port), "--ui-port", str(free_port())),
                env=children.server_environment(),
                stdout=log,
                stderr=log,
            )
        try:
            async with asyncio.timeout(60):
                await _answering(f"127.0.0.1:{port}")
            yield House(f"127.0.0.1:{port}", server.pid, data)
        finally:
            await children.stop(server, 10)


def _told(path: str) -> bytes:
    return Path(path).read_bytes()


async def _answering(address: str) -> None:
    while True:
        with suppress(RuntimeError, RPCError):
            client = await Client.connect(address)
            await client.count_workflows("WorkflowType = 'None'")
            return
        await asyncio.sleep(0.1)
