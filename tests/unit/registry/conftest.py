"""A registry on SQLite and on PostgreSQL, and the same one as another process has it open."""

from collections.abc import AsyncIterator

import pytest

from conviction_gate.registry import (
    Registry,
)


@pytest.fixture
async def registry(url: str) -> AsyncIterator[Registry]:
    async with await Registry.open(url) as registry:
        yield registry


@pytest.fixture
async def other(url: str) -> AsyncIterator[Registry]:
    """The same registry, as another process has it open."""
    async with await Registry.open(url) as registry:
        yield registry
