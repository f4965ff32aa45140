"""A sender of Conviction Gate in Python, with httpx.

    DOOR=http://127.0.0.1:8080 KEY=… python send.py AGENCY NUMBER

sends a booking twice and a conviction, then waits until the case is flagged.
"""

import os
import sys
import time
from typing import Any

import httpx

TRY_AGAIN = (408, 429, 503)


class Door:
    """Sends until there is an answer that counts: the same message again changes nothing."""

    def __init__(self, address: str, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._client = httpx.Client(base_url=address, headers=headers, timeout=60)

    def send(self, path: str, message: dict[str, Any]) -> httpx.Response:
        """The answer; raises `httpx.HTTPStatusError` where the message is at fault."""
        while True:
            try:
                answer = self._client.post(path, json=message)
            except httpx.TransportError:
                time.sleep(1)
                continue
            if answer.status_code not in TRY_AGAIN:
                return answer.raise_for_status()
            time.sleep(float(answer.headers.get("Retry-After", "1")))

    def changed_case(self, path: str, tag: str) -> tuple[dict[str, Any] | None, str]:
        """The case and its tag once it differs from `tag`; None where it does not for a while."""
        answer = self._client.get(path, params={"wait": 30}, headers={"If-None-Match": tag})
        return (answer.json() if answer.status_code == 200 else None), answer.headers.get("ETag", tag)


def main(agency: str, number: str) -> None:
    """One case, from its booking to its flag."""
    door = Door(os.environ.get("DOOR", "http://127.0.0.1:8080"), os.environ["KEY"])
    booking = {
        "message_id": f"jms-{number}",
        "agency": agency,
        "tracking_number": number,
        "booking_number": "B-1",
        "booked_at": "2012-05-04T02:15:00-07:00",
        "subject": {"fbi_number": f"F-{number}"},
        "charges": [{"charge_id": "1", "scheme": "CA-VC", "code": "12500(a)", "severity": "misdemeanor"}],
    }
    opened = door.send("/v1/bookings", booking)
    print("booking:", opened.status_code, opened.headers["Location"])
    print("booking again: duplicate", door.send("/v1/bookings", booking).json()["duplicate"])
    case = opened.headers["Location"]
    conviction = {"type": "conviction", "message_id": f"court-{number}", "charge_id": "1"}
    conviction |= {"decided_on": "2013-07-15", "severity": "misdemeanor"}
    print("conviction:", door.send(f"{case}/messages", conviction).json()["effect"])
    tag = ""
    while True:
        found, tag = door.changed_case(case, tag)
        if found is not None and found["status"] == "flagged":
            print(f"case: {found['status']}, {found['rule']}")
            return


if __name__ == "__main__":
    main(*sys.argv[1:])
