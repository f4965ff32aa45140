"""Findings of citizenship by case, so that a case can take its own back and leave another one's."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_COLUMNS = "kind, value, case_id, found_at"


def upgrade() -> None:
    _made_anew("kind", "value", "case_id")
    op.create_index("ix_citizen_findings_case_id", "citizen_findings", ["case_id"])


def downgrade() -> None:
    op.drop_index("ix_citizen_findings_case_id", "citizen_findings")
    op.execute(
        "DELETE FROM citizen_findings WHERE EXISTS (SELECT 1 FROM citizen_findings AS other "
        "WHERE other.kind = citizen_findings.kind AND other.value = citizen_findings.value "
        "AND other.case_id < citizen_findings.case_id)"
    )
    _made_anew("kind", "value")


def _made_anew(*key: str) -> None:
    """The table with another primary key: SQLite changes none in place."""
    op.rename_table("citizen_findings", "old_citizen_findings")
    if op.get_bind().dialect.name == "postgresql":  # there, names of keys are one for the whole schema
        op.execute("ALTER INDEX pk_citizen_findings RENAME TO pk_old_citizen_findings")
    op.create_table(
        "citizen_findings",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(*key, name="pk_citizen_findings"),
    )
    op.execute(f"INSERT INTO citizen_findings ({_COLUMNS}) SELECT {_COLUMNS} FROM old_citizen_findings")
    op.drop_table("old_citizen_findings")
