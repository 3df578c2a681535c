"""The default store: one SQLite file, which needs no server and no configuration.

Why SQLite: a commons is very many small documents, and a file for each would cost an inode, a
directory entry and a sync each. SQLite keeps a million of them in one file with one index, commits
all or nothing, serves several processes, and comes with Python. `synchronous=FULL` makes every
acknowledged put survive a crash of the program and of the machine; the write-ahead log lets readers
go on while somebody writes. The log needs a local disk: on a network file system use Kubo.

Large files are in the same file, as blocks of 1 MiB, so that there is one thing to copy, one lock
and one way to recover. That costs speed: every byte is written twice, first to the log. Measured on
2 busy cores with a disk of 0.4 GB/s, in pages of 8 KiB: 1 GiB is written, hashed and synced at
0.14-0.28 GB/s, 0.35-0.5 of the speed of a plain file that is synced as often, and read and verified
at 0.2-0.6 GB/s. Pages of 4 KiB write large blocks half as fast; pages of 32 KiB write them a fifth
faster, but a few documents with up to four times the bytes. A million documents of 300 bytes: the
first 100,000 at 58,000 a second, the last at 44,000, in a file of 422 bytes each; then 49,000 a
second read at random. Freed pages are cut off the file with SQLite's incremental vacuum, which
moves 0.4 GB/s while others go on; a full one would need as much space again and stop everybody.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

from metaorg.errors import ContentMissing, StoreUnreachable
from metaorg.ipfs.blocks import Block, batches
from metaorg.ipfs.collecting import PAGE, PINS, Collection
from metaorg.ipfs.database import Connection, Database, transaction
from metaorg.ipfs.reach import Reach, intact
from metaorg.ipfs.store import Store
from metaorg.types import Cid

_STEPS = (
    (
        """
        CREATE TABLE block (
            id INTEGER PRIMARY KEY,
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            codec INTEGER NOT NULL,
            data BLOB NOT NULL,
            UNIQUE (digest, codec)
        )
        """,
    ),
    (
        # Apart from `block`, so that collecting need not read between a million large blocks.
        "CREATE TABLE arrival (block INTEGER PRIMARY KEY, time REAL NOT NULL)",
        "INSERT INTO arrival SELECT id, strftime('%s') FROM block",
        """
        CREATE TABLE pin (
            n INTEGER PRIMARY KEY AUTOINCREMENT,
            block INTEGER NOT NULL,
            codec INTEGER NOT NULL,
            UNIQUE (block, codec)
        )
        """,
        # Version 1 deleted nothing. Raw blocks (0x55) stay for their own sake, as they do now.
        "INSERT INTO pin (block, codec) SELECT id, codec FROM block WHERE codec = 0x55",
        """
        CREATE TRIGGER deleted AFTER DELETE ON block BEGIN
            DELETE FROM arrival WHERE block = old.id;
            DELETE FROM pin WHERE block = old.id;
        END
        """,
    ),
)
"""What makes each version of a file out of the one before it, the first out of an empty file."""

# A block that is there is left alone, unless its bytes are damaged: then this put heals it.
_INSERT = """
INSERT INTO block (digest, codec, data) VALUES (?, ?, ?)
ON CONFLICT (digest, codec) DO UPDATE SET data = excluded.data WHERE data IS NOT excluded.data
"""
_ARRIVE = """
INSERT INTO arrival (block, time) SELECT id, ? FROM block WHERE digest = ? AND codec = ?
ON CONFLICT (block) DO UPDATE SET time = excluded.time
"""
_PIN = """
INSERT OR IGNORE INTO pin (block, codec)
SELECT id, ?1 FROM block WHERE digest = ?2 ORDER BY codec != ?1 LIMIT 1
"""
_UNPIN = """
DELETE FROM pin WHERE codec = ? AND block IN (SELECT id FROM block WHERE digest = ?)
"""
_CIDS = """
SELECT digest, codec FROM block WHERE (digest, codec) > (?, ?) ORDER BY digest, codec LIMIT ?
"""
_BATCH_BLOCKS, _BATCH_BYTES = 50_000, 16 << 20
"""What one transaction of `put_many` holds at most, so that memory and other writers' waits do."""


