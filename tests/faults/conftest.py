"""A server without a worker, the registry beside it, and real worker processes that can be killed."""

from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from conviction_gate.config.settings import Settings
from conviction_gate.devserver.embedded import EmbeddedServer, embedded
from conviction_gate.encryption.converter import data_converter
from conviction_gate.registry import Registry
from tests.support.killable_workers import World


@pytest.fixture(scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedServer]:
    async with embedded(data=tmp_path_factory.mktemp("faults") / "data", worker=False) as running:
        yield running


@pytest.fixture
async def world(running: EmbeddedServer) -> AsyncIterator[World]:
    client = await Client.connect(running.address, data_converter=data_converter)
    async with await Registry.open(Settings(data=running.data).registry) as registry:
        yield World(running, client, registry)
