"""A booking: one arrest as the jail's system sends it (contract, "Start")."""

from datetime import datetime
from typing import Annotated, Final, Self

from pydantic import Field, field_validator, model_validator

from conviction_gate.contracts.fields import Id, Ori, Severity, Text, Time, TrackingNumber, WireModel
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.names import CaseId

FIRST_YEAR: Final = 1950
"""No booking that is still open is older."""
MAX_CHARGES: Final = 100
"""Charges of one booking."""


class Subject(WireModel):
    """Who was booked, by numbers alone; at least one of the three. Never a name or a birth date."""

    fingerprint_id: Id | None = None
    fbi_number: Id | None = None
    state_id: Id | None = None

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if not self.ids:
            raise ValueError("give at least one of fingerprint_id, fbi_number, state_id")
        return self

    @property
    def ids(self) -> dict[str, str]:
        """The ids that were given, by kind."""
        given = {
            "fingerprint_id": self.fingerprint_id,
            "fbi_number": self.fbi_number,
            "state_id": self.state_id,
        }
        return {kind: value for kind, value in given.items() if value is not None}


class Offense(WireModel):
    """What the law calls it: a code within a scheme of codes (`charges lookup` knows which)."""

    scheme: Id
    code: Id


class Charge(Offense):
    """One charge of the arrest. `resulted_in_injury` null means: not reported."""

    charge_id: Id
    description: Text | None = None
    severity: Severity | None = None
    resulted_in_injury: bool | None = None


class Booking(Message):
    """An arrest that was booked. `booked_at` is the jail's own time, with its offset."""

    agency: Ori
    tracking_number: TrackingNumber
    booking_number: Id
    booked_at: Time
    subject: Subject
    charges: Annotated[tuple[Charge, ...], Field(min_length=1, max_length=MAX_CHARGES, strict=False)]

    @field_validator("booked_at")
    @classmethod
    def _is_of_our_time(cls, booked_at: datetime) -> datetime:
        # A wrong century would put the arrest before everything that stands in the record.
        if booked_at.year < FIRST_YEAR:
            raise ValueError(f"before {FIRST_YEAR}; check the year")
        return booked_at

    @model_validator(mode="after")
    def _charge_ids_differ(self) -> Self:
        ids = [charge.charge_id for charge in self.charges]
        if len(set(ids)) < len(ids):
            raise ValueError("charges: two charges have one charge_id; give each its own")
        return self

    @property
    def case_id(self) -> CaseId:
        """The case that this booking opens."""
        return CaseId(self.agency, self.tracking_number)
