"""Pauses and pictures: whom nobody rings yet, who is heard first, and what Telegram has of ours."""

import sqlalchemy as sa
from alembic import op

from bot.storage.tables import Utc

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INDEXES: list[tuple[str, str, list[str], str]] = [
    ("ix_inbox_new", "inbox", ["at", "update_id"], "stage = 'new'"),
    ("ix_line_order", "line", ["rank", "id"], ""),
    ("ix_line_flying", "line", ["target"], "flying"),
    ("ix_line_tried", "line", ["not_before"], "attempts > 0"),
    ("ix_pace_held", "pace", ["hold_until"], "hold_until IS NOT NULL"),
]


def upgrade() -> None:
    op.add_column("couple", sa.Column("rung_after", Utc(), nullable=True))
    op.add_column("inbox", sa.Column("whose", sa.BigInteger(), nullable=True))
    op.create_table(
        "picture",
        sa.Column("bot_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("file_id", sa.String(255), nullable=False),
    )
    op.drop_index("ix_inbox_new", "inbox")
    for index in INDEXES:
        _make(*index)


def downgrade() -> None:
    for name, table, *_ in INDEXES:
        op.drop_index(name, table)
    _make("ix_inbox_new", "inbox", ["update_id"], "stage = 'new'")
    op.drop_table("picture")
    op.drop_column("inbox", "whose")
    op.drop_column("couple", "rung_after")


def _make(name: str, table: str, columns: list[str], only: str) -> None:
    where = sa.text(only) if only else None
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
