"""DAG-PB nodes and the UnixFS message in them: bytes to values and back.

Both are protobuf, written by hand, for CIDs need one exact encoding and strangers need a strict
reader. A node is read as the DAG-PB specification says: links and data in either order, nothing
unknown, nothing twice. The UnixFS message is read as protobuf says: unknown fields are skipped.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

from metaorg.errors import ContentMalformed, InvalidInput
from metaorg.ipfs.blocks import Block
from metaorg.types import DAG_PB, RAW, Cid

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_WIDTHS = {_FIXED64: 8, _FIXED32: 4}


class Kind(IntEnum):
    """What a UnixFS node is, by the specification's numbers."""

    RAW = 0
    FOLDER = 1
    FILE = 2
    METADATA = 3
    SYMLINK = 4
    SHARD = 5


class Link(NamedTuple):
    """A link of a node.

    Args:
        hash: the CID as the node carries it: 36 bytes of version 1, or 34 of version 0.
        name: bytes; empty in files.
        size: what the child and all below it take up as blocks, in bytes, as the node claims.
    """

    hash: bytes
    name: bytes
    size: int

    @property
    def cid(self) -> Cid:
        """The child's CID.

        Raises:
            InvalidInput: not over sha2-256, or of an unknown codec.
        """
        return Cid.from_bytes(self.hash)


class UnixFS(NamedTuple):
    """The UnixFS message of a node, without its time.

    Args:
        data: a file's own bytes, a symlink's target, or the bits of a shard's slots.
        filesize: bytes of content, own and below.
        blocksizes: bytes of content below each link.
        mode: permission bits, 12 of them.
    """

    kind: Kind
    data: bytes = b""
    filesize: int | None = None
    blocksizes: tuple[int, ...] = ()
    hash_type: int | None = None
    fanout: int | None = None
    mode: int | None = None


class Node(NamedTuple):
    """A node, or a raw block as the file that it is."""

    links: Sequence[Link]
    unixfs: UnixFS


def make(links: Sequence[Link], unixfs: UnixFS, version: int) -> tuple[Block, Link]:
    """A node as a block, and the link to it, still without a name.

    Args:
        links: in the order in which they are written.
        version: of the CID that the link carries.
    """
    data = encode(links, unixfs)
    cid = Cid.of(data, DAG_PB)
    carried = cid.to_bytes() if version else cid.to_bytes()[2:]
    return Block(cid, data), Link(carried, b"", len(data) + sum(link.size for link in links))


def encode(links: Iterable[Link], unixfs: UnixFS) -> bytes:
    """The canonical bytes of a node: links first, then its message; a large one is copied once."""
    parts = []
    for hash_, name, size in links:
        link = _length(1, hash_) + _length(2, name) + b"\x18" + _varint(size)
        parts.append(_length(2, link))
    message = _message(unixfs)
    return b"".join((*parts, b"\x0a", _varint(sum(map(len, message))), *message))


def links(block: Block) -> list[Link]:
    """The links of a dag-pb block, whatever its data are.

    Raises:
        ContentMalformed: it is no dag-pb node.
    """
    try:
        return _node(block.data)[0]
    except _Malformed as fault:
        raise ContentMalformed(block.cid, f"{fault}; so it is no dag-pb node") from None


def decode(block: Block) -> Node:
    """The node of a dag-pb block, or the file that a raw one is.

    Raises:
        ContentMalformed: it is no UnixFS node.
    """
    if block.cid.codec == RAW:
        return Node((), UnixFS(Kind.FILE, block.data, len(block.data)))
    if block.cid.codec != DAG_PB:
        raise ContentMalformed(block.cid, "it is data of another kind, and no file or folder")
    try:
        found, data = _node(block.data)
        return Node(found, _unixfs(data))
    except _Malformed as fault:
        raise ContentMalformed(block.cid, f"{fault}; so it is no file or folder") from None


