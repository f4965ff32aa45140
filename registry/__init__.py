"""The project's own database: criminal history, docket entries, outcomes and flags.

`migrate(url)` makes or mends the tables, `Registry.open(url)` opens them.
"""

from registry.entries import DocketEntry, Judge, Judgement, KeptCase, KeptCorrection, Known, Standing
from registry.errors import RegistryError
from registry.schema import migrate
from registry.store import Registry

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
