"""Comparing the server with the registry after a restore of either."""
