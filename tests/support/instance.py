"""`conviction-gate up` in a process of its own, and the programs that strangers use."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from conviction_gate.devserver import processes
from conviction_gate.devserver.resources import free_port

BIN = Path(sys.executable).parent
COMPARED = ("lost writes", "outdated cases", "idle cases", "ended in the registry only")
"""What `doctor --compare` checks beyond `doctor`."""


@dataclass
class Instance:
    """A data folder with ports of its own, where `up` can be started, killed and started again."""

    data: Path
    port: int
    ui_port: int
    codec_port: int = field(default_factory=free_port)
    door_port: int = field(default_factory=free_port)
    process: Process | None = None

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "TEMPORAL_ADDRESS": f"127.0.0.1:{self.port}",
            "TEMPORAL_CONFIG_FILE": os.devnull,
            "CONVICTION_GATE_DATA": str(self.data),
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        }

    async def up(self, *options: str) -> str:
        """Start `up` and wait until it is ready; its lines until then, and those with its addresses."""
        ports = ["--port", str(self.port), "--ui-port", str(self.ui_port)]
        ports += ["--codec-port", str(self.codec_port), "--door-port", str(self.door_port)]
        # Tied to us, so that it does not live on where the tests are killed.
        self.process = await processes.spawn(
            str(BIN / "conviction-gate"),
            *("up", *ports, *options),
            env=self.environment,
            stdout=PIPE,
            stderr=None,
        )
        assert self.process.stdout is not None
        lines = [(await self.process.stdout.readline()).decode()]
        assert lines[0].startswith("ready:"), lines
        while lines[-1] and not lines[-1].startswith("  data folder"):
            lines.append((await self.process.stdout.readline()).decode())
        return "".join(lines)

    async def kill(self) -> None:
        """`kill -9` of `up` alone: its children have to follow by themselves."""
        assert self.process is not None
        self.process.kill()
        await self._gone()

    async def stop(self) -> int:
        """SIGTERM, as an operator stops it."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return await self._gone()

    async def _gone(self) -> int:
        assert self.process is not None
        await self.process.communicate()
        code = self.process.returncode
        assert code is not None
        self.process = None
        return code

    async def run(self, *command: str, stdin: str | None = None, code: int | None = 0) -> str:
        """Run a program; `code` None: any exit code will do. Returns what it printed."""
        program = await asyncio.create_subprocess_exec(
            *command,
            env=self.environment,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
        )
        out, err = await program.communicate((stdin or "").encode())
        said = out.decode() + err.decode()
        assert code is None or program.returncode == code, f"{command}: {program.returncode} {said}"
        return out.decode() if code == 0 else said

    def door(self, key: str | None = None) -> httpx.AsyncClient:
        """A client of the door, by default as the caller `local`."""
        key = key or (self.data / "door.key").read_text().strip()
        headers = {"Authorization": f"Bearer {key}"}
        address = f"http://127.0.0.1:{self.door_port}"
        return httpx.AsyncClient(base_url=address, headers=headers, trust_env=False, timeout=60)

    async def gate(self, *command: str, stdin: str | None = None, code: int | None = 0) -> str:
        """Run `conviction-gate`."""
        return await self.run("conviction-gate", *command, stdin=stdin, code=code)

    async def show(self, case_id: str) -> dict[str, Any]:
        """`conviction-gate show CASE --json`."""
        shown: dict[str, Any] = json.loads(await self.gate("show", case_id, "--json"))
        return shown

    async def until(self, case_id: str, **expected: Any) -> dict[str, Any]:
        """The case once these of its fields are so; the test's time-out is the limit."""
        while True:
            shown = await self.show(case_id)
            if all(shown[name] == value for name, value in expected.items()):
                return shown
            await asyncio.sleep(0.2)

    async def flags(self, case_id: str) -> list[dict[str, Any]]:
        """The flags of one case."""
        everything = json.loads(await self.gate("flags", "--json"))
        return [flag for flag in everything if flag["case_id"] == case_id]
