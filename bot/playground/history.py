"""What survives a kill of either process: one SQLite file, one row for each record.

An act is stored whole or not at all. The file belongs to the stand-in; the bot's own data lies elsewhere.
"""

import json
import sqlite3
from pathlib import Path

from bot.playground.markup import Json

TABLE = "CREATE TABLE IF NOT EXISTS record (kind TEXT, id TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, id))"
PUT = "INSERT INTO record VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body"


class History:
    """The stand-in's memory on disk."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = NORMAL")
        self._file.execute(TABLE)

    def load(self) -> dict[str, list[Json]]:
        """Return all records by kind."""
        records: dict[str, list[Json]] = {}
        for kind, body in self._file.execute("SELECT kind, body FROM record"):
            records.setdefault(kind, []).append(json.loads(body))
        return records

    def save(self, changes: dict[tuple[str, str], Json | None]) -> None:
        """Store what changed, and remove what is gone."""
        if not changes:
            return
        self._file.execute("BEGIN IMMEDIATE")
        for (kind, number), body in changes.items():
            if body is None:
                self._file.execute("DELETE FROM record WHERE kind = ? AND id = ?", (kind, number))
            else:
                self._file.execute(PUT, (kind, number, json.dumps(body)))
        self._file.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._file.close()
