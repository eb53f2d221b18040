"""Side by side: whoever has something waiting to be heard is found at once."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NEW = sa.text("stage = 'new'")


def upgrade() -> None:
    op.create_index("ix_inbox_whose", "inbox", ["whose"], sqlite_where=NEW, postgresql_where=NEW)


def downgrade() -> None:
    op.drop_index("ix_inbox_whose", "inbox")
