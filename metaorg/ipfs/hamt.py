"""Sharded folders: a hash array mapped trie over murmur3, as UnixFS defines it.

A name's place is its hash, read from the highest bit: as many bits at each level as choose one of
`fanout` slots. A slot holds one entry, or a shard with all entries whose hashes begin so. Since a
reader checks that every name lies where its hash says, no name can be there twice.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import mmh3

from metaorg.errors import ContentMalformed, InvalidInput
from metaorg.ipfs.blocks import Block
from metaorg.ipfs.dagpb import Kind, Link, Node, UnixFS, decode, make
from metaorg.ipfs.store import Source

MURMUR3 = 0x22
"""The multicodec of murmur3-x64-64: the first half of the 128 bits, big-endian."""
_HASH_BITS = 64
_FANOUTS = tuple(1 << bits for bits in range(3, 11))


class Shape(NamedTuple):
    """How shards are built.

    Args:
        fanout: slots of a shard, a power of two from 8 to 1024.
        version: of the CIDs that links carry.
    """

    fanout: int
    version: int


def shards(
    entries: Sequence[Link], shape: Shape, mode: int | None = None
) -> Generator[Block, None, Link]:
    """The shards of a folder, children first; gives the link to the topmost.

    Args:
        entries: each with another name.
        mode: of the folder; only the topmost shard carries it.

    Raises:
        InvalidInput: the hashes of two names are equal.
    """
    placed = sorted((_hash(entry.name), entry) for entry in entries)
    return (yield from _shard(placed, shape, 1, mode))


def find(source: Source, root: Block, name: bytes) -> Link | None:
    """The entry of a sharded folder, by reading only the shards on the way to it."""
    place, block = _hash(name), root
    node = decode(root)
    shape, level = _shape(block, node, None), 1
    while True:
        wanted = _slot(place, shape, level)
        found = [entry for slot, entry in _slots(block, node, shape) if slot == wanted]
        if not found or found[0].name not in (b"", name):
            return None
        if found[0].name:
            return found[0]
        block, node = _child(source, found[0], shape, level)
        level += 1


def walk(
    source: Source, root: Block, hold: Callable[[Sequence[Link]], Iterator[Link]] = iter
) -> Iterator[Link]:
    """Every entry of a sharded folder, in the order of the hashes.

    Args:
        hold: iterates over the links of one shard; a place to count what waits.

    Raises:
        ContentMalformed: a shard that is none, or a name in a wrong place.
    """
    node = decode(root)
    shape = _shape(root, node, None)
    stack = [_Open(root, node, shape, 0, hold)]
    while stack:
        top = stack[-1]
        step = next(top.rest, None)
        if step is None:
            stack.pop()
            continue
        slot, entry = step
        prefix = top.prefix * shape.fanout + slot
        if not entry.name:
            child = _child(source, entry, shape, len(stack))
            stack.append(_Open(*child, shape, prefix, hold))
        elif _hash(entry.name) >> _HASH_BITS - len(stack) * _bits(shape) != prefix:
            raise ContentMalformed(top.block.cid, f"{entry.name!r} is in a wrong slot")
        else:
            yield entry


class _Open:
    """A shard whose slots are being read.

    Args:
        prefix: the beginning of all hashes in it, as a number.
    """

    def __init__(
        self,
        block: Block,
        node: Node,
        shape: Shape,
        prefix: int,
        hold: Callable[[Sequence[Link]], Iterator[Link]],
    ) -> None:
        self.block, self.prefix = block, prefix
        slots = _slots(block, node, shape)
        entries = hold([entry for _, entry in slots])
        self.rest = zip((slot for slot, _ in slots), entries, strict=True)


def _shard(
    placed: Sequence[tuple[int, Link]], shape: Shape, level: int, mode: int | None = None
) -> Generator[Block, None, Link]:
    width, bits, links = _width(shape), 0, []
    if level * _bits(shape) > _HASH_BITS:
        names = ", ".join(repr(entry.name) for _, entry in placed[:2])
        raise InvalidInput(f"{names} cannot be in one folder: their hashes are equal; rename one")
    for slot, group in groupby(placed, lambda one: _slot(one[0], shape, level)):
        members = list(group)
        if len(members) == 1:
            link, name = members[0][1], members[0][1].name
        else:
            link, name = (yield from _shard(members, shape, level + 1)), b""
        links.append(link._replace(name=b"%0*X" % (width, slot) + name))
        bits |= 1 << slot
    field = bits.to_bytes((bits.bit_length() + 7) // 8)
    unixfs = UnixFS(Kind.SHARD, field, None, (), MURMUR3, shape.fanout, mode)
    block, link = make(links, unixfs, shape.version)
    yield block
    return link


def _child(source: Source, link: Link, shape: Shape, level: int) -> tuple[Block, Node]:
    block = Block(link.cid, source.get(link.cid))
    if (level + 1) * _bits(shape) > _HASH_BITS:
        raise ContentMalformed(block.cid, "its shards lie deeper than hashes have bits")
    node = decode(block)
    _shape(block, node, shape)
    return block, node


def _shape(block: Block, node: Node, expected: Shape | None) -> Shape:
    unixfs = node.unixfs
    if unixfs.kind != Kind.SHARD:
        raise ContentMalformed(block.cid, "it lies where a shard of a folder should be")
    shape = Shape(unixfs.fanout or 0, 1)
    if unixfs.hash_type != MURMUR3 or shape.fanout not in _FANOUTS or expected not in (None, shape):
        raise ContentMalformed(
            block.cid, f"it is a shard of {shape.fanout} slots by hash {unixfs.hash_type}"
        )
    return shape


def _slots(block: Block, node: Node, shape: Shape) -> list[tuple[int, Link]]:
    """The used slots in order, with what they hold; sub-shards have empty names."""
    width, bits = _width(shape), 0
    slots = []
    for link in node.links:
        slot = _number(link.name[:width])
        if not 0 <= slot < shape.fanout or bits >> slot or len(link.name) < width:
            raise ContentMalformed(block.cid, f"{link.name!r} names no slot, or one out of order")
        bits |= 1 << slot
        slots.append((slot, link._replace(name=link.name[width:])))
    if int.from_bytes(node.unixfs.data) != bits:
        raise ContentMalformed(block.cid, "it does not say truly which of its slots are used")
    return slots


def _number(digits: bytes) -> int:
    """The number that upper-case hex digits write; -1 for anything else."""
    return int(digits, 16) if digits and not digits.strip(b"0123456789ABCDEF") else -1


def _hash(name: bytes) -> int:
    return mmh3.hash64(name, signed=False)[0]


def _slot(place: int, shape: Shape, level: int) -> int:
    return place >> _HASH_BITS - level * _bits(shape) & shape.fanout - 1


def _bits(shape: Shape) -> int:
    return shape.fanout.bit_length() - 1


def _width(shape: Shape) -> int:
    """Hex digits that name a slot."""
    return len(f"{shape.fanout - 1:X}")