def _message(unixfs: UnixFS) -> list[bytes]:
    """The bytes of a message in pieces: fields by number, those that are None or empty left out."""
    parts = [b"\x08", _varint(unixfs.kind)]
    if unixfs.data:
        parts += [b"\x12", _varint(len(unixfs.data)), unixfs.data]
    if unixfs.filesize is not None:
        parts += [b"\x18", _varint(unixfs.filesize)]
    for size in unixfs.blocksizes:
        parts += [b"\x20", _varint(size)]
    rest = ((b"\x28", unixfs.hash_type), (b"\x30", unixfs.fanout), (b"\x38", unixfs.mode))
    for tag, value in rest:
        if value is not None:
            parts += [tag, _varint(value)]
    return parts


class _Malformed(Exception):
    """What is wrong with some bytes, as a clause."""


def _node(data: bytes) -> tuple[list[Link], bytes]:
    found: list[Link] = []
    content: bytes | None = None
    closed = False
    for number, value in _fields(data):
        if not isinstance(value, bytes) or number not in (1, 2):
            raise _Malformed(f"its node has an unknown field {number}")
        if number == 1 and content is not None:
            raise _Malformed("its node has data twice")
        if number == 2 and closed:
            raise _Malformed("its links are in two places")
        if number == 1:
            content, closed = value, bool(found)
        else:
            found.append(_link(value))
    return found, content or b""


def _link(data: bytes) -> Link:
    hash_, name, size, last = b"", b"", 0, 0
    for number, value in _fields(data):
        if number <= last:
            raise _Malformed("the fields of a link are out of order or repeated")
        last = number
        if number == 1 and isinstance(value, bytes):
            hash_ = value
        elif number == 2 and isinstance(value, bytes):
            name = value
        elif number == 3 and isinstance(value, int):
            size = value
        else:
            raise _Malformed(f"a link has an unknown field {number}")
    link = Link(hash_, name, size)
    try:
        link.cid  # noqa: B018 - whether it is one
    except InvalidInput as error:
        raise _Malformed(f"one of its links goes nowhere ({error})") from None
    return link


def _unixfs(data: bytes) -> UnixFS:
    """Singular fields count as written last, as protobuf says."""
    numbers: dict[int, int] = {}
    content = b""
    sizes: list[int] = []
    for number, value in _fields(data):
        if number == 2 and isinstance(value, bytes):
            content = value
        elif number == 4:
            sizes += [value] if isinstance(value, int) else list(_packed(value))
        elif number in (1, 3, 5, 6, 7) and isinstance(value, int):
            numbers[number] = value
        elif number <= 7:
            raise _Malformed(f"its field {number} is of a wrong type")
    try:
        kind = Kind(numbers.get(1, -1))
    except ValueError:
        raise _Malformed("it does not say whether it is a file or a folder") from None
    rest = (numbers.get(number) for number in (5, 6, 7))
    return UnixFS(kind, content, numbers.get(3), tuple(sizes), *rest)


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Every field's number and value: an int for varints, bytes for all other types."""
    position, end = 0, len(data)
    while position < end:
        tag, position = _read_varint(data, position)
        number, wire = tag >> 3, tag & 7
        if not 0 < number < 1 << 29:
            raise _Malformed(f"a field has the number {number}")
        if wire == _VARINT:
            value, position = _read_varint(data, position)
            yield number, value
            continue
        if wire == _BYTES:
            size, position = _read_varint(data, position)
        elif wire in _WIDTHS:
            size = _WIDTHS[wire]
        else:
            raise _Malformed(f"a field has the unknown type {wire}")
        if size > end - position:
            raise _Malformed("it ends in the middle of a field")
        yield number, data[position : position + size]
        position += size


def _packed(data: bytes) -> Iterator[int]:
    position = 0
    while position < len(data):
        value, position = _read_varint(data, position)
        yield value


def _read_varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    for index in range(position, min(position + 10, len(data))):
        byte = data[index]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value >> 64:
                break
            return value, index + 1
        shift += 7
    raise _Malformed("it has a number that is cut off or over 64 bits")


def _length(number: int, data: bytes) -> bytes:
    return bytes((number << 3 | _BYTES,)) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    if value < 0x80:
        return bytes((value,))
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)
