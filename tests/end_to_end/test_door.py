"""The door on a server, a worker and a registry: what a sender without a Temporal client sees."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.instance import Instance

AGENCY = "CAZZ01900"


def a_booking(number: str, **more: Any) -> dict[str, Any]:
    return {
        "message_id": f"jms-{number}",
        "agency": AGENCY,
        "tracking_number": number,
        "booking_number": f"B-{number}",
        "booked_at": "2012-05-04T02:15:00-07:00",
        "subject": {"fbi_number": f"F-door-{number}"},
        "charges": [{"charge_id": "1", "scheme": "CA-VC", "code": "12500(a)"}],
    } | more


def a_conviction(**more: Any) -> dict[str, Any]:
    body = {"type": "conviction", "message_id": "c-1", "charge_id": "1", "decided_on": "2013-07-15"}
    return body | {"severity": "misdemeanor"} | more


def place(number: str) -> str:
    return f"/v1/cases/{AGENCY}/{number}"


async def until(door: httpx.AsyncClient, number: str, **expected: Any) -> dict[str, Any]:
    """The case once these of its fields are so, by long poll; the test's time-out is the limit."""
    tag = ""
    while True:
        answer = await door.get(f"{place(number)}?wait=20", headers={"If-None-Match": tag})
        tag = answer.headers["etag"]
        if answer.status_code == 200:
            case: dict[str, Any] = answer.json()
            if all(case[name] == value for name, value in expected.items()):
                return case


async def test_from_a_booking_to_a_withdrawn_flag(shared_instance: Instance) -> None:
    async with shared_instance.door() as door:
        opened = await door.post("/v1/bookings", json=a_booking("D-1"))
        assert (opened.status_code, opened.headers["location"]) == (201, place("D-1"))
        again = await door.post("/v1/bookings", json=a_booking("D-1"))
        assert (again.status_code, again.json()["duplicate"]) == (200, True)
        other = await door.post("/v1/bookings", json=a_booking("D-1", booking_number="B-other"))
        assert other.status_code == 409
        case = await until(door, "D-1", status="waiting_for_court")
        assert [message["sender"] for message in case["messages"]] == ["local"]
        assert case == json.loads(await shared_instance.gate("show", f"{AGENCY}:D-1", "--json"))

        sent = await door.post(f"{place('D-1')}/messages", json=a_conviction())
        assert (sent.status_code, sent.json()["duplicate"]) == (200, False)
        await until(door, "D-1", status="flagged", flag_status="active", source="registry")
        flags = (await door.get(f"/v1/flags?agency={AGENCY}&limit=1000")).json()["flags"]
        assert [f["status"] for f in flags if f["tracking_number"] == "D-1"] == ["active"]
        assert (await door.post("/v1/bookings", json=a_booking("D-1"))).json()["status"] == "flagged"

        fix = {
            "type": "correction",
            "message_id": "fix-1",
            "corrects": "c-1",
            "ground": "clerical_error",
            "corrected_on": "2013-08-01",
        }
        corrected = await door.post(f"{place('D-1')}/messages", json=fix)
        assert (corrected.status_code, corrected.json()["status"]) == (202, None)
        again = await door.post(f"{place('D-1')}/messages", json=fix)
        assert again.status_code in (200, 202)
        await until(door, "D-1", flag_status="withdrawn", status="waiting_for_court")
        answer = await door.get(corrected.headers["location"])
        assert (answer.status_code, answer.json()["outcome"]) == (200, "withdrawn")
        text = (await door.get(f"{place('D-1')}/explanation")).json()["text"]
        assert "The flag was withdrawn" in text


async def test_a_court_message_comes_first(shared_instance: Instance) -> None:
    async with shared_instance.door() as door:
        early = {
            "type": "court_update",
            "message_id": "u-1",
            "occurred_on": "2013-07-15",
            "entry": "continuance",
        }
        sent = await door.post(f"{place('D-2')}/messages", json=early)
        assert (sent.status_code, sent.json()["status"]) == (200, "awaiting_booking")
        booked = await door.post("/v1/bookings", json=a_booking("D-2"))
        assert (booked.status_code, booked.json()["duplicate"]) == (200, False)
        await until(door, "D-2", status="waiting_for_court", messages_total=2)