class Embedded(Store):
    """Blocks in the SQLite file at `path`, made at first use with the folders it lies in.

    Threads may share one store, processes one file, and a forked child opens the file anew. A block
    is found by its digest, whatever codec it was put under: the codec says how to read the bytes,
    not which they are.

    Args:
        path: the file; SQLite keeps two more beside it, named -wal and -shm.
        patience: seconds to wait for another process that writes.
        clock: gives the Unix time at which blocks arrive.
    """

    name = "embedded"
    application: ClassVar[int] = 0x6D6F7267
    """Whose file this is, in SQLite's own header: "morg"."""
    steps: ClassVar[tuple[tuple[str, ...], ...]] = _STEPS

    def __init__(
        self,
        path: str | Path,
        *,
        patience: float = 30.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path, self._clock = Path(path).absolute(), clock
        self._file = Database(self.path, self.describe(), patience, self._claim)

    def describe(self) -> str:
        return f"embedded store {self.path}"

    def write(self, blocks: Iterable[Block], *, pin: bool = False) -> None:
        """Keep blocks, 16 MiB in a transaction; when this returns, they are on disk.

        What is written again counts as having arrived now, and stays for as long. 128 MiB of the
        disk are left free, so that a full store can still collect.
        """
        for batch in batches(blocks, count=_BATCH_BLOCKS, size=_BATCH_BYTES):
            # In the order of the index, which then changes page by page.
            batch.sort(key=lambda one: one.cid.digest)
            names = [(cid.digest, cid.codec) for cid, _ in batch]
            with self._file.use() as database, transaction(database):
                self._file.check_room()
                now = self._clock()
                database.executemany(_INSERT, ((*_key(cid), data) for cid, data in batch))
                database.executemany(_ARRIVE, ((now, *name) for name in names))
                if pin:
                    database.executemany(_PIN, ((codec, digest) for digest, codec in names))
            self._file.trim()

    def get(self, cid: Cid) -> bytes:
        """The block's bytes, verified.

        Raises:
            ContentMissing: it was never put here, or was collected.
            ContentCorrupt: the bytes on disk changed; putting the block again heals it.
        """
        with self._file.use() as database:
            query = "SELECT data FROM block WHERE digest = ?"
            found = [data for (data,) in database.execute(query, (cid.digest,))]
        return intact(cid, found, self.describe())

    def has(self, cid: Cid) -> bool:
        """Whether the block was put here; its bytes are verified when they are read."""
        with self._file.use() as database:
            query = "SELECT 1 FROM block WHERE digest = ?"
            return database.execute(query, (cid.digest,)).fetchone() is not None

    def pin(self, cid: Cid) -> None:
        """Keep a block and all that it links to.

        Raises:
            ContentMissing: a part of it is not here; it names the first.
            ContentCorrupt: a block that links to others is damaged.
        """
        with self._file.use_alone() as database:
            needed = Reach(database, self.describe())
            needed.add([cid])
            needed.follow(complete=True)
            # Links never change, but somebody may have collected meanwhile: look again, and pin.
            with transaction(database):
                absent = needed.absent()
                if absent is not None:
                    raise ContentMissing(absent, [self.describe()])
                database.execute(_PIN, (cid.codec, cid.digest))

    def unpin(self, cid: Cid) -> None:
        with self._file.use() as database:
            database.execute(_UNPIN, (cid.codec, cid.digest))

    def pins(self) -> Iterator[Cid]:
        """What is pinned, in the order of pinning."""
        last = 0
        while rows := self._rows(PINS, last, PAGE):
            last = rows[-1][0]
            yield from (Cid(digest=digest, codec=codec) for _, digest, codec in rows)

    def cids(self) -> Iterator[Cid]:
        """Every block, in no order, not verified; one that arrives meanwhile may be in."""
        last: tuple[bytes, int] = (b"", 0)
        while rows := self._rows(_CIDS, *last, PAGE):
            last = rows[-1]
            yield from (Cid(digest=digest, codec=codec) for digest, codec in rows)

    def collect(self, keep: Iterable[Cid], *, older_than: float) -> int:
        """Delete blocks that no pin and nothing in `keep` needs; gives how many went.

        Others can read, write and pin meanwhile: blocks go a few at a time, and a block that is
        written or pinned before its turn stays. Freed space goes back to the file system, except
        in a file that version 1 made, which uses it again.

        Args:
            keep: roots that stay with all that they link to, as far as it is here. What only a
                missing block leads to is not known, and stays only while it is young.
            older_than: seconds; what was written later stays.

        Raises:
            ContentMissing: a block with links below a pin is not here; nothing was deleted, because
                nobody knows what hangs below it. Put it again, or unpin.
            ContentCorrupt: one below a pin or `keep` is damaged; likewise.
        """
        before = self._clock() - older_than
        with self._file.use_alone() as database:
            collection = Collection(database, self.describe(), before)
            collection.mark(keep)
            return collection.sweep()

    def close(self) -> None:
        """Free the file; the next use opens it again."""
        self._file.close()

    def _rows(self, query: str, *arguments: object) -> list[Any]:
        with self._file.use() as database:
            return database.execute(query, arguments).fetchall()

    def _claim(self, file: Database, database: Connection) -> None:
        """Make sure that the file is ours and of this version, or make it so."""
        with transaction(database, "DEFERRED"):
            version = self._version(database)
        if version == len(self.steps):
            return
        if not version:
            file.switch_to_log(database)
        with transaction(database):
            for step in self.steps[self._version(database) :]:
                for statement in step:
                    database.execute(statement)
            database.execute(f"PRAGMA user_version = {len(self.steps)}")
            database.execute(f"PRAGMA application_id = {self.application}")

    def _version(self, database: Connection) -> int:
        """The version of the file, 0 when nothing is in it yet.

        Raises:
            StoreUnreachable: another program's database, or a later version's store.
        """
        (owner,) = database.execute("PRAGMA application_id").fetchone()
        (version,) = database.execute("PRAGMA user_version").fetchone()
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if owner == self.application:
            if version > len(self.steps):
                raise StoreUnreachable(
                    f"{self.describe()} was made by a later version; update metaorg to use it"
                )
            return int(version)
        if owner or tables:
            raise StoreUnreachable(
                f"{self.describe()}: this file is another program's database; name another file"
            )
        return 0


def _key(cid: Cid) -> tuple[bytes, int]:
    return cid.digest, cid.codec
