"""Blocks made by hand, and a source that holds them, counts what it gives, and can fail."""

from collections import Counter
from collections.abc import Iterable

from metaorg.errors import ContentMissing, Unreachable
from metaorg.ipfs import Source
from metaorg.ipfs.blocks import Block
from metaorg.ipfs.dagpb import Kind, Link, UnixFS, encode
from metaorg.types import DAG_PB, RAW, Cid


class Shelf(Source):
    """Blocks in memory; `failures` are raised for their CIDs, `given` counts the rest."""

    name = "shelf"

    def __init__(self, blocks: Iterable[Block] = ()) -> None:
        self.blocks = {block.cid: block.data for block in blocks}
        self.failures: dict[Cid, Unreachable] = {}
        self.given: Counter[Cid] = Counter()

    def describe(self) -> str:
        return "a shelf"

    def add(self, *blocks: Block) -> Cid:
        """Keep blocks; gives the last one's CID."""
        self.blocks.update(blocks)
        return blocks[-1].cid

    def get(self, cid: Cid) -> bytes:
        if cid in self.failures:
            raise self.failures[cid]
        if cid not in self.blocks:
            raise ContentMissing(cid, [self.describe()])
        self.given[cid] += 1
        return self.blocks[cid]

    def has(self, cid: Cid) -> bool:
        return cid in self.blocks


def raw(data: bytes) -> Block:
    return Block(Cid.of(data, RAW), data)


def node(children: Iterable[tuple[bytes, Block]] = (), unixfs: UnixFS | None = None) -> Block:
    """A node with named children; a folder unless told otherwise."""
    links = [Link(block.cid.to_bytes(), name, len(block.data)) for name, block in children]
    data = encode(links, unixfs or UnixFS(Kind.FOLDER))
    return Block(Cid.of(data, DAG_PB), data)


def file_of(*parts: tuple[Block, int], data: bytes = b"", filesize: int | None = None) -> Block:
    """A file of parts with the sizes that it declares."""
    sizes = tuple(size for _, size in parts)
    total = len(data) + sum(sizes) if filesize is None else filesize
    return node([(b"", part) for part, _ in parts], UnixFS(Kind.FILE, data, total, sizes))


def symlink(target: bytes) -> Block:
    return node(unixfs=UnixFS(Kind.SYMLINK, target))
