"""Alembic's environment: `registry.migrate` runs it; a new revision goes into `versions/`."""
