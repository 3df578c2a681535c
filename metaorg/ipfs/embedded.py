"""The default store: one SQLite file, which needs no server and no configuration.

Why SQLite: a commons is very many small documents, and a file for each would cost an inode, a
directory entry and a sync each. SQLite keeps a million of them in one file with one index, commits
all or nothing, serves several processes, and comes with Python. `synchronous=FULL` makes every
acknowledged put survive a crash of the program and of the machine; the write-ahead log lets readers
go on while somebody writes. The log needs a local disk: on a network file system use Kubo.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from metaorg.errors import ContentMissing, StoreUnreachable
from metaorg.ipfs.blocks import Block, batches, verified
from metaorg.ipfs.store import Store
from metaorg.types import Cid

_APPLICATION = 0x6D6F7267  # "morg": whose file this is, in SQLite's own header
_VERSION = 1
_SCHEMA = """
CREATE TABLE block (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    codec INTEGER NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (digest, codec)
)
"""
# A block that is there is left alone, unless its bytes are damaged: then this put heals it.
_INSERT = """
INSERT INTO block (digest, codec, data) VALUES (?, ?, ?)
ON CONFLICT (digest, codec) DO UPDATE SET data = excluded.data WHERE data IS NOT excluded.data
"""
_BATCH_BLOCKS, _BATCH_BYTES = 20_000, 16 << 20
"""What one transaction of `put_many` holds at most, so that memory and other writers' waits do."""
_PAGE = 1000
"""Rows that `cids` reads at once."""

_ADVICE = {
    sqlite3.SQLITE_BUSY: "another process has been writing for too long; run it again",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check the path and who may write there",
    sqlite3.SQLITE_CORRUPT: "its file is damaged; move it away and put the documents again",
    sqlite3.SQLITE_FULL: "the disk is full; free some space and run it again",
    sqlite3.SQLITE_IOERR: "the disk fails or is full; free some space or use another disk",
    sqlite3.SQLITE_NOTADB: "this file is not a block store; name another file",
    sqlite3.SQLITE_READONLY: "it can only be read; check who may write the file and its folder",
}


