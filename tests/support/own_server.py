"""A server that no other test uses: where all of its cases are looked at, or its limits are reached."""

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from conviction_gate.contracts.names import SEARCH_ATTRIBUTES
from conviction_gate.devserver.temporal_server import DYNAMIC_CONFIG
from conviction_gate.encryption.converter import data_converter


@asynccontextmanager
async def own_server(limits: Mapping[str, int] | None = None) -> AsyncIterator[Client]:
    """Its client; the server has the limits of the embedded one, and these."""
    settings = [f"{key}={value}" for key, value in {**DYNAMIC_CONFIG, **(limits or {})}.items()]
    async with await WorkflowEnvironment.start_local(
        data_converter=data_converter,
        search_attributes=list(SEARCH_ATTRIBUTES),
        dev_server_existing_path=str(Path(sys.executable).with_name("temporal")),
        dev_server_log_level="error",
        dev_server_extra_args=[word for each in settings for word in ("--dynamic-config-value", each)],
    ) as server:
        yield server.client
