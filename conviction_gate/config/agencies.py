"""Settings of a single agency, or of all agencies whose ORI begins alike."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints

from conviction_gate.config.setting_types import Duration

T = TypeVar("T")

OriPrefix = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[A-Z0-9]{0,7}$")]
AGENCIES_EXAMPLE = '{"CA019": {"docket_check_every": "30d"}}'


class AgencySettings(BaseModel):
    """Settings of one agency. What is left out is as for all agencies."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    docket_check_every: Duration | None = None
    docket_overdue_after: Duration | None = None
    review_reminder_every: Duration | None = None
    booking_overdue_after: Duration | None = None
    unknown_charge_after: Duration | None = None
    catalog: Path | None = None
    """Codes to add to the built-in catalog, CSV (docs/catalog.md)."""


def most_specific(agency: str, by_prefix: Mapping[str, T | None]) -> T | None:
    """The value under the longest prefix of the agency's ORI that has one; None where none has."""
    for prefix in sorted(by_prefix, key=len, reverse=True):
        if by_prefix[prefix] is not None and agency.startswith(prefix):
            return by_prefix[prefix]
    return None