async def test_a_cleared_case_is_gone_for_messages_and_a_person_reopens_it(shared_instance: Instance) -> None:
    async with shared_instance.door() as door:
        await door.post("/v1/bookings", json=a_booking("D-3"))
        end = {"type": "dismissal", "message_id": "d-1", "decided_on": "2013-07-15", "disposition": "dismissed"}
        assert (await door.post(f"{place('D-3')}/messages", json=end)).status_code == 200
        await until(door, "D-3", status="cleared", source="registry")
        late = await door.post(f"{place('D-3')}/messages", json=a_conviction())
        assert (late.status_code, late.json()["outcome"]) == (410, "cleared")
        other = await door.post("/v1/bookings", json=a_booking("D-3", message_id="jms-D-3b"))
        assert (other.status_code, other.json()["rule"]) == (410, "clear.no_conviction")

        reopened = await door.post(f"{place('D-3')}/reopenings", json={"reason": "refiled"})
        assert reopened.status_code == 200
        case = await until(door, "D-3", status="waiting_for_court")
        assert (case["reopened"]["by"], case["reopened"]["reason"]) == ("local", "refiled")
        assert (await door.post(f"{place('D-3')}/reopenings", json={"reason": "refiled"})).status_code == 409


async def test_a_person_rules(shared_instance: Instance) -> None:
    unclear = [{"charge_id": "1", "scheme": "NCIC", "code": "5499"}]
    async with shared_instance.door() as door:
        await door.post("/v1/bookings", json=a_booking("D-4", charges=unclear))
        await until(door, "D-4", status="needs_review")
        reviews = (await door.get(f"/v1/reviews?agency={AGENCY}")).json()["reviews"]
        (question,) = next(one["questions"] for one in reviews if one["case_id"].endswith(":D-4"))
        assert "minor_traffic" in question["answers"]
        rulings, body = f"{place('D-4')}/rulings", {"message_id": "r-1", "reason": "read the citation"}
        wrong = await door.post(rulings, json=body | {"ruling": "conviction"})
        assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/ruling")
        right = body | {"ruling": "minor_traffic"}
        ruled = await door.post(rulings, json=right)
        assert (ruled.status_code, ruled.json()["duplicate"]) == (200, False)
        assert "by local" in ruled.json()["effect"]
        again = await door.post(rulings, json=right)
        assert (again.status_code, again.json()["duplicate"]) == (200, True)
        await until(door, "D-4", status="waiting_for_court")
        assert (await door.post(rulings, json=right | {"message_id": "r-2"})).status_code == 409


async def test_the_list_has_pages(shared_instance: Instance) -> None:
    async with shared_instance.door() as door:
        for number in ("D-5", "D-6"):
            assert (await door.post("/v1/bookings", json=a_booking(number))).status_code == 201
            await until(door, number, status="waiting_for_court")
        while True:  # the server's list is a little behind
            first = (await door.get(f"/v1/cases?agency={AGENCY}&status=waiting_for_court&limit=1")).json()
            if first["total"] >= 2:
                break
            await asyncio.sleep(0.1)
        asked = f"agency={AGENCY}&status=waiting_for_court&limit=1&page={first['next']}"
        second = (await door.get(f"/v1/cases?{asked}")).json()
        assert first["cases"][0]["case_id"] != second["cases"][0]["case_id"]
        assert (await door.get(f"/v1/cases?agency={AGENCY}&page={first['next']}")).status_code == 422


async def test_a_caller_is_made_and_sees_its_own_agencies_alone(shared_instance: Instance) -> None:
    made = ["callers", "new", "county", "--agency", "TXZZ", "--may", "read", "--may", "booking"]
    key = (await shared_instance.gate(*made)).strip()
    listed = json.loads(await shared_instance.gate("callers", "list", "--json"))
    assert [(one["name"], one["by"]) for one in listed] == [("local", ["key"]), ("county", ["key"])]
    assert key not in str(listed)
    assert "2 callers" in await shared_instance.gate("callers", "check")
    async with shared_instance.door() as door, shared_instance.door(key) as county:
        while (await county.get("/v1/charges/CA-VC/12500(a)")).status_code == 401:  # the file is read again
            await asyncio.sleep(0.1)
        await door.post("/v1/bookings", json=a_booking("D-7"))
        await until(door, "D-7", status="waiting_for_court")
        assert (await county.get(place("D-7"))).status_code == 404
        assert (await county.post("/v1/bookings", json=a_booking("D-8"))).status_code == 404
        assert (await county.get("/v1/cases")).json()["cases"] == []
        assert (await door.get(place("D-8"))).status_code == 404


