"""Blocks that link to blocks: to follow the links, to see what is missing, and to copy the rest.

Whatever strangers publish, memory is bounded: what waits is kept as 33 bytes a link and at most
`WAITING_LIMIT` of them (132 MiB), and at most `NODES_LIMIT` blocks with links are remembered (about
130 bytes each). Each of those is visited once, however many paths lead to it, so that a small graph
cannot unfold. Blocks without links are remembered only for a while: one of them may come again
after 65,536 others.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from metaorg.errors import (
    ContentCorrupt,
    ContentMalformed,
    ContentMissing,
    InvalidInput,
    Unreachable,
)
from metaorg.ipfs import dagpb
from metaorg.ipfs.blocks import Block
from metaorg.ipfs.store import Source, Store
from metaorg.types import DAG_CBOR, DAG_PB, RAW, Cid

WAITING_LIMIT = 1 << 22
NODES_LIMIT = 1 << 22
_RECENT = 1 << 16
_WINDOW, _WINDOW_NODES = 256, 32
"""Blocks that are asked for at once, and how many of them may have links."""
_KEY = 33
"""Bytes of a CID while it waits: its codec and its digest."""


class Copied(NamedTuple):
    """What a copy brought: blocks that the target lacked, and their bytes."""

    blocks: int
    size: int


def links(block: Block) -> list[Cid]:
    """What a block links to, in its order, repetitions included.

    Raises:
        ContentMalformed: its bytes are not of its codec, or a link is no CID that `Cid` can hold.
    """
    if block.cid.codec == DAG_PB:
        return [link.cid for link in dagpb.links(block)]
    if block.cid.codec == DAG_CBOR:
        return _cbor_links(block)
    return []


def walk(source: Source, root: Cid) -> Iterator[Block]:
    """The blocks of a DAG, each before what it links to, depth first in the order of links.

    Raises:
        Unreachable: a block is missing, or nobody knows; the walk ends there.
        ContentMalformed: a block's links cannot be read, or there are more than the limits allow.
    """
    paths = _Paths(root)
    while found := paths.next(1, 1):
        block = Block(found[0], source.get(found[0]))
        paths.follow(block)
        yield block


def missing(source: Source, root: Cid, *, verify: bool = True) -> Iterator[Cid]:
    """What a source lacks of a DAG, or holds damaged.

    What lies below a missing block is unknown, and comes only once that block is there.

    Args:
        verify: read every block; otherwise those without links only have to be there.

    Raises:
        Unreachable: for one block nobody knows; then neither is known what is missing.
    """
    paths = _Paths(root)
    while window := paths.next(_WINDOW, _WINDOW_NODES):
        if not verify:
            yield from (cid for cid in window if cid.codec == RAW and not source.has(cid))
            window = [cid for cid in window if cid.codec != RAW]
        yield from _lacking(source, window, paths, lambda size: None)


def copy(
    root: Cid,
    source: Source,
    target: Store,
    advance: Callable[[int], object] = lambda size: None,
) -> Copied:
    """Fill what a store lacks of a DAG, or holds damaged, from a source.

    What the target has is read there. An interrupted copy is gone on with by doing it again.

    Args:
        advance: called with the size of each block, whether it was there or came.

    Raises:
        Unreachable: the source does not have a block, or nobody knows; what came is kept.
        ContentMalformed: as for `walk`.
    """
    paths, blocks, size = _Paths(root), 0, 0
    while window := paths.next(_WINDOW, _WINDOW_NODES):
        lacking = list(_lacking(target, window, paths, advance))
        arrivals = _Arrivals(source, lacking, paths, advance)
        if lacking:
            target.write(arrivals)
        blocks, size = blocks + arrivals.blocks, size + arrivals.size
        if arrivals.failure is not None:
            raise arrivals.failure
    return Copied(blocks, size)


class _Arrivals:
    """Blocks as a source sends them.

    A failure ends them and is kept, not raised: so the store keeps what it was given before.
    """

    def __init__(
        self, source: Source, cids: list[Cid], paths: "_Paths", advance: Callable[[int], object]
    ) -> None:
        self.source, self.cids, self.paths, self.advance = source, cids, paths, advance
        self.blocks = self.size = 0
        self.failure: Unreachable | None = None

    def __iter__(self) -> Iterator[Block]:
        for cid, got in self.source.get_many(self.cids):
            try:
                block = Block(cid, _given(got))
                self.paths.follow(block)
            except Unreachable as failure:
                self.failure = self.failure or failure
                continue
            self.blocks, self.size = self.blocks + 1, self.size + len(block.data)
            self.advance(len(block.data))
            yield block


class _Paths:
    """Which links are still to follow: a stack of packed keys for each level."""

    def __init__(self, root: Cid) -> None:
        self._stack = [(_key(root), 0)]
        self._waiting = 1
        self._nodes: set[bytes] = set()
        self._recent: dict[bytes, None] = {}

    def next(self, count: int, nodes: int) -> list[Cid]:
        """The next CIDs, at most `count`, and at most `nodes` that may have links."""
        window: list[Cid] = []
        while self._stack and len(window) < count and nodes:
            key = self._pop()
            if key in self._nodes or key in self._recent:
                continue
            self._recent[key] = None
            if len(self._recent) > _RECENT:
                del self._recent[next(iter(self._recent))]
            nodes -= key[0] != RAW
            window.append(Cid(codec=key[0], digest=key[1:]))
        return window

    def follow(self, block: Block) -> None:
        """Put a block's links on the stack."""
        found = links(block)
        if not found:
            return
        self._nodes.add(_key(block.cid))
        self._stack.append((b"".join(map(_key, found)), 0))
        self._waiting += len(found)
        if self._waiting > WAITING_LIMIT or len(self._nodes) > NODES_LIMIT:
            raise ContentMalformed(
                block.cid,
                f"with it, more than {WAITING_LIMIT:,} links wait to be followed, or there are "
                f"more than {NODES_LIMIT:,} nodes; take its parts one by one",
            )

    def _pop(self) -> bytes:
        keys, position = self._stack.pop()
        after = position + _KEY
        if after < len(keys):
            self._stack.append((keys, after))
        self._waiting -= 1
        return keys[position:after]


