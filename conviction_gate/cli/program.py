"""The program `conviction-gate`: told to stop, it stops without a word, also while it is still loading."""

import signal

# Before the imports, which take a second. Who has something to end sets a handler of its own.
signal.signal(signal.SIGINT, signal.SIG_DFL)


def main() -> None:
    """Load the command line and run it."""
    from conviction_gate.cli.command_line import main

    main()
