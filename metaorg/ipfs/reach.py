"""What roots need of an SQLite block store, found link by link in bounded memory."""

from collections.abc import Iterable

from metaorg.errors import ContentMissing, InvalidInput
from metaorg.ipfs.blocks import Block, verified
from metaorg.ipfs.dag import links
from metaorg.ipfs.database import Connection
from metaorg.types import RAW, Cid

_SCHEMA = """
CREATE TEMP TABLE reached (
    n INTEGER PRIMARY KEY,
    digest BLOB NOT NULL,
    codec INTEGER NOT NULL,
    UNIQUE (digest, codec)
)
"""
_UNNEEDED = """
CREATE TEMP VIEW unneeded AS
SELECT id, digest, codec, time FROM block JOIN arrival ON arrival.block = block.id
WHERE NOT EXISTS (SELECT 1 FROM reached WHERE reached.digest = block.digest)
"""
_NODE = "SELECT n, digest, codec FROM reached WHERE n > ? AND codec != ? ORDER BY n LIMIT 1"
_ABSENT = """
SELECT digest, codec FROM reached
WHERE NOT EXISTS (SELECT 1 FROM block WHERE block.digest = reached.digest) ORDER BY n LIMIT 1
"""


class Reach:
    """The CIDs that roots lead to, in the temporary table `reached` of one connection.

    The table is the list of what is still to be looked at, too, and lies on disk when it is long:
    memory grows neither with the size nor with the depth of what hangs below the roots. The
    temporary view `unneeded` shows the blocks whose digests are not in it.

    Args:
        connection: a store's file, used by nothing else meanwhile.
        where: how messages call the store.
    """

    def __init__(self, connection: Connection, where: str) -> None:
        self._connection, self._where = connection, where
        self._followed = 0
        connection.execute(_SCHEMA)
        connection.execute(_UNNEEDED)

    def add(self, roots: Iterable[Cid]) -> None:
        rows = ((cid.digest, cid.codec) for cid in roots)
        query = "INSERT OR IGNORE INTO reached (digest, codec) VALUES (?, ?)"
        self._connection.executemany(query, rows)

    def follow(self, *, complete: bool) -> None:
        """Reach all that hangs below what was added.

        Args:
            complete: whether every block with links must be here.

        Raises:
            ContentMissing: it must, and is not.
            ContentCorrupt: one is damaged, so nobody knows what hangs below it.
        """
        while row := self._connection.execute(_NODE, (self._followed, RAW)).fetchone():
            self._followed, digest, codec = row
            self._expand(Cid(digest=digest, codec=codec), complete)

    def absent(self) -> Cid | None:
        """The first block that was reached and is not here."""
        row = self._connection.execute(_ABSENT).fetchone()
        return Cid(digest=row[0], codec=row[1]) if row else None

    def _expand(self, cid: Cid, complete: bool) -> None:
        query = "SELECT data FROM block WHERE digest = ?"
        found = [data for (data,) in self._connection.execute(query, (cid.digest,))]
        if found:
            self.add(_links(cid, intact(cid, found, self._where)))
        elif complete:
            raise ContentMissing(cid, [self._where])


def intact(cid: Cid, found: Iterable[object], where: str) -> bytes:
    """The copy of a block that hashes to its CID.

    Raises:
        ContentCorrupt: none does.
    """
    matching = (data for data in found if isinstance(data, bytes) and cid.matches(data))
    return verified(cid, next(matching, None), where)


def _links(cid: Cid, data: bytes) -> list[Cid]:
    """What a block links to: nothing, when its bytes are no node of its codec.

    Such a block cannot be followed by anybody, and may not keep everybody from collecting.
    """
    try:
        return links(Block(cid, data))
    except InvalidInput:
        return []
