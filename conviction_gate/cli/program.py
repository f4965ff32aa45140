"""The program `conviction-gate`. Ctrl-C ends it without a traceback, even while it is loading."""

import signal

# Before the imports, which take a second. A command that has something to finish sets its own handler.
signal.signal(signal.SIGINT, signal.SIG_DFL)


def main() -> None:
    """Load the command line and run it."""
    from conviction_gate.cli.command_line import main

    main()
