"""A store that may be down: what it is to keep waits on disk until it has it.

What is written goes into a spool first and from there to the store. Blocks that the store has
acknowledged stay in the spool until they are pinned there: so an interrupted upload goes on where
it stopped, and what the store lost in between is sent again.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

from metaorg.errors import ContentMalformed, ContentMissing, StoreUnreachable, Unreachable
from metaorg.ipfs.blocks import Block, batches
from metaorg.ipfs.spool import Pending, Spool
from metaorg.ipfs.store import Store
from metaorg.types import Cid

_PARCEL_BLOCKS, _PARCEL_BYTES = 1000, 8 << 20
_KEPT = 24 * 3600
"""Seconds after which blocks that were sent and never pinned leave the spool."""

_FINAL = ContentMissing, ContentMalformed
"""What trying again does not change."""


class Queued(Store):
    """A store with a queue in front of it.

    Writing and pinning raise when the store cannot be reached; then everything is in the queue, and
    the next writing or pinning sends it first. So does the first reading, but what fails then is
    told to `warn`, and reading goes on: from the queue, if the store does not have a block.

    Args:
        store: any store; often a daemon.
        path: the queue's file, one for each store, made when something is written.
        warn: takes a sentence on what still waits, or cannot be sent at all.
    """

    name = "queued"

    def __init__(
        self, store: Store, path: str | Path, *, warn: Callable[[str], object] = lambda _: None
    ) -> None:
        self.store, self._warn = store, warn
        self._spool = Spool(path)
        self._settled = False

    def describe(self) -> str:
        return self.store.describe()

    def pending(self) -> Pending:
        """What waits."""
        if not self._spool.path.exists():
            return Pending(file=self._spool.path, blocks=0, size=0, pins=0)
        return self._spool.pending()

    def flush(self) -> None:
        """Send all that waits.

        Raises:
            StoreUnreachable: the store is down, slow or full; what it did not take still waits.
            ContentMissing: something cannot be pinned, as neither the store nor the queue has all
                of it; that pin does not wait any longer.
        """
        if not self.pending():
            return
        self._deliver()
        failures = [_failure(self._fulfil, cid) for cid in self._spool.wishes()]
        for failure in filter(None, failures):
            raise failure

    def write(self, blocks: Iterable[Block], *, pin: bool = False) -> None:
        """Keep blocks; all of them are in the queue when the store fails.

        Raises:
            StoreUnreachable: the store does not have all of them yet.
        """
        failure: Unreachable | None = None
        for batch in batches(blocks, count=_PARCEL_BLOCKS, size=_PARCEL_BYTES):
            self._spool.write(batch, pin=pin)
            failure = failure or _failure(self._deliver)
        if failure is not None:
            raise self._waits(failure)
        self._settle()

    def get(self, cid: Cid) -> bytes:
        self._settle()
        try:
            return self.store.get(cid)
        except Unreachable:
            if self._spooled(cid):
                return self._spool.get(cid)
            raise

    def get_many(self, cids: Iterable[Cid]) -> Iterator[tuple[Cid, bytes | Unreachable]]:
        self._settle()
        return self._or_spooled(self.store.get_many(cids))

    def held(self, cids: Iterable[Cid]) -> Iterator[tuple[Cid, bytes | Unreachable]]:
        """What the store holds itself, or the queue for it."""
        self._settle()
        return self._or_spooled(self.store.held(cids))

    def has(self, cid: Cid) -> bool:
        """Whether the queue holds the block or the store does."""
        self._settle()
        return self._spooled(cid) or self.store.has(cid)

    def pin(self, cid: Cid) -> None:
        """Keep a block and all that it links to.

        Raises:
            ContentMissing: neither the store nor the queue has all of it.
            StoreUnreachable: the pin waits.
        """
        self._spool.wish(cid)
        failure = _failure(self._deliver) or _failure(self._fulfil, cid)
        if failure is not None:
            raise failure if isinstance(failure, _FINAL) else self._waits(failure)
        self._settle()

    def unpin(self, cid: Cid) -> None:
        if self._spool.path.exists():
            self._spool.unwish(cid)
        self.store.unpin(cid)

    def pins(self) -> Iterator[Cid]:
        """What is pinned in the store."""
        self._settle()
        return self.store.pins()

    def cids(self) -> Iterator[Cid]:
        """What the store holds, as far as it can tell."""
        self._settle()
        return self.store.cids()

    def collect(self, keep: Iterable[Cid], *, older_than: float) -> int:
        """As the store does; what waits to be pinned is kept, too."""
        self._settle()
        wishes = self._spool.wishes() if self._spool.path.exists() else []
        return self.store.collect(chain(keep, wishes), older_than=older_than)

    def close(self) -> None:
        self.store.close()
        self._spool.close()

    def _settle(self) -> None:
        """Send once what earlier commands have left, and tell what cannot be sent."""
        if self._settled:
            return
        self._settled = True
        failure = _failure(self.flush)
        if failure is not None:
            self._warn(str(self._waits(failure)))

    def _deliver(self) -> None:
        for parcel in self._spool.parcels(count=_PARCEL_BLOCKS, size=_PARCEL_BYTES):
            intact = [block for block in parcel.blocks if block.cid.matches(block.data)]
            self.store.write(intact, pin=parcel.pin)
            self._spool.sent(intact, pin=parcel.pin)
            for cid in {block.cid for block in parcel.blocks} - {block.cid for block in intact}:
                self._warn(f"{cid} was damaged in {self._spool.path}: publish it again")

    def _fulfil(self, cid: Cid) -> None:
        """Pin what waits to be pinned, and send once more what the store has lost of it."""
        try:
            failure = _failure(self.store.pin, cid)
            if failure is not None:
                # A store with peers looks for a lost block among them, and does not say: missing.
                lost = [one for one in self._spool.sent_of(cid) if not self.store.has(one)]
                if not lost:
                    raise failure
                self._spool.send_again(lost)
                self._deliver()
                self.store.pin(cid)
        except _FINAL:
            self._spool.unwish(cid)
            raise
        self._spool.unwish(cid)
        self._spool.drop(time.time() - _KEPT if self._spool.pending() else math.inf)

    def _or_spooled(
        self, answers: Iterable[tuple[Cid, bytes | Unreachable]]
    ) -> Iterator[tuple[Cid, bytes | Unreachable]]:
        for cid, got in answers:
            if isinstance(got, Unreachable) and self._spooled(cid):
                yield from self._spool.get_many([cid])
            else:
                yield cid, got

    def _spooled(self, cid: Cid) -> bool:
        return self._spool.path.exists() and self._spool.has(cid)

    def _waits(self, failure: Unreachable) -> Unreachable:
        pending = self.pending()
        return StoreUnreachable(f"{failure}; {pending}") if pending else failure


def _failure(work: Callable[..., object], *arguments: Cid) -> Unreachable | None:
    try:
        work(*arguments)
    except Unreachable as failure:
        return failure
    return None
