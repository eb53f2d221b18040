"""Alembic's environment: the open transaction it is given, else one of its own on the scratch database."""

from contextlib import nullcontext

from alembic import context

from bot.storage.store import alone
from bot.storage.tables import Base

given = context.config.attributes.get("connection")
scratch = context.config.get_main_option("sqlalchemy.url", "")
with nullcontext(given) if given is not None else alone(scratch, reshaping=True) as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
