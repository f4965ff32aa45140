"""A time-skipping server, a registry of its own, and the real worker on both."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

from contracts.names import SEARCH_ATTRIBUTES
from registry import Registry, migrate
from runtime.converter import data_converter
from tests.workflows.cases import working


@pytest.fixture(scope="session")
async def server() -> AsyncIterator[WorkflowEnvironment]:
    async with await WorkflowEnvironment.start_time_skipping_v2(
        data_converter=data_converter,
        ts_config=TimeSkippingConfig(enabled=False),
        search_attributes=list(SEARCH_ATTRIBUTES),
        dev_server_existing_path=str(Path(sys.executable).with_name("temporal")),
        dev_server_log_level="error",
        dev_server_extra_args=[
            "--dynamic-config-value",
            "frontend.WorkflowTimeSkippingEnabled=true",
            "--dynamic-config-value",
            "limit.blobSize.error=524288",
        ],
    ) as environment:
        yield environment


@pytest.fixture(scope="session")
async def registry(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Registry]:
    url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('registry') / 'registry.db'}"
    await migrate(url)
    opened = await Registry.open(url)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
async def client(server: WorkflowEnvironment, registry: Registry) -> AsyncIterator[Client]:
    """A client of a server that the real worker polls."""
    async with working(server.client, registry):
        yield server.client
