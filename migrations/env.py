"""Alembic's environment: one connection, one transaction, the tables of bot/storage/tables.py."""

from alembic import context

from bot.storage.store import connect
from bot.storage.tables import Base

url: str = context.config.attributes.get("url") or context.config.get_main_option("sqlalchemy.url", "")
engine = connect(url)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
