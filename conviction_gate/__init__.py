"""Holds the promise that a traffic-only arrest is not flagged before a conviction."""
