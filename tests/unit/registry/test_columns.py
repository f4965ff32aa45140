"""Types of columns."""

from datetime import datetime

import pytest
from sqlalchemy.engine.default import DefaultDialect

from conviction_gate.registry.columns import Instant


def test_a_time_without_offset_is_not_stored() -> None:
    naive = datetime(2013, 1, 1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="without an offset"):
        Instant().process_bind_param(naive, DefaultDialect())
