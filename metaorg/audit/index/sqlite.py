"""The default index: one SQLite file, which needs no server."""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from metaorg.audit.index.index import Index
from metaorg.audit.index.queries import LOG_COLUMNS
from metaorg.errors import StoreUnreachable
from metaorg.ipfs.database import transaction, translated

MEMORY = ":memory:"
_PAGE_SIZE = 16384
_LOG = 64 << 20
"""Bytes in the write-ahead log at which they are moved into the file, and to which it is cut."""
# Exclusive: what one process reads, no other one may replace meanwhile. NORMAL: a kill loses
# nothing, and a power cut at most the last batches, which are read again.
_SETTINGS = (
    f"page_size = {_PAGE_SIZE}",
    "locking_mode = EXCLUSIVE",
    "synchronous = NORMAL",
    "cache_size = -65536",
    f"wal_autocheckpoint = {_LOG // _PAGE_SIZE}",
    f"journal_size_limit = {_LOG}",
    "trusted_schema = OFF",
    "cell_size_check = ON",
)
_CHANGES = ("journal_mode = WAL",)
_APPEND = f"INSERT INTO log ({LOG_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608 - a constant
# Names of whole tables: a view or a computed column runs what its author wrote when it is read.
_OWN_TABLES = """
SELECT CASE WHEN type = 'table' AND NOT EXISTS (
    SELECT * FROM pragma_table_xinfo(sqlite_master.name) WHERE hidden
) THEN name ELSE type || ' ' || name END
FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'
"""
_TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
_ADVICE = {
    sqlite3.SQLITE_BUSY: "another process uses it; wait until that has ended",
    sqlite3.SQLITE_CORRUPT: "its file is damaged; delete it and read again",
    sqlite3.SQLITE_NOTADB: "this file is no database; name another file",
}


class SqliteIndex(Index):
    """An index in a file, made at first use with the folders it lies in, or in memory.

    Args:
        path: the file; SQLite keeps one more beside it, named -wal. ":memory:" for none.
        patience: seconds to wait for another process.
    """

    def __init__(self, path: str, patience: float = 5) -> None:
        self.path = path if path == MEMORY else str(Path(path).absolute())
        self._patience = patience
        self._connection: sqlite3.Connection | None = None
        super().__init__(f"index {self.path}")

    def _connect(self) -> None:
        if self.path != MEMORY:
            Path(self.path).parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(
            self.path, timeout=self._patience, isolation_level=None, check_same_thread=False
        )
        try:
            self._set(_SETTINGS)
        except BaseException:
            self._disconnect()
            raise

    def _settle(self) -> None:
        self._set(_CHANGES)

    def _set(self, settings: Sequence[str]) -> None:
        for setting in settings:
            self._open_connection.execute(f"PRAGMA {setting}").fetchall()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def _open_connection(self) -> sqlite3.Connection:
        assert self._connection is not None
        return self._connection

    def _tables(self) -> set[str]:
        for (name,) in self._open_connection.execute(_TRIGGERS):
            raise StoreUnreachable(f"{self.name}: it has a trigger ({name!a:.80}); name another")
        return {name for (name,) in self._open_connection.execute(_OWN_TABLES)}

    def _create(self, statement: str) -> None:
        self._open_connection.execute(statement.replace("INTEGER_KEY", "INTEGER PRIMARY KEY"))

    def _ask(self, query: str, *values: object) -> list[Any]:
        return self._open_connection.execute(query, values).fetchall()

    def _many(self, query: str, values: Iterable[tuple[object, ...]]) -> None:
        self._open_connection.executemany(query, values)

    def _append(self, values: Iterable[tuple[object, ...]]) -> None:
        self._many(_APPEND, values)

    def _atomic(self) -> AbstractContextManager[object]:
        return transaction(self._open_connection)

    def _translated(self) -> AbstractContextManager[None]:
        return translated(self.name, _ADVICE, "it failed; delete it and read again")
