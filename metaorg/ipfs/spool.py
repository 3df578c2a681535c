"""Blocks and pins on disk that wait for a store, and what it has acknowledged of them."""

import math
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from metaorg.ipfs.blocks import Block
from metaorg.ipfs.database import give_back, transaction
from metaorg.ipfs.embedded import Embedded
from metaorg.ipfs.reach import Reach
from metaorg.types import Cid, Model

_STEP = (
    "CREATE TABLE waiting (block INTEGER PRIMARY KEY)",
    """
    CREATE TABLE wish (
        n INTEGER PRIMARY KEY, digest BLOB NOT NULL, codec INTEGER NOT NULL, UNIQUE (digest, codec)
    )
    """,
    # A block waits once: one that is here already and was sent is not sent again, except to pin it.
    """
    CREATE TRIGGER arrived AFTER INSERT ON block BEGIN
        INSERT OR IGNORE INTO waiting VALUES (new.id);
    END
    """,
    """
    CREATE TRIGGER pinned AFTER INSERT ON pin BEGIN
        INSERT OR IGNORE INTO waiting VALUES (new.block);
    END
    """,
    """
    CREATE TRIGGER dropped AFTER DELETE ON block BEGIN
        DELETE FROM waiting WHERE block = old.id;
    END
    """,
)
_WAITING = """
SELECT waiting.block, digest, codec, data,
    EXISTS (SELECT 1 FROM pin WHERE pin.block = waiting.block)
FROM waiting JOIN block ON block.id = waiting.block WHERE waiting.block > ? ORDER BY waiting.block
"""
# By name, as numbers are given again. Who pins a block while it is sent wants it sent once more.
_SENT = """
DELETE FROM waiting WHERE block IN (SELECT id FROM block WHERE digest = ? AND codec = ?)
AND block NOT IN (SELECT block FROM pin)
"""
_SENT_AND_PINNED = "DELETE FROM block WHERE digest = ? AND codec = ?"
_SENT_OF = """
SELECT digest, codec FROM block
WHERE digest IN (SELECT digest FROM reached) AND id NOT IN (SELECT block FROM waiting)
"""
_AGAIN = """
INSERT OR IGNORE INTO waiting SELECT id FROM block WHERE digest = ? AND codec = ?
"""
_PENDING = """
SELECT count(*), coalesce(sum(length(data)), 0), (SELECT count(*) FROM wish)
FROM waiting JOIN block ON block.id = waiting.block
"""
_DROP = """
DELETE FROM block WHERE id IN (
    SELECT block FROM arrival WHERE time <= ? AND block NOT IN (SELECT block FROM waiting) LIMIT ?
)
"""
_DROPPED_AT_ONCE = 100


class Pending(Model):
    """What waits for a store.

    Args:
        file: where it waits.
        size: bytes of the blocks.
        pins: of DAGs, whose blocks may wait or be there already.
    """

    file: Path
    blocks: int
    size: int
    pins: int

    def __bool__(self) -> bool:
        return bool(self.blocks or self.pins)

    def __str__(self) -> str:
        return (
            f"{self.blocks:,} blocks ({self.size:,} bytes) and {self.pins:,} pins wait in "
            f"{self.file}; the next command that uses this store sends them"
        )


class Parcel(NamedTuple):
    """Blocks that are sent together.

    Args:
        last: the number of the last one, to go on after.
        pin: whether each of them is to be pinned.
    """

    last: int
    blocks: list[Block]
    pin: bool


class Spool(Embedded):
    """Blocks that wait, in the order of their arrival, and others that were sent already.

    Those that were sent stay until they are dropped, so that nobody sends them twice. Threads and
    processes may share the file: what one has sent the others find marked, and nothing is marked
    under another name than that of the block that was sent.
    """

    name = "spool"
    application = 0x6D6F7271
    """ "morq"."""
    steps = (*Embedded.steps, _STEP)

    def describe(self) -> str:
        return f"queue {self.path}"

    def pending(self) -> Pending:
        with self._file.use() as database:
            blocks, size, pins = database.execute(_PENDING).fetchone()
        return Pending(file=self.path, blocks=blocks, size=size, pins=pins)

    def parcels(self, *, count: int, size: int) -> Iterator[Parcel]:
        """All that waits, in parcels that are full at `count` blocks or `size` bytes.

        Bytes are not verified.
        """
        last = 0
        while parcel := self._parcel(last, count, size):
            last = parcel.last
            yield parcel

    def sent(self, blocks: Iterable[Block], *, pin: bool) -> None:
        """The store has blocks; those that were pinned with that need not stay here."""
        names = ((cid.digest, cid.codec) for cid, _ in blocks)
        with self._file.use() as database, transaction(database):
            database.executemany(_SENT_AND_PINNED if pin else _SENT, names)

    def sent_of(self, root: Cid) -> list[Cid]:
        """What is here of a DAG and was sent."""
        with self._file.use_alone() as database:
            needed = Reach(database, self.describe())
            needed.add([root])
            needed.follow(complete=False)
            rows = database.execute(_SENT_OF).fetchall()
        return [Cid(digest=digest, codec=codec) for digest, codec in rows]

    def send_again(self, cids: Iterable[Cid]) -> None:
        """Let blocks wait that were sent."""
        with self._file.use() as database, transaction(database):
            database.executemany(_AGAIN, ((cid.digest, cid.codec) for cid in cids))

    def wish(self, cid: Cid) -> None:
        """Remember that something is to be pinned."""
        query = "INSERT OR IGNORE INTO wish (digest, codec) VALUES (?, ?)"
        self._change(query, cid)

    def unwish(self, cid: Cid) -> None:
        self._change("DELETE FROM wish WHERE digest = ? AND codec = ?", cid)

    def wishes(self) -> list[Cid]:
        with self._file.use() as database:
            rows = database.execute("SELECT digest, codec FROM wish ORDER BY n").fetchall()
        return [Cid(digest=digest, codec=codec) for digest, codec in rows]

    def drop(self, before: float = math.inf) -> None:
        """Delete what was sent and arrived before a Unix time, a few at a time."""
        gone = _DROPPED_AT_ONCE
        with self._file.use_alone() as database:
            while gone == _DROPPED_AT_ONCE:
                with transaction(database):
                    gone = database.execute(_DROP, (before, _DROPPED_AT_ONCE)).rowcount
            give_back(database)

    def _parcel(self, last: int, count: int, size: int) -> Parcel | None:
        blocks: list[Block] = []
        held, pin = 0, None
        with self._file.use() as database, closing(database.execute(_WAITING, (last,))) as rows:
            for number, digest, codec, data, pinned in rows:
                if blocks and (pinned != pin or len(blocks) == count or held >= size):
                    break
                blocks.append(Block(Cid(digest=digest, codec=codec), data))
                last, held, pin = number, held + len(data), pinned
        return Parcel(last, blocks, bool(pin)) if blocks else None

    def _change(self, query: str, cid: Cid) -> None:
        with self._file.use() as database:
            database.execute(query, (cid.digest, cid.codec))
