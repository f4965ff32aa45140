"""A state repository and a court, and our side of both."""

from collections.abc import AsyncIterator, Iterator

import pytest

from conviction_gate.sources.docket import DocketService
from conviction_gate.sources.history import HistoryService
from conviction_gate.sources.http import HttpService
from tests.support.services import access
from tests.support.state_repository import StateRepository, clean, state_repository


@pytest.fixture(scope="module")
def running() -> Iterator[StateRepository]:
    with state_repository() as repository:
        yield repository


@pytest.fixture
def repository(running: StateRepository) -> StateRepository:
    running.answer, running.stalls = clean, False
    running.asked.clear()
    return running


@pytest.fixture
async def service(repository: StateRepository) -> AsyncIterator[HttpService]:
    service = HttpService(access(repository, token="TOKEN-MARK-7"))
    yield service
    await service.close()


@pytest.fixture
def histories(service: HttpService) -> HistoryService:
    return HistoryService(service)


@pytest.fixture
def dockets(service: HttpService) -> DocketService:
    return DocketService(service)
