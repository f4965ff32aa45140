"""`conviction-gate reopen`: a person opens a cleared case again, and only a person."""

import json

import pytest

from conviction_gate.contracts.internal.permits import NOT_A_REOPENER
from tests.support.instance import Instance
from tests.support.reopening_messages import AGENCY, WHY, dismissal, named
from tests.support.sent_messages import a_booking, a_conviction


async def test_a_cleared_case_is_opened_again_and_convicted(shared_instance: Instance) -> None:
    gate, case = shared_instance.gate, f"booking-case:{AGENCY}:R-1"
    booked = json.dumps(a_booking("R-1", agency=AGENCY))
    await gate("start", "-", stdin=booked)
    await shared_instance.until(case, status="waiting_for_court")
    said = await gate("reopen", case, *WHY, code=1)
    assert f"{case} is open already; send it the court's messages" in said
    await gate("send", "dismissal", "-", stdin=dismissal("R-1", "d-1"))
    await shared_instance.until(case, status="cleared")
    late = named("R-1", **a_conviction("R-1"))
    assert "closed" in await gate("send", "conviction", "-", stdin=late, code=1)

    assert f"{AGENCY}:R-1 is reopened" in await gate("reopen", f"{AGENCY}:R-1", *WHY)
    shown = await shared_instance.until(case, status="waiting_for_court")
    assert shown["reopened"]["by"] == "clerk-7"
    assert [message["message_id"] for message in shown["messages"]] == ["jms-R-1", "d-1"]
    assert "by clerk-7: refiled as 14CR-7" in await gate("show", case)
    assert "is open" in await gate("reopen", case, *WHY, code=1)
    assert "duplicate" in await gate("start", "-", stdin=booked)
    await gate("send", "dismissal", "-", stdin=dismissal("R-1", "d-1"))
    assert (await shared_instance.show(case))["status"] == "waiting_for_court"

    await gate("send", "conviction", "-", stdin=late)
    await shared_instance.until(case, status="flagged")
    assert [flag["status"] for flag in await shared_instance.flags(case)] == ["active"]
    assert "its flag stands" in await gate("reopen", case, *WHY, code=1)
    # Both runs are listed, and the one of the clearance says that it is not the last word.
    expected = {f"{AGENCY}:R-1\tcleared (reopened)", f"{AGENCY}:R-1\tflagged"}
    listed: set[str] = set()
    while listed != expected:  # the list follows the cases after a moment
        lines = (await gate("list", "--agency", AGENCY)).splitlines()
        listed = {"\t".join(line.split("\t")[:2]) for line in lines if ":R-1\t" in line}


async def test_whoever_may_not_reopen_a_case_is_told_so(
    shared_instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, case = shared_instance.gate, f"booking-case:{AGENCY}:R-2"
    await gate("start", "-", stdin=json.dumps(a_booking("R-2", agency=AGENCY)))
    await gate("send", "dismissal", "-", stdin=dismissal("R-2", "d-1"))
    await shared_instance.until(case, status="cleared")
    monkeypatch.setenv("CONVICTION_GATE_REOPENERS", "clerk-9,clerk-8")
    assert f"error: {NOT_A_REOPENER}" in await gate("reopen", case, *WHY, code=1)
    assert (await shared_instance.show(case))["reopened"] is None
    await gate("reopen", case, "--reason", "refiled as 14CR-8", "--by", "clerk-8")
    assert "clerk-8" in await gate("explain", case)


async def test_what_cannot_be_reopened_says_why(shared_instance: Instance) -> None:
    gate = shared_instance.gate
    assert "the registry has no end of it" in await gate("reopen", f"{AGENCY}:R-9", *WHY, code=1)
    assert "CASE: 'R-9' is not a case; write" in await gate("reopen", "R-9", *WHY, code=2)
    empty = await gate("reopen", f"{AGENCY}:R-9", "--reason", " ", "--by", "clerk-7", code=2)
    assert "--reason: empty; say why" in empty
    nobody = await gate("reopen", f"{AGENCY}:R-9", "--reason", "refiled", "--by", "", code=2)
    assert "--by: empty; fill it in" in nobody
