"""The project's own database: criminal history, docket entries, outcomes and flags.

`migrate(url)` creates the tables or upgrades them, `Registry.open(url)` opens them.
"""

from conviction_gate.registry.entries import (
    Background,
    CaseSummary,
    DocketEntry,
    RecordedCase,
    RecordedCorrection,
)
from conviction_gate.registry.errors import RegistryError
from conviction_gate.registry.schema import migrate
from conviction_gate.registry.store import Registry

__all__ = [
    "Background",
    "CaseSummary",
    "DocketEntry",
    "RecordedCase",
    "RecordedCorrection",
    "Registry",
    "RegistryError",
    "migrate",
]
