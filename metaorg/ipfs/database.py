"""An SQLite file that threads, processes and forks share, and whose failures say what to do."""

import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from metaorg.errors import StoreUnreachable

Connection = sqlite3.Connection

PAGE_SIZE = 8192
"""Bytes; embedded.py says why."""
_CACHE = 64 << 20
"""Bytes of pages that a process keeps at most: the whole index of a million documents."""
_LOG = 64 << 20
"""Bytes in the write-ahead log at which they are moved into the file, and to which it is cut."""
_LONG_LOG = 4 * _LOG
"""Bytes at which a writer waits for the readers that keep the log from starting again."""
_RESERVE = 2 * _LOG
"""Bytes that stay free on the disk: without them the log could not be moved into the file, nor
anything be deleted, as that is written to the log first."""
PAUSE = 0.03
"""Seconds between the transactions of long work, so that others can write."""
_FREED_AT_ONCE = 1024
"""Pages that one transaction gives back."""

_ADVICE = {
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check the path and who may write there",
    sqlite3.SQLITE_FULL: "the disk is full; free some space and run it again",
    sqlite3.SQLITE_IOERR: "the disk fails or is full; free some space or use another disk",
    sqlite3.SQLITE_READONLY: "it can only be read; check who may write the file and its folder",
}
"""What to do about a failure, whatever the file is."""
_OF_A_STORE = {
    sqlite3.SQLITE_BUSY: "another process has been writing for too long; run it again",
    sqlite3.SQLITE_CORRUPT: "its file is damaged; move it away and put the documents again",
    sqlite3.SQLITE_NOTADB: "this file is not a block store; name another file",
}


class Database:
    """The SQLite file at `path`, made at first use with the folders it lies in.

    `synchronous=FULL` makes every committed transaction survive a crash of the program and of the
    machine; the write-ahead log lets readers go on while somebody writes.

    Args:
        name: how messages call it.
        patience: seconds to wait for another process that writes.
        claim: makes sure that an opened file is ours, or makes it ours.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        patience: float,
        claim: "Callable[[Database, Connection], None]",
    ) -> None:
        self.path, self.name, self.patience, self._claim = path, name, patience, claim
        self._lock = threading.RLock()
        # By process: a connection must neither be used nor closed on the other side of a fork.
        self._connections: dict[int, Connection] = {}

    @contextmanager
    def use(self) -> Iterator[Connection]:
        """The open file, for one thread at a time; every failure is `StoreUnreachable`."""
        with self._lock, self._translated():
            process = os.getpid()
            if process not in self._connections:
                self._connections[process] = self._open()
            yield self._connections[process]

    @contextmanager
    def use_alone(self) -> Iterator[Connection]:
        """A connection for long work, which keeps no thread of this process waiting."""
        with self._translated():
            connection = self._open()
            try:
                yield connection
            finally:
                connection.close()

    def check_room(self) -> None:
        """Refuse to fill the disk so far that nothing could be deleted any more.

        Raises:
            StoreUnreachable: too little is left.
        """
        free = shutil.disk_usage(self.path.parent).free
        if free < _RESERVE:
            raise StoreUnreachable(
                f"{self.name}: the disk is full but for {free >> 20} MiB, and {_RESERVE >> 20} MiB "
                "are left free so that what nobody needs can be deleted; free some space"
            )

    def trim(self) -> None:
        """Wait for readers when they have kept a long log from starting again."""
        log = Path(f"{self.path}-wal")
        with self.use() as connection:
            if log.exists() and log.stat().st_size > _LONG_LOG:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def close(self) -> None:
        """Free the file; the next use opens it again."""
        with self._lock:
            connection = self._connections.pop(os.getpid(), None)
            if connection is not None:
                connection.close()

    def _translated(self) -> AbstractContextManager[None]:
        return translated(self.name, _OF_A_STORE)

    def _open(self) -> Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            self.path, timeout=self.patience, isolation_level=None, check_same_thread=False
        )
        try:
            # The first two hold for a new file only, the others for this connection.
            for setting, value in (
                ("page_size", PAGE_SIZE),
                ("auto_vacuum", "INCREMENTAL"),
                ("synchronous", "FULL"),
                ("secure_delete", "OFF"),
                ("cache_size", -_CACHE >> 10),
                ("wal_autocheckpoint", _LOG // PAGE_SIZE),
                ("journal_size_limit", _LOG),
            ):
                connection.execute(f"PRAGMA {setting} = {value}").fetchall()
            self._claim(self, connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def switch_to_log(self, connection: Connection) -> None:
        """Turn the write-ahead log on, for good; SQLite itself does not wait for others here."""
        deadline = time.monotonic() + self.patience
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL").fetchone()
                return
            except sqlite3.OperationalError as error:
                busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not busy or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)


@contextmanager
def translated(
    name: str, advice: Mapping[int, str], otherwise: str = "it failed"
) -> Iterator[None]:
    """Every failure of SQLite as `StoreUnreachable`, with what to do.

    Args:
        name: how messages call the file. advice: by primary code, what holds for such a file only.
        otherwise: of all other failures.
    """
    try:
        yield
    except sqlite3.Error as error:
        # The low byte is the primary code; the rest says which system call it was.
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        told = advice.get(code) or _ADVICE.get(code, otherwise)
        raise StoreUnreachable(f"{name}: {told} ({error})") from error
    except OSError as error:
        raise StoreUnreachable(
            f"{name}: its folder cannot be made ({error.strerror or error})"
        ) from error


@contextmanager
def transaction(connection: Connection, mode: str = "IMMEDIATE") -> Iterator[None]:
    """All of what happens inside, or nothing of it."""
    connection.execute(f"BEGIN {mode}")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def give_back(connection: Connection) -> None:
    """Cut free pages off the file, in steps between which others can write."""
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    for _ in range(0, free, _FREED_AT_ONCE):
        # A script, because only that steps a pragma without columns to its end.
        connection.executescript(f"PRAGMA incremental_vacuum({_FREED_AT_ONCE})")
        time.sleep(PAUSE)
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
