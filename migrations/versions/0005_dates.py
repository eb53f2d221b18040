"""Dates: what is kept may ring a ritual, and be asked about once or twice."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

DATED = sa.text("due IS NOT NULL")


def upgrade() -> None:
    op.add_column("kept", sa.Column("once", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_kept_due", "kept", ["couple_id", "kind", "due"], sqlite_where=DATED, postgresql_where=DATED
    )


def downgrade() -> None:
    op.drop_index("ix_kept_due", "kept")
    with op.batch_alter_table("kept") as kept:
        kept.drop_column("once")
