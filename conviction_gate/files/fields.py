"""What the columns of a file can become: the fields of a booking, of a court's message, of a history.

They are named as in the contract; `charge.`, `record.` and `priority.` are fields of one entry of a list, of
which a row holds one.
"""

from collections.abc import Mapping
from typing import Final, Literal, get_args

from conviction_gate.contracts.court import Disposition, Entry

Makes = Literal["booking", "disposition", "history", "docket"]
Kind = Literal["text", "id", "date", "time", "truth", "disposition", "history_disposition"]
Value = str | bool
"""What a cell becomes: a text, or a truth value where the contract has one."""

_SUBJECT: Final[Mapping[str, Kind]] = {
    "subject.fingerprint_id": "id",
    "subject.fbi_number": "id",
    "subject.state_id": "id",
}
_MESSAGE: Final[Mapping[str, Kind]] = {
    "message_id": "id",
    "sender": "text",
    "agency": "text",
    "tracking_number": "id",
}
_COURT: Final[Mapping[str, Kind]] = {
    **_MESSAGE,
    "charge_id": "id",
    "disposition": "disposition",
    "decided_on": "date",
    "severity": "text",
    "convicted_of.scheme": "text",
    "convicted_of.code": "text",
    "court": "text",
    "docket_number": "id",
    "detail": "text",
}
FIELDS: Final[Mapping[Makes, Mapping[str, Kind]]] = {
    "booking": {
        **_MESSAGE,
        "booking_number": "id",
        "booked_at": "time",
        **_SUBJECT,
        "charge.charge_id": "id",
        "charge.scheme": "text",
        "charge.code": "text",
        "charge.description": "text",
        "charge.severity": "text",
        "charge.resulted_in_injury": "truth",
    },
    "disposition": _COURT,
    "docket": _COURT,
    "history": {
        **_SUBJECT,
        "us_citizen": "truth",
        "record.scheme": "text",
        "record.code": "text",
        "record.disposition": "history_disposition",
        "record.severity": "text",
        "record.decided_on": "date",
        "record.juvenile": "truth",
        "priority.kind": "text",
        "priority.record_id": "id",
        "priority.recorded_on": "date",
        "priority.scheme": "text",
        "priority.code": "text",
    },
}
"""By what a map makes: its fields, each with what it holds."""

ENTRIES_OF: Final[Mapping[Makes, Mapping[str, str]]] = {
    "booking": {"charge": "charges"},
    "disposition": {},
    "docket": {},
    "history": {"record": "records", "priority": "priorities"},
}
"""The parts of a message that are lists, one entry a row, and the contract's names of the lists."""

CONVICTION: Final = "conviction"
INFRACTION: Final = "conviction:infraction"
"""A finding that the court itself calls an infraction: a conviction with that severity."""
DISMISSALS: Final = frozenset(get_args(Disposition))
COURT_ENTRIES: Final = frozenset(get_args(Entry))
SENT: Final = frozenset({CONVICTION, INFRACTION, *DISMISSALS, *COURT_ENTRIES})
"""What a court's word can be sent as: a conviction, a dismissal of that disposition, an entry of the docket."""
