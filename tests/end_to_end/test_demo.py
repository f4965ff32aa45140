"""`make demo` as a person sees it: on a terminal of 80 columns, and without one."""

import asyncio
import fcntl
import os
import re
import signal
import struct
import termios
from asyncio.subprocess import DEVNULL, PIPE

import httpx

from tests.support.instance import BIN, Instance

END = "Ctrl-C ends the demo's server."


async def test_on_a_terminal_it_stays_until_ctrl_c_and_its_commands_can_be_copied(
    instance: Instance, encrypted: None
) -> None:
    terminal, inside = os.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
    process = await asyncio.create_subprocess_exec(
        str(BIN / "conviction-gate"),
        "demo",
        env={name: value for name, value in os.environ.items() if not name.startswith("CONVICTION")},
        stdin=inside,
        stdout=inside,
        stderr=inside,
        preexec_fn=os.setsid,
    )
    os.close(inside)
    shown = await read_until(END, terminal)
    lines = re.sub(r"\x1b\[[\d;]*m", "", shown).splitlines()
    assert max(map(len, lines)) <= 80
    assert sum(line.startswith("  DEMO-") for line in lines) == 15

    variable, *commands = lines[lines.index("In another terminal, to find this server and to ask it:") + 1 : -1]
    for command, expected in zip(
        commands, ("withdrawn", "DEMO-02", "DEMO-08", "/desk/enter?token="), strict=True
    ):
        said = await instance.run("env", "-u", "TEMPORAL_ADDRESS", "sh", "-ec", f"{variable}\n{command}")
        assert expected in said
    ui = next(line.strip() for line in lines if line.endswith("NeedsAttention=true"))
    async with httpx.AsyncClient() as http:
        assert (await http.get(ui)).status_code == 200

    process.send_signal(signal.SIGINT)
    await read_until("The demo's server has ended.", terminal)
    assert await process.wait() == 0
    os.close(terminal)


async def read_until(end: str, terminal: int) -> str:
    shown = ""
    while end not in shown:
        shown += (await asyncio.to_thread(os.read, terminal, 65536)).decode()
    return shown


async def test_without_a_terminal_it_says_that_its_server_has_ended(instance: Instance) -> None:
    process = await asyncio.create_subprocess_exec(
        str(BIN / "conviction-gate"), "demo", env=instance.environment, stdin=DEVNULL, stdout=PIPE, stderr=PIPE
    )
    out, err = await process.communicate()
    assert (process.returncode, err) == (0, b"")
    lines = out.decode().splitlines()
    assert lines[-1].startswith("The demo's server has ended.")
    assert "\x1b" not in out.decode()
    assert not [line for line in lines if "http://" in line]  # nothing answers there any more
