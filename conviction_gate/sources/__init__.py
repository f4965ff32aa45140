"""Histories and dockets that other agencies keep, asked for over HTTP."""
