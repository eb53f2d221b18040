"""Calls: an hour that has come waits in the outbox, and is stepped when its turn to be sent comes.

On SQLite the index of what flies gets the words in which it is asked for; it was never used before. And dead
letters, which are counted for those who watch, get one.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

DUE = sa.text("due_at IS NOT NULL")
FLYING = sa.text("flying")
DEAD = sa.text("stage = 'dead'")


def upgrade() -> None:
    op.add_column("call", sa.Column("called", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.drop_index("ix_call_due", "call")
    op.create_index(
        "ix_call_due",
        "call",
        ["due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL AND called = 0"),
        postgresql_where=sa.text("due_at IS NOT NULL AND NOT called"),
    )
    op.drop_index("ix_line_flying", "line")
    op.create_index(
        "ix_line_flying", "line", ["target"], sqlite_where=sa.text("flying = 1"), postgresql_where=FLYING
    )
    op.create_index("ix_inbox_dead", "inbox", ["at"], sqlite_where=DEAD, postgresql_where=DEAD)


def downgrade() -> None:
    op.drop_index("ix_inbox_dead", "inbox")
    # Whoever is called is due as before: only the line that says so goes.
    op.execute(sa.text("DELETE FROM line WHERE kind = 'call'"))
    op.drop_index("ix_call_due", "call")
    with op.batch_alter_table("call") as call:
        call.drop_column("called")
    op.create_index("ix_call_due", "call", ["due_at"], sqlite_where=DUE, postgresql_where=DUE)
    op.drop_index("ix_line_flying", "line")
    op.create_index("ix_line_flying", "line", ["target"], sqlite_where=FLYING, postgresql_where=FLYING)
