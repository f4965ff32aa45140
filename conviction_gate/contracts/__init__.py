"""The messages on the wire, their ids, and every name that a sender depends on."""
