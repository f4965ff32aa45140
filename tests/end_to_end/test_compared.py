"""Where nothing was restored, the server and the registry agree, whatever a command has just written."""

import json
from typing import Any

from tests.support.instance import COMPARED, Instance
from tests.support.reopening_messages import AGENCY, WHY, dismissal, named
from tests.support.sent_messages import a_booking, a_conviction


async def agree(instance: Instance) -> None:
    """Raises an `AssertionError` where `doctor --compare` or `reconcile` finds anything to do."""
    found = json.loads(await instance.gate("doctor", "--compare", "--json", code=None))
    levels = {one["check"]: one["level"] for one in found}
    assert {name: levels[name] for name in COMPARED} == dict.fromkeys(COMPARED, "ok"), found
    assert json.loads(await instance.gate("reconcile", "--json")) == []


async def test_they_agree_after_each_command_that_writes(instance: Instance) -> None:
    await instance.up()
    gate, case = instance.gate, f"booking-case:{AGENCY}:C-1"

    async def send(kind: str, text: str, status: str) -> None:
        await gate("send", kind, "-", stdin=text)
        await instance.until(case, status=status)
        await agree(instance)

    async def start(booking: dict[str, Any], status: str) -> None:
        await gate("start", "-", stdin=json.dumps(booking))
        await instance.until(f"booking-case:{AGENCY}:{booking['tracking_number']}", status=status)
        await agree(instance)

    await start(a_booking("C-1", agency=AGENCY), "waiting_for_court")
    await send("dismissal", dismissal("C-1", "d-1"), "cleared")
    await gate("reopen", case, *WHY)
    await agree(instance)
    await instance.until(case, status="waiting_for_court")
    await agree(instance)
    await send("dismissal", dismissal("C-1", "d-2", on="2014-02-03"), "cleared")
    await gate("reopen", case, *WHY)
    await send("conviction", named("C-1", **a_conviction("C-1", decided_on="2014-09-01")), "flagged")
    wrong = {"corrects": "court-C-1", "ground": "clerical_error", "corrected_on": "2014-10-01"}
    await gate("send", "correction", "-", stdin=named("C-1", message_id="k-1", **wrong))
    await instance.until(case, flag_status="withdrawn")
    await agree(instance)

    unclear = a_booking("C-2", agency=AGENCY)
    unclear["charges"][0] |= {"scheme": "NCIC", "code": "5499"}
    await start(unclear, "needs_review")
    reviewed = f"booking-case:{AGENCY}:C-2"
    await gate("review", "decide", reviewed, "minor_traffic", "--reason", "the citation", "--by", "r-7")
    await instance.until(reviewed, status="waiting_for_court")
    await agree(instance)
    assert await instance.stop() == 0
