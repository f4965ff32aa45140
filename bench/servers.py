"""Real servers and workers to measure, each a process of its own that ends with the run."""

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
from conviction_gate.devserver import processes, worker_process
from conviction_gate.devserver.embedded import embedded
from conviction_gate.devserver.resources import free_port
from conviction_gate.encryption.codec import converter_for
from conviction_gate.encryption.converter import data_converter
from conviction_gate.encryption.keys import ensure_key

BARE_WORKER = (sys.executable, "-P", "-m", "bench.bare_worker")
GATE = (sys.executable, "-P", "-c", "from conviction_gate.cli.command_line import main; main()")


@dataclass(frozen=True)
class BenchServer:
    """A server that answers, and the programs to run against it.

    `settings`: environment variables of our workers. `checkout`: the one whose code they run; None: this one.
    """

    address: str
    server_pid: int
    data: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    checkout: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The environment of our programs."""
        own = {"TEMPORAL_ADDRESS": self.address, f"{PREFIX}DATA": str(self.data)}
        env = worker_process.environment({f"{PREFIX}ENCRYPTION": "off", **own, **self.settings})
        if self.checkout is not None:
            env["PYTHONPATH"] = f"{self.checkout}{os.pathsep}{env.get('PYTHONPATH', '')}"
        return env

    async def start_worker(self, command: tuple[str, ...] = worker_process.COMMAND) -> Process:
        """A worker that is ready; stop it with `processes.stop`."""
        # A file and not a pipe: the SDK logs there too, and a full pipe would stop the worker.
        with NamedTemporaryFile(dir=self.data, prefix="worker-", suffix=".log") as log:
            worker = await processes.spawn(*command, env=self.environment, stdout=log.file, stderr=None)
            while worker.returncode is None:
                if worker_process.READY_LINE in await asyncio.to_thread(Path(log.name).read_bytes):
                    return worker
                await asyncio.sleep(0.02)
        raise RuntimeError(f"{' '.join(command)} ended before it was ready; see its output above")

    @asynccontextmanager
    async def our_cases(self) -> AsyncIterator[tuple[Ours, int]]:
        """Our cases, and the process id of their worker."""
        async with self._worker(worker_process.COMMAND) as pid:
            yield Ours(await Client.connect(self.address, data_converter=data_converter)), pid

    @asynccontextmanager
    async def encrypted_cases(self) -> AsyncIterator[tuple[Ours, int]]:
        """Our cases with every payload encrypted, and the process id of their worker."""
        settings = Settings(data=self.data, encryption="on")
        ensure_key(settings)
        encrypting = replace(self, settings={**self.settings, f"{PREFIX}ENCRYPTION": "on"})
        async with encrypting._worker(worker_process.COMMAND) as pid:
            converter = converter_for(settings, "default")
            yield Ours(await Client.connect(self.address, data_converter=converter)), pid

    @asynccontextmanager
    async def bare_cases(self) -> AsyncIterator[tuple[Bare, int]]:
        """Bare cases, and the process id of their worker."""
        async with self._worker(BARE_WORKER) as pid:
            yield Bare(await Client.connect(self.address)), pid

    async def gate(self, *arguments: str) -> None:
        """Run `conviction-gate` to its end."""
        program = await processes.spawn(*GATE, *arguments, env=self.environment, stdout=DEVNULL, stderr=None)
        if await program.wait() != 0:
            raise RuntimeError(f"conviction-gate {' '.join(arguments)} ended with {program.returncode}")

    def database_bytes(self) -> int:
        """The size of the server's database, with its write-ahead log."""
        with closing(sqlite3.connect(f"file:{self.data / 'temporal.db'}?mode=ro", uri=True)) as opened:
            size = opened.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
            return int(size.fetchone()[0])

    @asynccontextmanager
    async def _worker(self, command: tuple[str, ...]) -> AsyncIterator[int]:
        worker = await self.start_worker(command)
        try:
            yield worker.pid
        finally:
            await processes.stop(worker, worker_process.STOP_WITHIN)


@asynccontextmanager
async def embedded_server(
    settings: Mapping[str, str] | None = None, checkout: Path | None = None, *, in_memory: bool = False
) -> AsyncIterator[BenchServer]:
    """The server as `up` starts it, on a file unless it is to be in memory, without a worker."""
    with TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        async with embedded(data=Path(folder), worker=False, ephemeral=in_memory) as server:
            yield BenchServer(server.address, server.pid, server.data, settings or {}, checkout)


@asynccontextmanager
async def stock_server() -> AsyncIterator[BenchServer]:
    """`temporal server start-dev` on a file, with its defaults."""
    with TemporaryDirectory(prefix="bench-stock-", ignore_cleanup_errors=True) as folder:
        data, port = Path(folder), free_port()
        with (data / "server.log").open("wb") as log:
            server = await processes.spawn(
                str(Path(sys.executable).with_name("temporal")),
                *("server", "start-dev", "--log-level", "error", "--db-filename", str(data / "temporal.db")),
                *("--port", str(port), "--ui-port", str(free_port())),
                env=processes.own_server_environment(),
                stdout=log,
                stderr=log,
            )
        try:
            async with asyncio.timeout(60):
                await _answering(f"127.0.0.1:{port}")
            yield BenchServer(f"127.0.0.1:{port}", server.pid, data)
        finally:
            await processes.stop(server, 10)


async def _answering(address: str) -> None:
    while True:
        with suppress(RuntimeError, RPCError):
            client = await Client.connect(address)
            await client.count_workflows("WorkflowType = 'None'")
            return
        await asyncio.sleep(0.1)
