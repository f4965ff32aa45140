"""The first tables: history, docket, US citizen findings, cases, flags, corrections."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ACTIVE = sa.text("status = 'active'")


def upgrade() -> None:
    op.create_table(
        "history_rows",
        sa.Column("ids", sa.Text, nullable=False),
        sa.Column("us_citizen", sa.Boolean, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("ids", name="pk_history_rows"),
    )
    op.create_table(
        "history_ids",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("ids", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("kind", "value", "ids", name="pk_history_ids"),
        sa.ForeignKeyConstraint(
            ["ids"],
            ["history_rows.ids"],
            name="fk_history_ids_ids_history_rows",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_history_ids_ids", "history_ids", ["ids"])
    op.create_table(
        "docket_entries",
        sa.Column("agency", sa.Text, nullable=False),
        sa.Column("tracking_number", sa.Text, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("agency", "tracking_number", "sender", "message_id", name="pk_docket_entries"),
    )
    op.create_table(
        "citizen_findings",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "value", name="pk_citizen_findings"),
    )
    op.create_table(
        "cases",
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("agency", sa.Text, nullable=False),
        sa.Column("tracking_number", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed", sa.Boolean, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("view", sa.Text, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("case_id", name="pk_cases"),
    )
    op.create_table(
        "flags",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("explanation", sa.Text, nullable=False),
        sa.Column("policy_edition", sa.Text, nullable=False),
        sa.Column("grounds", sa.Text, nullable=False),
        sa.Column("flagged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_reason", sa.Text),
        sa.Column("withdrawn_by", sa.Text),
        sa.Column("lift_code", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_flags"),
        sa.UniqueConstraint("case_id", "number", name="uq_flags_case_id_number"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name="fk_flags_case_id_cases"),
    )
    op.create_index("ix_flags_flagged_at", "flags", ["flagged_at"])
    op.create_index(
        "one_active_flag",
        "flags",
        ["case_id"],
        unique=True,
        sqlite_where=ACTIVE,
        postgresql_where=ACTIVE,
    )
    op.create_table(
        "corrections",
        sa.Column("correction_id", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("explanation", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("correction_id", name="pk_corrections"),
    )
    op.create_index("ix_corrections_case_id", "corrections", ["case_id"])


def downgrade() -> None:
    for table in (
        "corrections",
        "flags",
        "cases",
        "citizen_findings",
        "docket_entries",
        "history_ids",
        "history_rows",
    ):
        op.drop_table(table)
