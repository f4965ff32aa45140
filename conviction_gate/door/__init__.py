"""The door: the HTTP API for systems without a Temporal client. It knows who speaks."""