def _lacking(
    source: Source, cids: list[Cid], paths: _Paths, advance: Callable[[int], object]
) -> Iterator[Cid]:
    """The CIDs that a source does not have; the links of the others are followed."""
    for cid, got in source.held(cids):
        if isinstance(got, ContentMissing | ContentCorrupt):
            yield cid
            continue
        block = Block(cid, _given(got))
        advance(len(block.data))
        paths.follow(block)


def _given(got: bytes | Unreachable) -> bytes:
    if isinstance(got, Unreachable):
        raise got
    return got


def _key(cid: Cid) -> bytes:
    return bytes((cid.codec,)) + cid.digest


def _cbor_links(block: Block) -> list[Cid]:
    """Every CID of a DAG-CBOR block.

    The bytes are scanned and no value is built: so nesting needs no stack, and of the tags of CBOR
    none can do anything. Numbers may be written longer than DAG-CBOR allows.
    """
    found, expected, position = [], 1, 0
    try:
        while expected:
            expected -= 1
            major, value, position = _cbor_head(block.data, position)
            if major in (2, 3):
                position += value
            elif major in (4, 5):
                expected += value * (major - 3)
            elif major == 6:
                cid, position = _cbor_cid(block.data, value, position)
                found.append(cid)
    except (IndexError, InvalidInput, ValueError) as error:
        raise ContentMalformed(block.cid, f"it is no DAG-CBOR ({error})") from None
    if position != len(block.data):
        raise ContentMalformed(block.cid, "it is no DAG-CBOR (it has another length)")
    return found


def _cbor_head(data: bytes, position: int) -> tuple[int, int, int]:
    """The major type of an item, its argument, and where it goes on."""
    major, low = data[position] >> 5, data[position] & 31
    after = position + 1
    if low < 24:
        return major, low, after
    if low > 27:
        raise ValueError("an item has no definite length")
    width = 1 << low - 24
    return major, int.from_bytes(data[after : after + width]), after + width


def _cbor_cid(data: bytes, tag: int, position: int) -> tuple[Cid, int]:
    major, size, start = _cbor_head(data, position)
    if tag != 42 or major != 2 or data[start : start + 1] != b"\0":
        raise ValueError(f"the tag {tag} marks no link")
    return Cid.from_bytes(data[start + 1 : start + size]), start + size
