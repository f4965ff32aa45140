"""A clock that is not UTC's."""

import time
from collections.abc import Iterator

import pytest


@pytest.fixture
def pacific() -> Iterator[None]:
    """The machine is in California."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "America/Los_Angeles")
        time.tzset()
        yield
    time.tzset()
