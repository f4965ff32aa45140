"""The project's own database: criminal history, docket entries, outcomes and flags.

`migrate(url)` makes or mends the tables, `Registry.open(url)` opens them.
"""

from conviction_gate.registry.entries import (
    DocketEntry,
    Judge,
    Judgement,
    KeptCase,
    KeptCorrection,
    Known,
    Standing,
)
from conviction_gate.registry.errors import RegistryError
from conviction_gate.registry.schema import migrate
from conviction_gate.registry.store import Registry

__all__ = [
    "DocketEntry",
    "Judge",
    "Judgement",
    "KeptCase",
    "KeptCorrection",
    "Known",
    "Registry",
    "RegistryError",
    "Standing",
    "migrate",
]
