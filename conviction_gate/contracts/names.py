"""Wire names: task queue, workflow types, ids, search attributes; `signals` has those of the messages.

Senders in other languages depend on each of them to the letter; `tests/unit/contracts/test_names.py` pins them.
"""

import re
from dataclasses import dataclass
from typing import Final, Self

from temporalio.common import SearchAttributeKey

TASK_QUEUE: Final = "booking-cases"

BOOKING_CASE: Final = "BookingCase"
FLAG_CORRECTION: Final = "FlagCorrection"

UPDATE: Final = "submit"
QUERY: Final = "case"
BROUGHT_BACK: Final = "brought_back"
"""The signal by which the patrol says that it has continued a case; it changes nothing."""

CASE_STATUS: Final = SearchAttributeKey.for_keyword("CaseStatus")
CASE_RULE: Final = SearchAttributeKey.for_keyword("CaseRule")
AGENCY: Final = SearchAttributeKey.for_keyword("Agency")
NEEDS_ATTENTION: Final = SearchAttributeKey.for_bool("NeedsAttention")
WAITING_SINCE: Final = SearchAttributeKey.for_datetime("WaitingSince")
SEARCH_ATTRIBUTES: Final = (CASE_STATUS, CASE_RULE, AGENCY, NEEDS_ATTENTION, WAITING_SINCE)

ORI_PATTERN: Final = r"^[A-Z]{2}[A-Z0-9]{7}$"
TRACKING_NUMBER_PATTERN: Final = r"^[^:\s]{1,64}$"

_CASE_ID = re.compile(r"booking-case:([A-Z]{2}[A-Z0-9]{7}):([^:\s]{1,64})")


@dataclass(frozen=True)
class CaseId:
    """An arrest's identity: the booking agency's ORI and the arrest's tracking number."""

    agency: str
    tracking_number: str

    def __str__(self) -> str:
        return f"booking-case:{self.agency}:{self.tracking_number}"

    @classmethod
    def parse(cls, workflow_id: str) -> Self | None:
        """Read `booking-case:{agency}:{tracking_number}`; None for any other form."""
        match = _CASE_ID.fullmatch(workflow_id)
        return cls(*match.groups()) if match else None

    def correction_id(self, message_id: str, sender: str = "") -> str:
        """The workflow id of the correction that this message asks for; no sender can take another one's."""
        named = f"{sender}:{message_id}" if sender else message_id
        return f"flag-correction:{self.agency}:{self.tracking_number}:{named}"
