"""Reopenings: a person opens an ended case again."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reopenings",
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("reopened_by", sa.Text, nullable=False),
        sa.Column("reopened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "number", name="pk_reopenings"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name="fk_reopenings_case_id_cases"),
    )
    # A withdrawal under a rule that clears was an end, which its rule showed; from now on it is marked as one.
    op.execute("UPDATE cases SET closed = true WHERE outcome = 'withdrawn' AND rule LIKE 'clear.%'")


def downgrade() -> None:
    op.drop_table("reopenings")