class Embedded(Store):
    """Blocks in the SQLite file at `path`, made at first use with the folders it lies in.

    Threads may share one store, processes one file, and a forked child opens the file anew.
    Nothing is ever deleted. A block is found by its digest, whatever codec it was put under: the
    codec says how to read the bytes, not which they are.

    Args:
        path: the file; SQLite keeps two more beside it, named -wal and -shm.
        patience: seconds to wait for another process that writes.
    """

    name = "embedded"

    def __init__(self, path: str | Path, *, patience: float = 30.0) -> None:
        self.path, self.patience = Path(path).absolute(), patience
        self._lock = threading.RLock()
        # By process: a connection must neither be used nor closed on the other side of a fork.
        self._connections: dict[int, sqlite3.Connection] = {}

    def describe(self) -> str:
        return f"embedded store {self.path}"

    def write(self, blocks: Iterable[Block], *, pin: bool = False) -> None:
        """Keep blocks, 16 MiB in a transaction; when this returns, they are on disk."""
        for batch in batches(blocks, count=_BATCH_BLOCKS, size=_BATCH_BYTES):
            with self._database() as database, _transaction(database, "IMMEDIATE"):
                rows = ((cid.digest, cid.codec, data) for cid, data in batch)
                database.executemany(_INSERT, rows)

    def get(self, cid: Cid) -> bytes:
        """The block's bytes, verified.

        Raises:
            ContentMissing: it was never put here.
            ContentCorrupt: the bytes on disk changed; putting the block again heals it.
        """
        with self._database() as database:
            query = "SELECT data FROM block WHERE digest = ?"
            found = [data for (data,) in database.execute(query, (cid.digest,))]
        if not found:
            raise ContentMissing(cid, [self.describe()])
        intact = (data for data in found if isinstance(data, bytes) and cid.matches(data))
        return verified(cid, next(intact, None), self.describe())

    def has(self, cid: Cid) -> bool:
        """Whether the block was put here; its bytes are verified when they are read."""
        with self._database() as database:
            query = "SELECT 1 FROM block WHERE digest = ?"
            return database.execute(query, (cid.digest,)).fetchone() is not None

    def pin(self, cid: Cid) -> None:
        """Nothing to do for a block that is here, because nothing is deleted.

        Raises:
            ContentMissing: it is not here.
        """
        if not self.has(cid):
            raise ContentMissing(cid, [self.describe()])

    def unpin(self, cid: Cid) -> None:
        raise NotImplementedError

    def pins(self) -> Iterator[Cid]:
        raise NotImplementedError

    def collect(self, keep: Iterable[Cid], *, older_than: float) -> int:
        raise NotImplementedError

    def cids(self) -> Iterator[Cid]:
        """Every block in the order of arrival, not verified; one that arrives meanwhile is in."""
        last = 0
        while rows := self._rows_after(last):
            last = rows[-1][0]
            yield from (Cid(digest=digest, codec=codec) for _, digest, codec in rows)

    def close(self) -> None:
        """Free the file; the next use opens it again."""
        with self._lock:
            database = self._connections.pop(os.getpid(), None)
            if database is not None:
                database.close()

    def _rows_after(self, last: int) -> list[tuple[int, bytes, int]]:
        query = "SELECT id, digest, codec FROM block WHERE id > ? ORDER BY id LIMIT ?"
        with self._database() as database:
            return database.execute(query, (last, _PAGE)).fetchall()

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """The open file, for one thread at a time; every failure is `StoreUnreachable`."""
        with self._lock:
            try:
                yield self._connection()
            except sqlite3.Error as error:
                # The low byte is the primary code; the rest says which system call it was.
                code = getattr(error, "sqlite_errorcode", 0) & 0xFF
                advice = _ADVICE.get(code, "it failed")
                raise StoreUnreachable(f"{self.describe()}: {advice} ({error})") from error
            except OSError as error:
                raise StoreUnreachable(
                    f"{self.describe()}: its folder cannot be made ({error.strerror or error})"
                ) from error

    def _connection(self) -> sqlite3.Connection:
        process = os.getpid()
        if process not in self._connections:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._connections[process] = self._open()
        return self._connections[process]

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(
            self.path, timeout=self.patience, isolation_level=None, check_same_thread=False
        )
        try:
            database.execute("PRAGMA synchronous = FULL")
            self._claim(database)
        except BaseException:
            database.close()
            raise
        return database

    def _claim(self, database: sqlite3.Connection) -> None:
        """Make sure that the file is ours, and make it ours when it is new."""
        with _transaction(database, "DEFERRED"):
            new = self._is_new(database)
        if not new:
            return
        self._switch_to_log(database)
        with _transaction(database, "IMMEDIATE"):
            if self._is_new(database):
                database.execute(_SCHEMA)
                database.execute(f"PRAGMA user_version = {_VERSION}")
                database.execute(f"PRAGMA application_id = {_APPLICATION}")

    def _is_new(self, database: sqlite3.Connection) -> bool:
        """Whether nothing is in the file yet.

        Raises:
            StoreUnreachable: another program's database, or a later version's store.
        """
        (owner,) = database.execute("PRAGMA application_id").fetchone()
        (version,) = database.execute("PRAGMA user_version").fetchone()
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if owner == _APPLICATION:
            if version > _VERSION:
                raise StoreUnreachable(
                    f"{self.describe()} was made by a later version; update metaorg to use it"
                )
            return False
        if owner or tables:
            raise StoreUnreachable(
                f"{self.describe()}: this file is another program's database; name another file"
            )
        return True

    def _switch_to_log(self, database: sqlite3.Connection) -> None:
        """Turn the write-ahead log on, for good; SQLite itself does not wait for others here."""
        deadline = time.monotonic() + self.patience
        while True:
            try:
                database.execute("PRAGMA journal_mode = WAL").fetchone()
                return
            except sqlite3.OperationalError as error:
                busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not busy or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)


@contextmanager
def _transaction(database: sqlite3.Connection, mode: str) -> Iterator[None]:
    database.execute(f"BEGIN {mode}")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise
