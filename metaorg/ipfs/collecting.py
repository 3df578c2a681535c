"""How an SQLite block store deletes what nobody needs, while others read, write and pin."""

import time
from collections.abc import Iterable, Iterator
from itertools import islice

from metaorg.ipfs.database import PAUSE, Connection, give_back, transaction
from metaorg.ipfs.reach import Reach
from metaorg.types import Cid

PINS = """
SELECT n, digest, pin.codec FROM pin JOIN block ON block.id = pin.block
WHERE n > ? ORDER BY n LIMIT ?
"""
PAGE = 1000
"""Rows that are listed at once."""

_UNNEEDED = """
SELECT digest, codec, id FROM unneeded
WHERE (digest, codec) > (?, ?) AND time <= ? ORDER BY digest, codec LIMIT ?
"""
_DELETE = """
DELETE FROM block WHERE id IN (SELECT id FROM unneeded WHERE digest = ? AND codec = ? AND time <= ?)
"""
_SCANNED_AT_ONCE, _DELETED_AT_ONCE = 10_000, 100
"""Blocks."""
_HOLD = 0.1
"""Seconds for which others wait to write, about."""

_Row = tuple[bytes, int, int]


class Collection:
    """One collection in a store's file.

    Each transaction that deletes takes in pins made since the one before, and deletes only what was
    not written again since: so nothing goes that somebody relies on.

    Args:
        connection: the file, used by nothing else.
        where: how messages call the store.
        before: Unix time; what arrived later stays.
    """

    def __init__(self, connection: Connection, where: str, before: float) -> None:
        self._connection, self._before = connection, before
        self._needed = Reach(connection, where)
        self._last_pin = 0

    def mark(self, keep: Iterable[Cid]) -> None:
        """Find what pins and `keep` need."""
        self._take_pins()
        self._needed.add(keep)
        self._needed.follow(complete=False)

    def sweep(self) -> int:
        """Delete the rest, and give freed space back to the file system; how many blocks went."""
        removed = 0
        for rows in self._unneeded():
            # By their place in the file, so that those in one page go together.
            waiting = iter(sorted(rows, key=lambda row: row[2]))
            while some := list(islice(waiting, _DELETED_AT_ONCE)):
                removed += self._delete(some, waiting)
        give_back(self._connection)
        return removed

    def _delete(self, some: list[_Row], more: Iterator[_Row]) -> int:
        """Delete some, and more of them while the time for which others wait is not over."""
        removed, end = 0, time.monotonic() + _HOLD
        with transaction(self._connection):
            self._take_pins()
            while some:
                keys = ((digest, codec, self._before) for digest, codec, _ in some)
                removed += self._connection.executemany(_DELETE, keys).rowcount
                some = list(islice(more, _DELETED_AT_ONCE)) if time.monotonic() < end else []
        time.sleep(PAUSE)
        return removed

    def _unneeded(self) -> Iterator[list[_Row]]:
        last = (b"", 0)
        while rows := self._connection.execute(
            _UNNEEDED, (*last, self._before, _SCANNED_AT_ONCE)
        ).fetchall():
            last = rows[-1][:2]
            yield rows

    def _take_pins(self) -> None:
        """Find what the pins made since the last time need."""
        while rows := self._connection.execute(PINS, (self._last_pin, PAGE)).fetchall():
            self._last_pin = rows[-1][0]
            self._needed.add(Cid(digest=digest, codec=codec) for _, digest, codec in rows)
        self._needed.follow(complete=True)
