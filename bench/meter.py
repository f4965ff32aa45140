"""CPU seconds and memory of processes, from Linux."""

import os
from collections.abc import Mapping
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and of its children that have ended."""
    # The second field, a name in brackets, may hold blanks; times are the fields 14 to 17.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / _TICKS


def memory_mib(pid: int) -> float:
    """Resident memory, MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(f"process {pid} has ended")


class Meter:
    """CPU seconds by role from now on; the driver is this process."""

    def __init__(self, **pids: int) -> None:
        self._pids = {**pids, "driver": os.getpid()}
        self._before = self._now()

    def spent(self) -> Mapping[str, float]:
        """CPU seconds of each role since the meter was made, and `all` of them."""
        spent = {role: now - self._before[role] for role, now in self._now().items()}
        return spent | {"all": sum(spent.values())}

    def _now(self) -> dict[str, float]:
        return {role: cpu_seconds(pid) for role, pid in self._pids.items()}
