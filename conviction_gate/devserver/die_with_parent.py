"""`die_with_parent.py PARENT_PID COMMAND…`: becomes COMMAND, which dies with its parent, even by SIGKILL.

On Linux the kernel does that: the parent-death signal survives exec. Elsewhere COMMAND just runs. Started as a
file and not as a module, and with few imports, for speed.
"""

import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    if sys.platform == "linux":
        import ctypes

        if ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) != 0:
            sys.exit("die_with_parent: the kernel refuses the parent-death signal")
    if os.getppid() != parent:  # it died before the signal was set
        sys.exit(1)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"die_with_parent: {command[0]} cannot be run: {error.strerror}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
