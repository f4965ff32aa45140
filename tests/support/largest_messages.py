"""Messages as large as the contract lets them be."""

from typing import Any

ID, TEXT = 128, 2000


def full_booking(letter: str = "x") -> dict[str, Any]:
    charge = {
        "scheme": letter * ID,
        "code": letter * ID,
        "description": letter * TEXT,
        "severity": "misdemeanor",
        "resulted_in_injury": False,
    }
    return {
        "message_id": letter * ID,
        "sender": letter * ID,
        "agency": "CAZZ00100",
        "tracking_number": "t" * 64,
        "booking_number": letter * ID,
        "booked_at": "2012-05-04T02:15:00.000000-07:00",
        "subject": {"fingerprint_id": letter * ID, "fbi_number": letter * ID, "state_id": letter * ID},
        "charges": [charge | {"charge_id": f"{n:0{ID}}"} for n in range(100)],
    }
