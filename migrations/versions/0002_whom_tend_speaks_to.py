"""Whom Tend speaks to: the language of their app, and whether it has asked to be no admin.

A couple that begins again is known by its two people, so the number of its former room goes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Plain ALTER TABLE, which SQLite knows too: a copied table would lose the rows that refer to it.
    op.add_column("person", sa.Column("language", sa.String(8), nullable=False, server_default=""))
    op.add_column("line", sa.Column("language", sa.String(8), nullable=False, server_default=""))
    op.add_column("couple", sa.Column("asked_rank", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.drop_column("couple", "former_chat_id")


def downgrade() -> None:
    op.add_column("couple", sa.Column("former_chat_id", sa.BigInteger(), nullable=True))
    op.drop_column("couple", "asked_rank")
    op.drop_column("line", "language")
    op.drop_column("person", "language")