async def test_without_a_worker_everything_is_recorded(instance: Instance) -> None:
    await instance.up("--no-worker")
    async with instance.door() as door:
        assert (await door.post("/v1/bookings", json=a_booking("D-1"))).status_code == 201
        sent = await door.post(f"{place('D-1')}/messages", json=a_conviction())
        assert (sent.status_code, sent.json()["status"]) == (202, None)
        assert (await door.get("/readyz")).status_code == 200
    await instance.stop()
    await instance.up()
    async with instance.door() as door:
        case = await until(door, "D-1", status="flagged")
        assert case["messages_total"] == 2
    await instance.stop()


async def test_serve_refuses_to_start_without_callers(instance: Instance) -> None:
    said = await instance.gate("serve", "--port", str(instance.door_port), code=2)
    assert "CONVICTION_GATE_CALLERS" in said
    assert "callers new NAME" in said


@pytest.mark.parametrize("option", ["--key", "--certificate"])
async def test_serve_refuses_half_of_a_certificate(instance: Instance, option: str) -> None:
    await instance.gate("callers", "new", "jail", "--agency", "*", "--may", "*")
    said = await instance.gate("serve", "--port", str(instance.door_port), option, "nowhere.pem", code=2)
    assert option in said


EXAMPLES = Path(__file__).parents[2] / "examples" / "door"


@pytest.mark.parametrize("command", [("sh", "send.sh"), (sys.executable, "send.py")], ids=["curl", "python"])
async def test_the_examples_flag_a_case(shared_instance: Instance, command: tuple[str, str]) -> None:
    program, script = command
    number = f"E-{script.replace('.', '-')}"
    key = (shared_instance.data / "door.key").read_text().strip()
    where = [f"DOOR=http://127.0.0.1:{shared_instance.door_port}", f"KEY={key}"]
    said = await shared_instance.run("env", *where, program, str(EXAMPLES / script), AGENCY, number)
    assert "flagged" in said
    async with shared_instance.door() as door:
        await until(door, number, status="flagged", source="registry", messages_total=2)


async def test_many_messages_a_line_each(shared_instance: Instance) -> None:
    numbers = [f"M-{number}" for number in range(30)]
    lines = [json.dumps({"type": "booking", **a_booking(number)}) for number in numbers]
    named = {"agency": AGENCY, "tracking_number": "M-0"}
    lines += [json.dumps({**named, **a_conviction(severity="x")}), json.dumps({**named, **a_conviction()})]
    again = {"type": "court_update", "message_id": "u-1", "agency": AGENCY, "tracking_number": "M-1"}
    lines += [
        json.dumps({**again, "occurred_on": day, "entry": "continuance"})
        for day in ("2012-06-01", "2012-07-01")
    ]
    headers = {"Content-Type": "application/x-ndjson"}
    async with shared_instance.door() as door:
        for expected in ("accepted", "duplicate"):
            answer = await door.post("/v1/messages", content="\n".join(lines), headers=headers)
            *sent, end = map(json.loads, answer.text.splitlines())
            assert [line["status"] for line in sent][:30] == [expected] * 30
            assert (sent[30]["status"], sent[30]["errors"][0]["pointer"]) == ("refused", "/severity")
            assert [line["status"] for line in sent][31:] == [expected, expected, "refused"]
            assert sent[33]["errors"][0]["pointer"] == "/message_id"
            assert (end["summary"]["complete"], end["summary"]["refused"]) == (True, 2)
            await until(door, "M-0", status="flagged", source="registry", messages_total=2)
            await until(door, "M-1", messages_total=2, rejected_total=0)
