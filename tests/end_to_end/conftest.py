"""`conviction-gate up` in a process of its own, and the programs that strangers use."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client

from conviction_gate.config.settings import Settings
from conviction_gate.devserver.embedded import embedded
from conviction_gate.devserver.resources import free_port
from conviction_gate.encryption.converter import data_converter
from conviction_gate.registry import Registry
from tests.support.instance import Instance
from tests.support.stuck_cases import Cases


@pytest.fixture
def encrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is outside of tests: `up` makes a key, and whoever has the data folder finds it."""
    monkeypatch.delenv("CONVICTION_GATE_ENCRYPTION", raising=False)


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(tmp_path / "data", free_port(), free_port())


@pytest.fixture(scope="session")
async def shared_instance(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Instance]:
    """One that is up, for tests that keep to an agency of their own and leave it so."""
    instance = Instance(tmp_path_factory.mktemp("instance") / "data", free_port(), free_port())
    await instance.up()
    yield instance
    await instance.stop()


@pytest.fixture
async def cases(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cases]:
    for name, value in instance.environment.items():
        monkeypatch.setenv(name, value)
    async with embedded(data=instance.data, port=instance.port, ui_port=instance.ui_port, worker=False):
        client = await Client.connect(f"127.0.0.1:{instance.port}", data_converter=data_converter)
        async with await Registry.open(Settings().registry) as registry:
            yield Cases(client, registry, instance)
