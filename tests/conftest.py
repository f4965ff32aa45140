"""A time-skipping server, a registry of its own, the real worker on both, and databases of both kinds."""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

import worker
from conviction_gate.contracts.names import SEARCH_ATTRIBUTES
from conviction_gate.encryption.converter import data_converter
from conviction_gate.registry import Registry, migrate
from conviction_gate.registry.tables import Base
from conviction_gate.temporal.sandbox import sandbox
from tests.support.postgres import Postgres, serving
from tests.support.workflow_cases import working


@pytest.fixture(scope="session", autouse=True)
def strict_sandbox() -> None:
    """Workers in the tests' own process import workflows anew for each case: with clocks, chance and
    what one case could leave for the next kept out."""
    worker.sandboxed = sandbox()


@pytest.fixture(scope="session", autouse=True)
def in_the_clear() -> Iterator[None]:
    """Most tests look at payloads as strangers do; those about keys turn encryption on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONVICTION_GATE_ENCRYPTION", "off")
        patch.setenv("CONVICTION_GATE_PATROL", "off")  # tests terminate cases, and look at what is left
        yield


@pytest.fixture(scope="session", autouse=True)
def alone() -> Iterator[None]:
    """No command in this process sees the instances of other tests, or of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("conviction_gate.cli.session.folders_in_use", list)
        patch.setattr("conviction_gate.temporal.connect.running_servers", dict)
        yield


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
            "--dynamic-config-value",
            'history.timerProcessorMaxTimeShift="1ms"',
        ],
    ) as environment:
        yield environment


@pytest.fixture(scope="session")
async def registry(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Registry]:
    url = f"sqlite:///{tmp_path_factory.mktemp('registry') / 'registry.db'}"
    await migrate(url)
    opened = await Registry.open(url)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
async def client(server: WorkflowEnvironment, registry: Registry) -> AsyncIterator[Client]:
    """A client of a server that the real worker polls."""
    async with working(server.client, registry):
        yield server.client


# Databases: a test that asks for `url` or `bare_url` runs twice, once on each kind -------------------


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def url(kind: str, request: pytest.FixtureRequest) -> str:
    """The address of an empty registry, its tables made."""
    url: str = request.getfixturevalue(f"{kind}_url")
    return url


@pytest.fixture
def bare_url(kind: str, request: pytest.FixtureRequest) -> str:
    """The address of a registry before its first migration."""
    url: str = request.getfixturevalue(f"bare_{kind}_url")
    return url


@pytest.fixture(scope="session")
async def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of an empty registry: copied for each test, since making it takes longer."""
    path = tmp_path_factory.mktemp("registry") / "registry.db"
    await migrate(f"sqlite:///{path}")
    return path.read_bytes()


@pytest.fixture
def sqlite_url(tmp_path: Path, migrated_file: bytes) -> str:
    path = tmp_path / "registry.db"
    path.write_bytes(migrated_file)
    return f"sqlite:///{path}"


@pytest.fixture
def bare_sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'made' / 'registry.db'}"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with serving(tmp_path_factory.mktemp("postgresql") / "log") as server:
        yield server


@pytest.fixture(scope="session")
async def migrated_database(postgres: Postgres) -> AsyncIterator[str]:
    async with postgres.database() as name:
        await migrate(postgres.url(name))
        yield name


@pytest.fixture
async def postgresql_url(postgres: Postgres, migrated_database: str) -> str:
    """Emptied for each test, which is quicker than a new one; to spoil the schema, take a bare one."""
    tables = reversed(Base.metadata.sorted_tables)
    await postgres.execute("; ".join(f"DELETE FROM {table.name}" for table in tables), migrated_database)
    return postgres.url(migrated_database)


@pytest.fixture
async def bare_postgresql_url(postgres: Postgres) -> AsyncIterator[str]:
    async with postgres.database() as name:
        yield postgres.url(name)
