"""A command whose reader goes away, or that is stopped while it loads, ends without a traceback."""

import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, create_subprocess_exec
from collections.abc import Iterator

import pytest

from tests.support.instance import Instance
from tests.support.sent_messages import a_booking

AGENCY = "CAZZ00314"
CASE = f"{AGENCY}:Q-1"


@pytest.fixture
def unread() -> Iterator[int]:
    """A pipe whose reader is gone, as after `| head -1`."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@pytest.mark.parametrize("options", [(), ("--json",)])
async def test_a_file_whose_answers_nobody_reads_says_where_it_stopped(
    shared_instance: Instance, unread: int, options: tuple[str, ...]
) -> None:
    lines = "\n".join(json.dumps(a_booking(f"Q-{n}", agency=AGENCY)) for n in range(3))
    outcome = await ended(
        shared_instance, "conviction-gate", "start", "-", *options, stdout=unread, stdin=lines
    )
    assert outcome == (
        128 + signal.SIGPIPE,
        "stopped at line 1: its output was closed; "
        "run the same command again: what arrived already changes nothing\n",
    )


@pytest.mark.parametrize(
    ("command", "at_once"),
    [
        *((command, "") for command in ("list", "flags", "doctor")),
        *((f"{command} --json", "") for command in ("list", "doctor", f"show {CASE}", f"explain {CASE}")),
        *((f"{command} --json", "1") for command in ("list", f"show {CASE}")),
    ],
)
async def test_what_nobody_reads_ends_quietly(
    shared_instance: Instance, unread: int, command: str, at_once: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", at_once)  # as what is long is written
    if CASE in command:
        await shared_instance.gate("start", "-", stdin=json.dumps(a_booking("Q-1", agency=AGENCY)))
    if command == "flags":  # without a flag it prints nothing there
        theft = {"charge_id": "1", "scheme": "NCIC", "code": "2399"}
        booked = a_booking("Q-9", agency=AGENCY, charges=[theft])
        await shared_instance.gate("start", "-", stdin=json.dumps(booked))
        await shared_instance.until(f"booking-case:{AGENCY}:Q-9", status="flagged")
    outcome = await ended(shared_instance, "conviction-gate", *command.split(), stdout=unread)
    assert outcome == (128 + signal.SIGPIPE, "")


async def test_told_to_stop_while_it_loads_it_ends_without_a_word(shared_instance: Instance) -> None:
    interrupted = "import os; from conviction_gate.cli import program; os.kill(os.getpid(), 2); program.main()"
    assert await ended(shared_instance, sys.executable, "-c", interrupted, stdout=PIPE) == (-signal.SIGINT, "")


async def ended(instance: Instance, *command: str, stdout: int, stdin: str = "") -> tuple[int | None, str]:
    """A command's exit code, and what it said on stderr."""
    process = await create_subprocess_exec(
        *command, env=instance.environment, stdin=PIPE, stdout=stdout, stderr=PIPE
    )
    _, said = await process.communicate(stdin.encode())
    return process.returncode, said.decode()
