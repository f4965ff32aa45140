"""Cases that wait, with messages in flight, while everything is killed and started again."""

import asyncio
import json

import pytest

from tests.end_to_end.conftest import House


def a_booking(number: int) -> dict[str, object]:
    return {
        "message_id": f"b-{number}",
        "agency": "CAZZ00100",
        "tracking_number": f"K-{number}",
        "booking_number": f"B-{number}",
        "booked_at": "2012-05-14T08:00:00+00:00",
        "subject": {"fbi_number": f"F-{number}"},
        "charges": [{"charge_id": "1", "scheme": "CA-VC", "code": "12500(a)"}],
    }


def an_end(number: int) -> dict[str, object]:
    told = {
        "agency": "CAZZ00100",
        "tracking_number": f"K-{number}",
        "charge_id": "1",
        "decided_on": "2013-07-15",
        "message_id": f"e-{number}",
    }
    if number % 2:
        return told | {"type": "conviction", "severity": "misdemeanor"}
    return told | {"type": "dismissal", "disposition": "dismissed"}


def lines(items: list[dict[str, object]]) -> str:
    return "\n".join(map(json.dumps, items))


@pytest.mark.timeout(240)
async def test_nothing_is_lost_or_doubled_when_everything_is_killed_three_times(house: House) -> None:
    batch = 10
    for life in range(3):
        await house.up()
        numbers = range(life * batch, (life + 1) * batch)
        await house.gate("start", "-", stdin=lines([a_booking(n) for n in numbers]))
        ends = [an_end(n) for n in range(max(0, life - 1) * batch, life * batch)]
        convictions = [end for end in ends if end["type"] == "conviction"]
        dismissals = [end for end in ends if end["type"] == "dismissal"]
        in_flight = [
            asyncio.create_task(house.gate("send", str(kind[0]["type"]), "-", stdin=lines(kind), code=None))
            for kind in (convictions, dismissals)
            if kind
        ]
        await asyncio.sleep(0.5)  # somewhere among the starts and signals
        await house.kill()
        await asyncio.gather(*in_flight)

    await house.up()
    everything = range(3 * batch)
    await house.gate("start", "-", stdin=lines([a_booking(n) for n in everything]), code=None)
    for kind in ("conviction", "dismissal"):
        ends = [end for n in everything if (end := an_end(n))["type"] == kind]
        await house.gate("send", kind, "-", stdin=lines(ends), code=None)
    flagged = {f"booking-case:CAZZ00100:K-{n}" for n in everything if n % 2}
    while True:
        listed = {c["case_id"]: c["status"] for c in json.loads(await house.gate("list", "--json"))}
        done = {case_id for case_id, status in listed.items() if status in ("flagged", "cleared")}
        if len(done) == len(everything):
            break
        await asyncio.sleep(0.5)
    assert {case_id for case_id, status in listed.items() if status == "flagged"} == flagged
    flags = json.loads(await house.gate("flags", "--json"))
    assert sorted(flag["case_id"] for flag in flags) == sorted(flagged)
    assert await house.stop() == 0
