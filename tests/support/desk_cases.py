"""More cases beside those of web_ui.py: cleared ones, one with a rejected message, one more in review."""

import json

from tests.support.instance import Instance
from tests.support.web_ui import AGENCY, booking, lines

CLEARED, REJECTED, ALSO_IN_REVIEW, ALSO_CLEARED = (
    f"booking-case:{AGENCY}:{number}" for number in ("A-4", "A-5", "A-6", "A-7")
)


async def add_cases(instance: Instance) -> None:
    """They stand when this returns."""
    numbers = {"A-4": "12500(a)", "A-5": "12500(a)", "A-6": "99999", "A-7": "12500(a)"}
    await instance.gate(
        "history", "import", "-", stdin=lines(*({"subject": {"fbi_number": f"F-{n}"}} for n in numbers))
    )
    await instance.gate("start", "-", stdin=lines(*(booking(n, code) for n, code in numbers.items())))
    for case in (CLEARED, REJECTED, ALSO_CLEARED):
        await instance.until(case, status="waiting_for_court")
    await instance.until(ALSO_IN_REVIEW, status="needs_review")
    dismissal = {"type": "dismissal", "agency": AGENCY, "charge_id": "1", "decided_on": "2012-06-01"}
    dismissal |= {"disposition": "dismissed", "sender": "superior-court"}
    ended = [dismissal | {"message_id": f"d-{n}", "tracking_number": n} for n in ("A-4", "A-7")]
    await instance.gate("send", "-", stdin=lines(*ended))
    misfit = json.dumps({"message_id": "court-9", "charge_id": "1", "decided_on": "soon"})
    await instance.run(
        *("temporal", "workflow", "signal", "-w", REJECTED, "--name", "conviction", "--input", misfit)
    )
    for case in (CLEARED, ALSO_CLEARED):
        await instance.until(case, status="cleared")
    await instance.until(REJECTED, rejected_total=1)
