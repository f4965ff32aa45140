"""Files of many messages: interrupted, refused in part, sent twice, longer than memory."""

import asyncio
import json
import re
import shlex
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from typing import Any

import psutil
import pytest
from temporalio.client import Client

from tests.support.instance import BIN, Instance
from tests.support.sent_messages import a_booking, a_conviction


def bookings(agency: str, count: int) -> list[dict[str, Any]]:
    return [a_booking(f"B-{n}", agency=agency) for n in range(count)]


def write(path: Path, items: list[dict[str, Any]], *more: str) -> str:
    path.write_text("".join(f"{line}\n" for line in (*map(json.dumps, items), *more)))
    return str(path)


def lines_of(path: Path) -> list[str]:
    return path.read_text().splitlines()


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def begin(instance: Instance, *words: str, **pipes: Any) -> Process:
    """Start the command and leave it running."""
    return await asyncio.create_subprocess_exec(
        str(BIN / "conviction-gate"), *words, env=instance.environment, **pipes
    )


async def signals(instance: Instance, agency: str, count: int) -> dict[str, int]:
    """Signals in each case's history, once so many cases wait for the court."""
    server = await Client.connect(instance.environment["TEMPORAL_ADDRESS"])
    query = f"Agency = '{agency}'"
    while (await server.count_workflows(f"{query} AND CaseStatus = 'waiting_for_court'")).count < count:
        await asyncio.sleep(0.2)
    found = [case.id async for case in server.list_workflows(query)]
    assert len(found) == len(set(found)) == count
    histories = await asyncio.gather(
        *(server.get_workflow_handle(case_id).fetch_history() for case_id in found)
    )
    return {
        history.workflow_id: sum(
            event.HasField("workflow_execution_signaled_event_attributes") for event in history.events
        )
        for history in histories
    }


@pytest.mark.timeout(240)
async def test_an_interrupted_file_is_run_again_and_every_case_is_there_once(
    shared_instance: Instance, tmp_path: Path
) -> None:
    file = write(tmp_path / "bookings.jsonl", bookings("CAZZ00301", 200))
    program = await begin(shared_instance, "start", file, "--json", stdout=PIPE, stderr=PIPE)
    assert program.stdout is not None
    before = b"".join([await program.stdout.readline() for _ in range(50)])
    program.send_signal(signal.SIGINT)
    out, err = await program.communicate()
    assert program.returncode == 130
    arrived = json.loads(before + out)
    assert 50 <= len(arrived) < 200
    assert {one["status"] for one in arrived} == {"accepted"}
    assert b"stopped a" in err
    assert b"what arrived already changes nothing" in err

    again = await shared_instance.gate("start", file)
    known = len(arrived)
    assert f"{200 - known} accepted, {known} duplicate, 0 closed, 0 refused" in again
    assert set((await signals(shared_instance, "CAZZ00301", 200)).values()) == {0}
    third = await shared_instance.gate("start", file)
    assert "0 accepted, 200 duplicate, 0 closed, 0 refused\nnothing changed" in third
    assert set((await signals(shared_instance, "CAZZ00301", 200)).values()) == {0}


async def test_refused_lines_are_corrected_and_sent_again(shared_instance: Instance, tmp_path: Path) -> None:
    agency = "CAZZ00302"
    given = bookings(agency, 30)
    given[7]["booked_at"] = "yesterday"
    given[20].pop("subject")
    file = write(tmp_path / "bookings.jsonl", given, "no booking")
    said = await shared_instance.gate("start", file, code=1)
    assert "28 accepted, 0 duplicate, 0 closed, 3 refused" in said
    assert "line 8: refused: booked_at: " in said
    kept = tmp_path / "bookings.refused.jsonl"
    assert lines_of(kept) == [json.dumps(given[7]), json.dumps(given[20]), "no booking"]

    command = re.search(f"then: (conviction-gate .*{kept.name})", said)
    assert command is not None
    write(kept, [item for n, item in enumerate(bookings(agency, 30)) if n in (7, 20)])
    assert "2 accepted, 0 duplicate" in await shared_instance.run(*shlex.split(command[1]))
    await signals(shared_instance, agency, 30)
    assert names_in(tmp_path) == {"bookings.jsonl", kept.name}


async def test_a_mixed_file_is_sent_and_sent_again(shared_instance: Instance, tmp_path: Path) -> None:
    agency = "CAZZ00303"
    address = {"agency": agency, "tracking_number": "B-0"}
    update = {"occurred_on": "2012-06-20", "entry": "continuance", "type": "court_update"}
    mixed = [
        update | address | {"message_id": "before"},
        {"type": "booking"} | bookings(agency, 1)[0],
        *(update | address | {"message_id": f"u-{n}"} for n in range(60)),
    ]
    file = write(tmp_path / "mixed.jsonl", mixed)
    assert "62 accepted, 0 duplicate" in await shared_instance.gate("send", file)
    assert "0 accepted, 62 duplicate, 0 closed, 0 refused\nnothing changed" in await shared_instance.gate(
        "send", file
    )
    assert await signals(shared_instance, agency, 1) == {f"booking-case:{agency}:B-0": 62}

    end = {"type": "conviction", **address} | a_conviction("B-0", severity="misdemeanor")
    late = update | address | {"message_id": "late"}
    nameless = {"message_id": "x"}
    file = write(tmp_path / "end.jsonl", [end])
    assert "accepted" in await shared_instance.gate("send", file)
    await shared_instance.until(f"booking-case:{agency}:B-0", status="flagged", flag_status="active")
    file = write(tmp_path / "late.jsonl", [end, late, nameless])
    said = await shared_instance.gate("send", file, code=1)
    assert "1 accepted, 1 duplicate, 0 closed, 1 refused" in said
    assert lines_of(tmp_path / "late.refused.jsonl") == [json.dumps(nameless)]


async def test_refused_lines_that_cannot_be_kept_end_the_command(
    shared_instance: Instance, tmp_path: Path
) -> None:
    file = write(tmp_path / "x.jsonl", [{"message_id": "1"}])
    assert "refused" in await shared_instance.gate("start", file, code=1)
    assert names_in(tmp_path) == {"x.jsonl"}
    nowhere = str(tmp_path / "none" / "x.refused")
    said = await shared_instance.gate("start", file, "--refused", nowhere, code=2)
    assert "name another file with --refused" in said
    asked = tmp_path / "asked.jsonl"
    write(asked, [], "corrected, and not sent yet")
    await shared_instance.gate("start", "-", "--refused", str(asked), stdin='{"message_id": "1"}', code=1)
    assert lines_of(asked) == ['{"message_id": "1"}']
    assert lines_of(tmp_path / "asked.jsonl~") == ["corrected, and not sent yet"]


@pytest.mark.timeout(240)
async def test_a_file_larger_than_the_memory_it_may_take(shared_instance: Instance) -> None:
    program = await begin(shared_instance, "start", "-", stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
    assert program.stdin is not None
    lines = (b"x" * 16_000 + b"\n") * 80
    program.stdin.write(b'{"message_id": "1"}\n')
    most = 0
    for _ in range(250):
        program.stdin.write(lines)
        await program.stdin.drain()
        most = max(most, psutil.Process(program.pid).memory_info().rss)
    program.stdin.close()
    out, _ = await program.communicate()
    assert b"20,001 refused" in out
    assert most < 200_000_000 < 250 * len(lines)
