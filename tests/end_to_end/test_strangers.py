"""A stranger with the `temporal` program: start, signal, signal-with-start with null, update, query."""

import asyncio
import json

import pytest

from tests.support.instance import Instance
from tests.support.sent_messages import a_booking

QUEUE = ("--type", "BookingCase", "--task-queue", "booking-cases")
STRICT = ("--id-reuse-policy", "RejectDuplicate", "--id-conflict-policy", "Fail")


def temporal(*words: str) -> tuple[str, ...]:
    return ("temporal", "workflow", *words)


@pytest.mark.timeout(180)
async def test_the_temporal_program_drives_cases(instance: Instance) -> None:
    await instance.up()
    one, two = "booking-case:CAZZ00200:K-1", "booking-case:CAZZ00200:K-2"

    await instance.run(*temporal("start", *QUEUE, "-w", one, *STRICT, "--input", json.dumps(a_booking("K-1"))))
    await instance.until(one, status="waiting_for_court")
    again = ("start", *QUEUE, "-w", one, *STRICT, "--fail-existing", "--input", json.dumps(a_booking("K-1")))
    assert "already" in await instance.run(*temporal(*again), code=1)

    # Temporal says that it succeeded; the case keeps it with the reason.
    for name, payload in (("conviction", '{"message_id": "x"}'), ("verdict", "{}"), ("dismissal", '"no"')):
        await instance.run(*temporal("signal", "-w", one, "--name", name, "--input", payload))
    await instance.run(*temporal("signal", "-w", one, "--name", "conviction"))
    shown = await instance.until(one, rejected_total=4)
    assert shown["status"] == "waiting_for_court"
    assert "charge_id: missing" in shown["rejected"][0]["reason"]

    good = {"message_id": "e-1", "charge_id": "1", "decided_on": "2013-07-15", "severity": "misdemeanor"}
    refused = json.dumps(good | {"type": "conviction", "decided_on": "soon"})
    update = temporal("update", "execute", "-w", one, "--name", "submit", "--input")
    assert "decided_on" in await instance.run(*update, refused, code=1)
    answer = await instance.run(*update, json.dumps(good | {"type": "conviction"}), "-o", "json")
    assert '"flagged"' in answer
    shown = await instance.until(one, status="flagged")
    assert shown["flag_status"] == "active"
    assert "already completed" in await instance.run(
        *temporal("signal", "-w", one, "--name", "conviction", "--input", json.dumps(good)), code=1
    )

    await instance.run(
        *temporal("signal-with-start", *QUEUE, "-w", two, "--id-reuse-policy", "RejectDuplicate"),
        *("--input", "null", "--signal-name", "dismissal", "--signal-input"),
        json.dumps(
            {"message_id": "e-2", "charge_id": "1", "decided_on": "2013-07-15", "disposition": "acquitted"}
        ),
    )
    await instance.until(two, status="awaiting_booking", messages_total=1, rejected_total=0)
    await instance.run(
        *temporal("signal", "-w", two, "--name", "booking", "--input", json.dumps(a_booking("K-2")))
    )
    await instance.until(two, status="cleared", rule="clear.no_conviction")
    queried = json.loads(await instance.run(*temporal("query", "-w", two, "--type", "case", "-o", "json")))
    assert "clear.no_conviction" in json.dumps(queried)

    # After the end: the conviction was a clerk's error, so its flag is withdrawn and stays on record.
    correction = {
        "message_id": "k-1",
        "corrects": "e-1",
        "ground": "clerical_error",
        "corrected_on": "2014-01-02",
    }
    case = {"agency": "CAZZ00200", "tracking_number": "K-1"}
    await instance.gate("send", "correction", "-", stdin=json.dumps(case | correction))
    while (flags := await instance.flags(one))[0]["status"] == "active":
        await asyncio.sleep(0.2)
    assert [flag["status"] for flag in flags] == ["withdrawn"]
    assert await instance.stop() == 0
