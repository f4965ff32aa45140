"""Health of a worker over HTTP: `/livez` and `/readyz`.

    200 {"ready": true, "checks": {"worker": "ok", "registry": "ok", "search attributes": "ok", "keys": "ok"}}
    503 {"ready": false, "checks": {"worker": "ok", "registry": "the registry at … does not answer …", …}}

Ready: the server has seen polls of this worker lately, the registry takes writes and has this release's schema,
the search attributes exist, and the keys are those that this worker started with. Live: the event loop runs,
which any answer proves, the worker has not failed, and workflow tasks end where there are some. So a worker
that is not ready may recover by itself; one that is not live must be restarted.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Final

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.converter import PayloadCodec
from temporalio.service import RPCError
from temporalio.worker import Worker

from conviction_gate.config.setting_types import split_address
from conviction_gate.config.settings import Settings, SettingsError, cannot_bind
from conviction_gate.encryption.codec import codec_mismatch, converter_for
from conviction_gate.registry import Registry, RegistryError
from conviction_gate.service.shutdown import GracefulShutdown
from conviction_gate.temporal import search_attributes
from conviction_gate.temporal.sandbox import activations
from conviction_gate.temporal.search_attributes import SetupError

CHECK_WITHIN: Final = 4.0
"""Seconds for one check; a probe should wait a little longer."""
CACHED_FOR: Final = 5.0
"""Seconds for which probes get the same results, so that frequent probes cause no load."""
POLLED_WITHIN: Final = timedelta(seconds=90)
"""A poll lasts up to a minute."""
READY_WITHIN: Final = 10.0
"""Seconds from the start until a worker that is not ready logs why."""
REQUEST_WITHIN: Final = 10.0
"""Seconds for one request of a probe."""
MAX_CONNECTIONS: Final = 64
"""Connections at a time; one more takes the place of the oldest. Each takes a descriptor of the worker."""

_TASK_KINDS: Final = {
    "workflow": TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    "activity": TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
}
_log = logging.getLogger(__name__)

Check = Callable[[], Awaitable[None]]


class CheckFailed(Exception):
    """The problem that a check found; one line without personal data."""


class Health:
    """The latest results of a worker's checks. A check returns where all is well, and raises the problem.

    `report`: called with the problems by check after each round.
    """

    def __init__(
        self,
        checks: Mapping[str, Check],
        shutdown: GracefulShutdown,
        report: Callable[[Mapping[str, str | None]], None] = lambda problems: None,
    ) -> None:
        self._checks = checks
        self._shutdown = shutdown
        self._report = report
        self._problems: dict[str, str | None] = {}
        self._valid_until = 0.0
        self._running = asyncio.Lock()

    @property
    def failure(self) -> str | None:
        """Why the worker has failed; None where it has not."""
        return self._shutdown.failure or activations.failure

    async def problems(self) -> dict[str, str | None]:
        """The problem by check, None where there is none; the results are at most `CACHED_FOR` old."""
        async with self._running:
            now = asyncio.get_running_loop().time
            if now() >= self._valid_until:
                results = await asyncio.gather(*map(_problem, self._checks.values()))
                self._problems = dict(zip(self._checks, results, strict=True))
                self._valid_until = now() + CACHED_FOR
        problems = self._problems
        if self.failure:
            problems = problems | {"worker": self.failure}
        elif self._shutdown.requested.is_set():
            problems = problems | {"worker": "it is shutting down"}
        self._report(problems)
        return problems

    async def until_ready(self) -> None:
        """Check again and again, until there is no problem; where that takes long, log the problems."""
        started_at = asyncio.get_running_loop().time()
        is_logged = False
        while any((problems := await self.problems()).values()):
            if not is_logged and asyncio.get_running_loop().time() - started_at > READY_WITHIN:
                _log.warning("not ready yet: %s", {check: why for check, why in problems.items() if why})
                is_logged = True
            await asyncio.sleep(0.05)
            self._valid_until = 0.0


async def _problem(check: Check) -> str | None:
    try:
        async with asyncio.timeout(CHECK_WITHIN):
            await check()
    except (CheckFailed, RegistryError, SetupError) as error:
        return str(error)
    except TimeoutError:
        return f"no answer within {CHECK_WITHIN:.0f} s"
    except RPCError as error:
        return f"the Temporal server does not answer ({error.status.name})"
    except Exception as error:  # its text may hold personal data
        _log.warning("a health check failed", exc_info=True)
        return f"unexpected {type(error).__name__}; see the log"
    return None


def worker_checks(worker: Worker, client: Client, registry: Registry) -> dict[str, Check]:
    """The checks of everything that a worker needs to advance a case."""
    return {
        "worker": partial(_check_polls, worker, client),
        "registry": partial(_check_registry, registry),
        "search attributes": partial(search_attributes.check, client),
        "keys": partial(check_keys, client),
    }


async def _check_registry(registry: Registry) -> None:
    await registry.check()
    await registry.check_writes()


async def _check_polls(worker: Worker, client: Client) -> None:
    """Ask the server, which alone knows whether polls arrive."""
    if not worker.is_running:
        raise CheckFailed("it is not running")
    for kind, number in _TASK_KINDS.items():
        queue = await client.workflow_service.describe_task_queue(
            DescribeTaskQueueRequest(
                namespace=client.namespace,
                task_queue=TaskQueue(name=worker.task_queue),
                task_queue_type=number,
            )
        )
        since = datetime.now(UTC) - POLLED_WITHIN
        polls = [p.last_access_time.ToDatetime(UTC) for p in queue.pollers if p.identity == client.identity]
        if not any(poll >= since for poll in polls):
            raise CheckFailed(f"the server has seen no recent poll for {kind} tasks by this worker")


async def check_keys(client: Client) -> None:
    """Compare the keys with those that the worker read at its start.

    A difference would show only after a restart, when what it encrypted meanwhile might not decrypt, or in
    cases whose messages were encrypted with a newer key.
    """

    def current() -> PayloadCodec | None:
        return converter_for(Settings(), client.namespace).payload_codec

    try:
        problem = codec_mismatch(client.data_converter.payload_codec, await asyncio.to_thread(current))
    except SettingsError as error:
        raise CheckFailed(
            f"this worker goes on with the keys of its start, but could not restart: {error}"
        ) from None
    if problem:
        raise CheckFailed(problem)


@asynccontextmanager
async def serving(address: str | None, health: Health) -> AsyncIterator[None]:
    """Answer probes at an IP address and port; None: at none.

    Raises:
        SettingsError: the process cannot listen there.
    """
    if address is None:
        yield
        return
    connections: dict[asyncio.StreamWriter, None] = {}  # the oldest first

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(connections) == MAX_CONNECTIONS:
            oldest = next(iter(connections))
            del connections[oldest]
            oldest.transport.abort()
        connections[writer] = None
        try:
            await _serve(health, reader, writer)
        finally:
            connections.pop(writer, None)

    try:
        server = await asyncio.start_server(serve, *split_address(address), limit=8192)
    except OSError as error:
        raise cannot_bind("HEALTH", address, error) from None
    try:
        yield
    finally:
        server.close()


async def _serve(health: Health, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request and close the connection."""
    try:
        async with asyncio.timeout(REQUEST_WITHIN):
            request = await reader.readuntil(b"\r\n\r\n")
            status, body = await _answer(health, request.split(b"\r\n", 1)[0].decode("ascii", "replace"))
            text = json.dumps(body).encode()
            head = (
                f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(text)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
            )
            writer.write(head.encode() + text)
            await writer.drain()
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        pass  # the client has gone, or does not speak HTTP
    finally:
        writer.close()


async def _answer(health: Health, request: str) -> tuple[HTTPStatus, dict[str, object]]:
    match request.split(" "):
        case ["GET" | "HEAD", "/livez", _]:
            status = HTTPStatus.SERVICE_UNAVAILABLE if health.failure else HTTPStatus.OK
            return status, {"alive": not health.failure, "worker": health.failure or "ok"}
        case ["GET" | "HEAD", "/readyz", _]:
            problems = await health.problems()
            ready = not any(problems.values())
            status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
            checks = {check: problem or "ok" for check, problem in problems.items()}
            return status, {"ready": ready, "checks": checks}
        case _:
            return HTTPStatus.NOT_FOUND, {"error": "no such page; GET /livez or /readyz"}
