"""Pauses and pictures: whom nobody rings before a moment, and how Telegram calls our pictures."""

import sqlalchemy as sa
from alembic import op

from bot.storage.tables import Utc

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("couple", sa.Column("rung_after", Utc(), nullable=True))
    op.create_table(
        "picture",
        sa.Column("bot_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("file_id", sa.String(255), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("picture")
    op.drop_column("couple", "rung_after")
