"""What every source of blocks and every store of them can do."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import ClassVar

from metaorg.errors import Unreachable
from metaorg.ipfs.blocks import Block, cid_of
from metaorg.types import RAW, Cid


class Source(ABC):
    """Blocks by their CID, to read.

    Whoever asks gets the bytes that hash to the CID or an error, never other bytes.
    `ContentMissing` says that the source looked and has it not; `StoreUnreachable` says that nobody
    knows.
    """

    name: ClassVar[str]
    """The kind of source, one word."""

    @abstractmethod
    def describe(self) -> str:
        """Which source it is, for messages."""

    @abstractmethod
    def get(self, cid: Cid) -> bytes:
        """The block's bytes, verified."""

    @abstractmethod
    def has(self, cid: Cid) -> bool:
        """Whether the source itself holds the block."""

    def get_many(self, cids: Iterable[Cid]) -> Iterator[tuple[Cid, bytes | Unreachable]]:
        """Each block, verified, or why not, in any order; lazily.

        A source that waits for a network asks for several at once, and a bounded number ahead.
        """
        for cid in cids:
            try:
                yield cid, self.get(cid)
            except Unreachable as error:
                yield cid, error

    def held(self, cids: Iterable[Cid]) -> Iterator[tuple[Cid, bytes | Unreachable]]:
        """The same, of what the source holds itself, without asking others."""
        return self.get_many(cids)

    def close(self) -> None:  # noqa: B027 - most have nothing to free
        """Free what is open; the next use opens it again."""


class Held(Source):
    """What a source holds itself; nobody else is asked."""

    name = "held"

    def __init__(self, source: Source) -> None:
        self.source = source

    def describe(self) -> str:
        return self.source.describe()

    def get(self, cid: Cid) -> bytes:
        ((_, got),) = self.source.held([cid])
        if isinstance(got, Unreachable):
            raise got
        return got

    def has(self, cid: Cid) -> bool:
        return self.source.has(cid)

    def get_many(self, cids: Iterable[Cid]) -> Iterator[tuple[Cid, bytes | Unreachable]]:
        return self.source.held(cids)


class Store(Source):
    """Blocks by their CID, to read and to keep.

    What is pinned stays, with all that it links to; the rest may go when somebody collects.
    """

    @abstractmethod
    def write(self, blocks: Iterable[Block], *, pin: bool = False) -> None:
        """Keep blocks that are known to hash to their CIDs; when this returns, the store has them.

        Memory is bounded: what comes is written in batches. When it fails, blocks before the
        failure may have been kept; writing them again is harmless, and heals damaged ones.

        Args:
            pin: keep each of them for its own sake; for blocks without links.
        """

    def put(self, data: bytes, codec: int = RAW) -> Cid:
        """Keep one block, and pin it if it is raw; one with links waits for `pin`."""
        return self.put_many((data,), codec)[0]

    def put_many(self, blocks: Iterable[bytes], codec: int = RAW) -> list[Cid]:
        """The same for several blocks of one codec, faster; CIDs in their order."""
        kept: list[Cid] = []

        def named() -> Iterator[Block]:
            for data in blocks:
                kept.append(cid_of(data, codec))
                yield Block(kept[-1], data)

        self.write(named(), pin=codec == RAW)
        return kept

    @abstractmethod
    def pin(self, cid: Cid) -> None:
        """Keep a block and all that it links to.

        Raises:
            ContentMissing: a part of it is not here.
        """

    @abstractmethod
    def unpin(self, cid: Cid) -> None:
        """Let a block go, unless another pin keeps it; nothing if it is not pinned."""

    @abstractmethod
    def pins(self) -> Iterator[Cid]:
        """What is pinned, in no order."""

    @abstractmethod
    def cids(self) -> Iterator[Cid]:
        """What the store holds, as far as it can tell; not verified."""

    @abstractmethod
    def collect(self, keep: Iterable[Cid], *, older_than: float) -> int:
        """Delete blocks that no pin and nothing in `keep` needs; gives how many went.

        Args:
            keep: roots that stay with all that they link to, as far as it is here.
            older_than: seconds; what came later stays, since somebody may be still writing it.
        """
