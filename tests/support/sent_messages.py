"""Messages as the command line and other programs send them: JSON objects for a case of a number."""

from typing import Any

AGENCY = "CAZZ00200"


def a_booking(number: str, **more: Any) -> dict[str, Any]:
    return {
        "message_id": f"jms-{number}",
        "agency": AGENCY,
        "tracking_number": number,
        "booking_number": f"B-{number}",
        "booked_at": "2012-05-04T02:15:00-07:00",
        "subject": {"fbi_number": f"F-{number}"},
        "charges": [{"charge_id": "1", "scheme": "CA-VC", "code": "12500(a)", "description": "no license"}],
    } | more


def a_conviction(number: str, **more: Any) -> dict[str, Any]:
    return {
        "message_id": f"court-{number}",
        "charge_id": "1",
        "decided_on": "2013-07-15",
        "severity": "misdemeanor",
    } | more
