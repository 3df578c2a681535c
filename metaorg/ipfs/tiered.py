"""Several stores as one."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from metaorg.errors import ContentCorrupt, ContentMissing, StoreUnreachable, Unreachable
from metaorg.ipfs import dag
from metaorg.ipfs.blocks import Block
from metaorg.ipfs.store import Source, Store
from metaorg.types import Cid

_AT_ONCE = 16
"""Blocks that one store is asked for before the next one."""


class Tiered(Store):
    """Several stores as one: written to the first, read from the first that has it.

    What another one served is verified and copied into the first, which also heals a damaged block
    there. A copy that fails is left out: the reader has the bytes, and the next read tries again.
    """

    name = "tiered"

    def __init__(self, first: Store, *others: Source) -> None:
        self.first, self.others = first, others

    def describe(self) -> str:
        return ", then ".join(store.describe() for store in self._stores)

    def write(self, blocks: Iterable[Block], *, pin: bool = False) -> None:
        self.first.write(blocks, pin=pin)

    def get(self, cid: Cid) -> bytes:
        """The block's bytes, verified here as well, whoever served them.

        Raises:
            ContentMissing: every store was asked and none has it.
            StoreUnreachable: none had it, and at least one could not say: unknown, not missing.
            ContentCorrupt: all answered, and those that have it hold damaged bytes.
        """
        ((_, got),) = self._ask([cid])
        if isinstance(got, Unreachable):
            raise got
        return got

    def get_many(self, cids: Iterable[Cid]) -> Iterator[tuple[Cid, bytes | Unreachable]]:
        """Each block or why not, as `get`, a few at a time from one store after the other."""
        waiting = iter(cids)
        while some := list(islice(waiting, _AT_ONCE)):
            yield from self._ask(some)

    def held(self, cids: Iterable[Cid]) -> Iterator[tuple[Cid, bytes | Unreachable]]:
        """What the first store holds."""
        return self.first.held(cids)

    def has(self, cid: Cid) -> bool:
        """Whether any store holds the block.

        Raises:
            StoreUnreachable: none of those that answered does, and at least one did not answer.
        """
        failures: list[Unreachable] = []
        for store in self._stores:
            try:
                if store.has(cid):
                    return True
            except StoreUnreachable as failure:
                failures.append(failure)
        if failures:
            raise self._absence(cid, failures)
        return False

    def pin(self, cid: Cid) -> None:
        """Pin in the first store, to which is copied what another one has of it."""
        try:
            self.first.pin(cid)
        except ContentMissing:
            dag.copy(cid, self, self.first)
            self.first.pin(cid)

    def unpin(self, cid: Cid) -> None:
        self.first.unpin(cid)

    def pins(self) -> Iterator[Cid]:
        return self.first.pins()

    def cids(self) -> Iterator[Cid]:
        """What the first store keeps."""
        return self.first.cids()

    def collect(self, keep: Iterable[Cid], *, older_than: float) -> int:
        return self.first.collect(keep, older_than=older_than)

    def close(self) -> None:
        for store in self._stores:
            store.close()

    @property
    def _stores(self) -> tuple[Source, ...]:
        return (self.first, *self.others)

    def _ask(self, cids: Sequence[Cid]) -> Iterator[tuple[Cid, bytes | Unreachable]]:
        failures: dict[Cid, list[Unreachable]] = {cid: [] for cid in cids}
        for store in self._stores:
            found = []
            for cid, got in store.get_many(list(failures)):
                if isinstance(got, Unreachable):
                    failures[cid].append(got)
                elif not cid.matches(got):
                    failures[cid].append(ContentCorrupt(cid, store.describe()))
                else:
                    found.append(Block(cid, got))
            if store is not self.first:
                self._copy(found)
            yield from found
            for cid, _ in found:
                failures.pop(cid, None)
        yield from ((cid, self._absence(cid, why)) for cid, why in failures.items())

    def _copy(self, blocks: Sequence[Block]) -> None:
        try:
            self.first.write(blocks)
        except StoreUnreachable:
            return

    def _absence(self, cid: Cid, failures: list[Unreachable]) -> Unreachable:
        """What to say when no store gave the block: the least that is certain."""
        unsure = [failure for failure in failures if not isinstance(failure, ContentMissing)]
        if any(isinstance(failure, StoreUnreachable) for failure in unsure):
            reasons = "; ".join(map(str, unsure))
            return StoreUnreachable(
                f"{cid} was not found, but not every store could say ({reasons}); "
                f"asked were {self.describe()}"
            )
        corrupt = [failure.where for failure in unsure if isinstance(failure, ContentCorrupt)]
        if corrupt:
            return ContentCorrupt(cid, " and ".join(corrupt))
        return ContentMissing(cid, [store.describe() for store in self._stores])
