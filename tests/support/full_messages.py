"""Every message of the contract with all of its fields, as senders write it."""

import json
from typing import Any

import pytest

from conviction_gate.contracts.reading import (
    DoesNotFit,
    read_message,
)

Fields = dict[str, Any]
CHARGE: Fields = {
    "charge_id": "1",
    "scheme": "CA-VC",
    "code": "12500(a)",
    "description": "driving unlicensed",
    "severity": "misdemeanor",
    "resulted_in_injury": False,
}
MESSAGES: dict[str, Fields] = {
    "booking": {
        "message_id": "jail-1",
        "sender": "test-jail",
        "agency": "CA0000001",
        "tracking_number": "A-1",
        "booking_number": "B-1",
        "booked_at": "2012-05-04T02:15:00-07:00",
        "subject": {"fingerprint_id": "F-1", "fbi_number": "N-1", "state_id": "S-1"},
        "charges": [CHARGE],
    },
    "conviction": {
        "message_id": "court-1",
        "sender": "test-court",
        "court": "Court 1",
        "docket_number": "D-1",
        "charge_id": "1",
        "decided_on": "2013-07-15",
        "severity": "misdemeanor",
        "convicted_of": {"scheme": "CA-VC", "code": "12500(a)"},
    },
    "dismissal": {
        "message_id": "court-2",
        "sender": "test-court",
        "charge_id": "1",
        "decided_on": "2013-07-15",
        "disposition": "nolle_prosequi",
    },
    "court_update": {
        "message_id": "court-3",
        "sender": "test-court",
        "charge_id": "1",
        "occurred_on": "2012-09-01",
        "entry": "continuance",
        "detail": "to October",
    },
    "amendment": {
        "message_id": "court-4",
        "sender": "test-court",
        "filed_on": "2012-06-01",
        "charge": CHARGE,
    },
    "subject_finding": {
        "message_id": "desk-1",
        "sender": "test-desk",
        "finding": "misidentified",
        "found_on": "2012-06-01",
        "source": "prints compared",
    },
    "correction": {
        "message_id": "court-5",
        "sender": "test-court",
        "corrects": "court-1",
        "corrects_sender": "test-court",
        "ground": "clerical_error",
        "corrected_on": "2013-08-01",
        "detail": "wrong docket",
        "replacement": {
            "message_id": "court-6",
            "sender": "test-court",
            "charge_id": "2",
            "decided_on": "2013-07-15",
        },
    },
    "record_update": {
        "message_id": "desk-2",
        "sender": "test-desk",
        "reported_on": "2013-09-01",
        "subject": {"fbi_number": "N-1"},
        "detail": "set aside in 2013",
    },
    "review_decision": {
        "message_id": "review-1",
        "sender": "test-desk",
        "charge_id": "1",
        "ruling": "minor_traffic",
        "reviewer": "reviewer-1",
        "reason": "as the statute says",
        "decided_on": "2012-06-02",
    },
}
NAMES = sorted(MESSAGES)


def changed(name: str, **fields: Any) -> str:
    return json.dumps(MESSAGES[name] | fields)


def with_charge(**fields: Any) -> str:
    return changed("booking", charges=[CHARGE | fields])


def reason(name: str, text: bytes | str) -> str:
    with pytest.raises(DoesNotFit) as refused:
        read_message(name, text)
    return str(refused.value)
