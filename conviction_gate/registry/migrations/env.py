"""Run by Alembic: takes the connection that `registry.schema` opened, within its transaction."""

from alembic import context

from conviction_gate.registry.tables import Base

# SQLite alters most things by copying the table: `render_as_batch`.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
