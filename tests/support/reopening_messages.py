"""Messages to cases that end and are reopened."""

import json
from typing import Any

AGENCY = "CAZZ00312"
WHY = ("--reason", "refiled as 14CR-7", "--by", "clerk-7")


def named(number: str, **fields: Any) -> str:
    return json.dumps({"agency": AGENCY, "tracking_number": number} | fields)


def dismissal(number: str, message_id: str, on: str = "2013-07-15") -> str:
    return named(number, message_id=message_id, charge_id="1", decided_on=on, disposition="dismissed")
