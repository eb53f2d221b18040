"""One after the other: after a silence nobody else of a couple is rung before a moment."""

import sqlalchemy as sa
from alembic import op

from bot.storage.tables import Utc

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("couple", sa.Column("rung_after", Utc(), nullable=True))


def downgrade() -> None:
    op.drop_column("couple", "rung_after")
