"""Whether a worker lives and is ready, over HTTP: `/livez` and `/readyz`.

    200 {"ready": true, "checks": {"worker": "ok", "registry": "ok", "search attributes": "ok", "keys": "ok"}}
    503 {"ready": false, "checks": {"worker": "ok", "registry": "the registry at … does not answer …", …}}

Ready: the server has seen this worker poll within a minute, the registry answers with this release's
schema, the search attributes are there, the keys are as this worker knows them. Alive: the loop runs,
which an answer proves, and the worker has not failed. So what is not ready may come back by itself; what
is not alive has to be started again.
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
from conviction_gate.encryption.codec import converter, parted
from conviction_gate.registry import Registry, RegistryError
from conviction_gate.service.shutdown import Ending
from conviction_gate.temporal import search_attributes
from conviction_gate.temporal.search_attributes import SetupError

ANSWER_WITHIN: Final = 4.0
"""Seconds for a check; a probe should wait for a little longer."""
FRESH_FOR: Final = 5.0
"""Seconds in which probes get the same answer, so that they load nothing."""
POLLED_WITHIN: Final = timedelta(seconds=90)
"""A poll lasts a minute."""
REQUEST_WITHIN: Final = 10.0

_KINDS: Final = {
    "workflow": TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    "activity": TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
}
_log = logging.getLogger(__name__)

Check = Callable[[], Awaitable[None]]


class NotWell(Exception):
    """What a check found; one line without anybody's data."""


class Health:
    """What the checks found a moment ago. A check returns where all is well, and raises what is not."""

    def __init__(self, checks: Mapping[str, Check], ending: Ending) -> None:
        self._checks = checks
        self._ending = ending
        self._found: dict[str, str | None] = {}
        self._until = 0.0
        self._looking = asyncio.Lock()

    @property
    def failure(self) -> str | None:
        """Why the worker ends by itself."""
        return self._ending.failure

    async def found(self) -> dict[str, str | None]:
        """By check what is wrong, None where nothing is; at most `FRESH_FOR` old."""
        async with self._looking:
            now = asyncio.get_running_loop().time
            if now() >= self._until:
                found = await asyncio.gather(*map(_looked, self._checks.values()))
                self._found = dict(zip(self._checks, found, strict=True))
                self._until = now() + FRESH_FOR
        if self.failure:
            return self._found | {"worker": self.failure}
        if self._ending.asked.is_set():
            return self._found | {"worker": "it was told to stop"}
        return self._found


async def _looked(check: Check) -> str | None:
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            await check()
    except (NotWell, RegistryError, SetupError) as error:
        return str(error)
    except TimeoutError:
        return f"no answer within {ANSWER_WITHIN:.0f} s"
    except RPCError as error:
        return f"the Temporal server does not answer ({error.status.name})"
    except Exception as error:  # its text may hold anything
        _log.warning("a health check failed", exc_info=True)
        return f"unexpected {type(error).__name__}; see the log"
    return None


def checks_of(worker: Worker, client: Client, registry: Registry) -> dict[str, Check]:
    """What a worker needs to carry a case on."""
    return {
        "worker": partial(_polls, worker, client),
        "registry": registry.check,
        "search attributes": partial(search_attributes.check, client),
        "keys": partial(check_keys, client),
    }


async def _polls(worker: Worker, client: Client) -> None:
    """The server's word for it counts: it alone sees polls that arrive."""
    if not worker.is_running:
        raise NotWell("it does not run")
    for kind, number in _KINDS.items():
        queue = await client.workflow_service.describe_task_queue(
            DescribeTaskQueueRequest(
                namespace=client.namespace,
                task_queue=TaskQueue(name=worker.task_queue),
                task_queue_type=number,
            )
        )
        since = datetime.now(UTC) - POLLED_WITHIN
        mine = [p.last_access_time.ToDatetime(UTC) for p in queue.pollers if p.identity == client.identity]
        if not any(last >= since for last in mine):
            raise NotWell(f"the server has seen no poll for {kind} tasks of this worker lately")


async def check_keys(client: Client) -> None:
    """A worker reads its keys once. What became of them since would show at its next start, when what it
    sealed meanwhile may open no more, or on the cases that it refuses what others seal."""

    def now() -> PayloadCodec | None:
        return converter(Settings(), client.namespace).payload_codec

    try:
        wrong = parted(client.data_converter.payload_codec, await asyncio.to_thread(now))
    except SettingsError as error:
        raise NotWell(f"this worker goes on as it began, and could not start again: {error}") from None
    if wrong:
        raise NotWell(wrong)


@asynccontextmanager
async def serving(address: str | None, health: Health) -> AsyncIterator[None]:
    """Answer at an IP address and port, where one is given.

    Raises:
        SettingsError: nobody can listen there.
    """
    if address is None:
        yield
        return
    try:
        server = await asyncio.start_server(partial(_answer, health), *split_address(address), limit=8192)
    except OSError as error:
        raise cannot_bind("HEALTH", address, error) from None
    try:
        yield
    finally:
        server.close()


async def _answer(health: Health, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One request a connection."""
    try:
        async with asyncio.timeout(REQUEST_WITHIN):
            request = await reader.readuntil(b"\r\n\r\n")
            status, body = await _told(health, request.split(b"\r\n", 1)[0].decode("ascii", "replace"))
            text = json.dumps(body).encode()
            head = (
                f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(text)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
            )
            writer.write(head.encode() + text)
            await writer.drain()
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        pass  # whoever asked has gone, or speaks no HTTP
    finally:
        writer.close()


async def _told(health: Health, request: str) -> tuple[HTTPStatus, dict[str, object]]:
    match request.split(" "):
        case ["GET" | "HEAD", "/livez", _]:
            status = HTTPStatus.SERVICE_UNAVAILABLE if health.failure else HTTPStatus.OK
            return status, {"alive": not health.failure, "worker": health.failure or "ok"}
        case ["GET" | "HEAD", "/readyz", _]:
            found = await health.found()
            ready = not any(found.values())
            status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
            return status, {"ready": ready, "checks": {name: wrong or "ok" for name, wrong in found.items()}}
        case _:
            return HTTPStatus.NOT_FOUND, {"error": "no such page; GET /livez or /readyz"}
