"""The connection to the Temporal server, its search attributes, and the workflow sandbox."""
