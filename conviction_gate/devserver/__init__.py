"""The embedded server: Temporal's development server with its worker and codec server, as child processes."""
