"""A case that has ended is shown without a server; one that has not, is not."""

import json

from tests.support.instance import Instance
from tests.support.sent_messages import a_booking

AGENCY = "CAZZ00717"
DISMISSAL = {"message_id": "d-1", "decided_on": "2012-07-15", "disposition": "dismissed"}


async def test_only_a_closed_case_needs_no_server(instance: Instance) -> None:
    await instance.up()
    bookings = [a_booking(number, agency=AGENCY) for number in ("E-1", "E-2")]
    await instance.gate("start", "-", stdin="\n".join(map(json.dumps, bookings)))
    dismissal = DISMISSAL | {"agency": AGENCY, "tracking_number": "E-1"}
    await instance.gate("send", "dismissal", "-", stdin=json.dumps(dismissal))
    await instance.until(f"booking-case:{AGENCY}:E-1", status="cleared")
    await instance.until(f"booking-case:{AGENCY}:E-2", status="waiting_for_court")
    await instance.stop()
    assert (await instance.show(f"{AGENCY}:E-1"))["source"] == "registry"
    assert "The charges" in await instance.gate("explain", f"{AGENCY}:E-1")
    assert "no Temporal server answers" in await instance.gate("show", f"{AGENCY}:E-2", code=2)
