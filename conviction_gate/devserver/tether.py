"""`tether.py PARENT_PID COMMAND…`: becomes COMMAND, and dies when its parent does, even by SIGKILL.

On Linux the kernel does it (the parent-death signal survives exec); elsewhere COMMAND just runs.
Started by file and not as a module, and importing next to nothing, for speed.
"""

import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    if sys.platform == "linux":
        import ctypes

        if ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) != 0:
            sys.exit("tether: the kernel refuses the parent-death signal")
    if os.getppid() != parent:  # it died before we were tethered to it
        sys.exit(1)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"tether: {command[0]} cannot be run: {error.strerror}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
