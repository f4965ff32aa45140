"""The embedded server of `conviction-gate up`: Temporal's development server and its processes."""
