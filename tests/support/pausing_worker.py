"""A worker that stops between a side effect and its report, until the file that says so is gone.

    python -m tests.support.pausing_worker FOLDER flag:T-1 clear:T-2 …

Once the registry has committed that write for the case of that tracking number, for the first time, it makes
the file FOLDER/flag:T-1. Whoever finds it may kill the worker there.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import worker
from conviction_gate.registry import Registry


def pausing(folder: Path, pauses: set[str], write: str) -> None:
    """Let a write of the registry pause after its commit."""
    committed = getattr(Registry, write)

    async def paused(registry: Registry, asked: Any, *more: Any) -> Any:
        answer = await committed(registry, asked, *more)
        named = f"{write}:{tracking_number(asked)}"
        if named in pauses:
            pauses.remove(named)
            (folder / named).touch()
            while (folder / named).exists():
                await asyncio.sleep(0.02)
        return answer

    setattr(Registry, write, paused)


def tracking_number(asked: Any) -> str:
    conclusion = getattr(asked, "conclusion", asked)
    case = conclusion.case if hasattr(conclusion, "case") else None
    return str(case.tracking_number if case else json.loads(asked.payload)["tracking_number"])


if __name__ == "__main__":
    place, *pauses = sys.argv[1:]
    for write in ("flag", "clear", "withdraw", "correct"):
        pausing(Path(place), set(pauses), write)
    sys.exit(worker.main())
