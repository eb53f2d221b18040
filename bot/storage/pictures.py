"""How Telegram calls the pictures that a bot of ours has uploaded. It holds nothing of anybody."""

from bot.storage.store import Tx
from bot.storage.tables import PictureRow


def file_id_of(tx: Tx, bot_id: int, name: str, mark: str) -> str | None:
    """Return how Telegram calls a picture, if this bot has uploaded it as it is now."""
    row = tx.session.get(PictureRow, (bot_id, name))
    return row.file_id if row is not None and row.mark == mark else None


def remember(tx: Tx, bot_id: int, name: str, mark: str, file_id: str) -> None:
    """Remember how Telegram calls a picture."""
    row = tx.session.get(PictureRow, (bot_id, name)) or PictureRow(bot_id=bot_id, name=name)
    row.mark, row.file_id = mark, file_id
    tx.session.add(row)
