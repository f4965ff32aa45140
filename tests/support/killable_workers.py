"""A server, the registry beside it, and real worker processes that can be killed."""

from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from temporalio.client import Client

from conviction_gate.config.settings import Settings
from conviction_gate.devserver import processes, worker_process
from conviction_gate.devserver.embedded import EmbeddedServer
from conviction_gate.registry import Registry
from tests.support.senders import Senders


@dataclass
class World:
    """What stays while workers come and go, and those who send to it."""

    running: EmbeddedServer
    client: Client
    registry: Registry
    senders: Senders = field(init=False)

    def __post_init__(self) -> None:
        self.senders = Senders(self.client)

    @property
    def registry_url(self) -> str:
        return Settings(data=self.running.data).registry

    @asynccontextmanager
    async def worker(self, *command: str, **environment: str) -> AsyncIterator[Process]:
        """A worker process that polls; killed at the end, if it still lives then."""
        process = await self.start_worker(command or worker_process.COMMAND, **environment)
        try:
            yield process
        finally:
            await kill(process)

    async def start_worker(
        self, command: Sequence[str] = worker_process.COMMAND, **environment: str
    ) -> Process:
        """Start a worker, and wait until it polls."""
        own = {
            "TEMPORAL_ADDRESS": self.running.address,
            "TEMPORAL_NAMESPACE": self.running.namespace,
            "CONVICTION_GATE_DATA": str(self.running.data),
        }
        env = worker_process.environment(own) | environment
        process = await processes.spawn(*command, env=env, stdout=PIPE, stderr=None)
        assert process.stdout is not None
        assert (await process.stdout.readline()).startswith(worker_process.READY_LINE)
        return process


async def kill(process: Process) -> None:
    """`kill -9`."""
    if process.returncode is None:
        process.kill()
    await process.wait()
