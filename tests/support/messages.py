"""A case, messages to it, and how it is shown."""

import json
from datetime import UTC, datetime
from typing import Any

from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.case import CaseView
from conviction_gate.contracts.fields import Status
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.reading import read_message

NOON = datetime(2013, 7, 15, 12, tzinfo=UTC)
CASE = CaseId("CA0190000", "A2012-0042117")
BOOKING: dict[str, Any] = {
    "message_id": "jms-1",
    "sender": "jms",
    "agency": CASE.agency,
    "tracking_number": CASE.tracking_number,
    "booking_number": "B-77-1042",
    "booked_at": "2012-05-04T02:15:00-07:00",
    "subject": {"fingerprint_id": "T-2012-88110"},
    "charges": [
        {"charge_id": "1", "scheme": "CA-VC", "code": "12500(a)", "description": "no license"},
        {"charge_id": "2", "scheme": "CA-VC", "code": "22350"},
    ],
}
CONVICTION = {"message_id": "court-91", "charge_id": "1", "decided_on": "2013-07-15"}
DISMISSAL = {"message_id": "court-92", "decided_on": "2013-07-15", "disposition": "dismissed"}
UPDATE = {"message_id": "court-93", "occurred_on": "2013-07-15", "entry": "continuance"}
RECORD_UPDATE = {"message_id": "record-1", "reported_on": "2013-07-15"}
RULING = {
    "message_id": "desk-1",
    "ruling": "conviction",
    "reviewer": "desk",
    "reason": "read",
    "decided_on": "2013-07-16",
}
CORRECTION = {
    "message_id": "fix-1",
    "corrects": "court-91",
    "ground": "clerical_error",
    "corrected_on": "2013-08-01",
}
VACATUR = {"message_id": "fix-2", "decided_on": "2013-08-01", "disposition": "vacated"}
FINDING = {
    "message_id": "fix-3",
    "finding": "misidentified",
    "found_on": "2013-08-01",
    "source": "prints",
}


def message(name: str, fields: dict[str, Any], **more: Any) -> Message:
    return read_message(name, json.dumps(fields | more))


def booking(**more: Any) -> Booking:
    read = message("booking", BOOKING, **more)
    assert isinstance(read, Booking)
    return read


def view(status: Status = "waiting_for_court", **more: Any) -> CaseView:
    fields = {
        "case_id": str(CASE),
        "agency": CASE.agency,
        "tracking_number": CASE.tracking_number,
        "status": status,
        "rule": "defer.traffic_only",
        "explanation": "only minor traffic",
        "policy_edition": "2012-04-27",
        "charges": [
            {
                "charge_id": "1",
                "scheme": "CA-VC",
                "code": "12500(a)",
                "charge_class": "minor_traffic",
                "severity": "misdemeanor",
                "disposition": None,
                "decided_on": None,
            }
        ],
        "messages": [],
        "messages_total": 0,
        "rejected": [],
        "rejected_total": 0,
        "waiting_since": NOON,
        "next_docket_check_at": None,
        "needs_attention": False,
    }
    return CaseView.model_validate(fields | more)
