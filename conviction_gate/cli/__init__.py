"""The command line `conviction-gate`."""
