"""Several stores as one."""

from collections.abc import Iterable, Iterator

from metaorg.errors import ContentCorrupt, ContentMissing, StoreUnreachable
from metaorg.ipfs.blocks import Block, verified
from metaorg.ipfs.store import Source, Store
from metaorg.types import Cid


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
        failures: list[StoreUnreachable | ContentCorrupt] = []
        for store in self._stores:
            try:
                data = verified(cid, store.get(cid), store.describe())
            except ContentMissing:
                continue
            except (ContentCorrupt, StoreUnreachable) as failure:
                failures.append(failure)
            else:
                if store is not self.first:
                    self._copy(cid, data)
                return data
        raise self._absence(cid, failures)

    def has(self, cid: Cid) -> bool:
        """Whether any store holds the block.

        Raises:
            StoreUnreachable: none of those that answered does, and at least one did not answer.
        """
        failures: list[StoreUnreachable | ContentCorrupt] = []
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
        """Pin in the first store, to which the block is copied if another one has it."""
        try:
            self.first.pin(cid)
        except ContentMissing:
            self.get(cid)
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

    def _copy(self, cid: Cid, data: bytes) -> None:
        try:
            self.first.write([Block(cid, data)])
        except StoreUnreachable:
            return

    def _absence(
        self, cid: Cid, failures: list[StoreUnreachable | ContentCorrupt]
    ) -> StoreUnreachable | ContentCorrupt | ContentMissing:
        """What to say when no store gave the block: the least that is certain."""
        if any(isinstance(failure, StoreUnreachable) for failure in failures):
            reasons = "; ".join(map(str, failures))
            return StoreUnreachable(
                f"{cid} was not found, but not every store could say ({reasons}); "
                f"asked were {self.describe()}"
            )
        corrupt = [failure.where for failure in failures if isinstance(failure, ContentCorrupt)]
        if corrupt:
            return ContentCorrupt(cid, " and ".join(corrupt))
        return ContentMissing(cid, [store.describe() for store in self._stores])
