"""CAR files: blocks one after another behind the list of their roots, as Kubo exports and imports.

A file is a length and a header (DAG-CBOR: version 1 and the roots), then for each block a length,
its CID and its bytes. Lengths are varints. What a file says is believed only after it was checked:
memory is that of one block, whatever lengths it claims.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from metaorg.errors import ContentCorrupt, InvalidInput
from metaorg.ipfs.blocks import Block
from metaorg.ipfs.dag import walk
from metaorg.ipfs.store import Source
from metaorg.types import BLOCK_LIMIT, Cid

HEADER_LIMIT = 1 << 20
"""Bytes of a header that is read, enough for 24,000 roots."""

_CID = 36
"""Bytes of a CID of version 1; one of version 0 has two less."""
_LENGTH = 4
"""Bytes of a length that is read: a fourth one reaches 256 MiB, more than any limit here."""
_LINK = b"\xd8\x2aX"  # tag 42, and bytes whose number follows in one byte
_SECOND = bytes.fromhex("0aa16776657273696f6e02")
"""How a file of version 2 begins, which wraps one of version 1: 40 bytes on its layout follow."""
_SKIP = 1 << 16


class Car:
    """A CAR file that is being read: its roots, and its blocks as somebody asks for them, once.

    Blocks come in the order of the file, each verified. Whether all that the roots link to is there
    is nothing that a CAR promises: `dag.missing` tells.
    """

    def __init__(self, roots: Sequence[Cid], blocks: Iterator[Block]) -> None:
        self.roots, self._blocks = tuple(roots), blocks

    def __iter__(self) -> Iterator[Block]:
        """The blocks.

        Raises:
            ContentCorrupt: bytes do not hash to their CID; it names the CID and the place.
            InvalidInput: the file is cut off, is no CAR, or exceeds a limit; it names the place,
                and the block if one was begun.
        """
        return self._blocks


def read(file: BinaryIO, *, size: int | None = None, count: int | None = None) -> Car:
    """The CAR in a file, of version 1, or 2 of which only the inner version 1 is read.

    Args:
        file: read forward only, so that a pipe will do; buffered, or reads may come short.
        size: the most bytes to read; None for no limit.
        count: the most blocks to read; None for no limit.

    Raises:
        InvalidInput: no CAR, or roots with another hash or codec than this project's.
    """
    source = _Input(file, size)
    head = _header_of(source)
    if head == _SECOND[1:]:
        _enter(source)
        head = _header_of(source)
    return Car(_roots(source, head), _blocks(source, count))


def write(file: BinaryIO, roots: Sequence[Cid], blocks: Iterable[Block]) -> None:
    """Write a CAR of version 1; blocks are read as they are written."""
    for part in parts(roots, blocks):
        file.write(part)


def export(file: BinaryIO, roots: Sequence[Cid], source: Source) -> None:
    """Write a CAR of all that roots link to, each block before what it links to.

    Raises:
        Unreachable: the source lacks a block or cannot say; then the file is not whole.
    """
    file.writelines(exported(roots, source))


def exported(roots: Sequence[Cid], source: Source) -> Iterator[bytes]:
    """The same in pieces, as `parts`."""
    return parts(roots, (block for root in roots for block in walk(source, root)))


def parts(roots: Sequence[Cid], blocks: Iterable[Block]) -> Iterator[bytes]:
    """The bytes of a CAR in pieces, for whoever sends it; each block ends with a piece."""
    header = _header([root.to_bytes() for root in roots])
    yield _varint(len(header)) + header
    for cid, data in blocks:
        yield _varint(_CID + len(data)) + cid.to_bytes()
        yield data


class _Input:
    """A file that is read forward, and where in it the reader stands."""

    def __init__(self, file: BinaryIO, limit: int | None) -> None:
        self._file, self._limit = file, sys.maxsize if limit is None else limit
        self.name = str(getattr(file, "name", "the CAR"))
        self.at, self.end = 0, sys.maxsize

    def take(self, size: int, what: str) -> bytes:
        """So many bytes; `what` they are is said when they are not there."""
        data = self.take_at_most(size)
        if len(data) < size:
            raise self.fault(f"it ends in {what}")
        return data

    def take_at_most(self, size: int) -> bytes:
        data = self._file.read(min(size, self.end - self.at))
        self.at += len(data)
        if self.at > self._limit:
            raise self.fault(f"the CAR has more than {self._limit:,} bytes")
        return data

    def varint(self, limit: int, what: str) -> int:
        """The number before `what`; 0 at the end of the file, as nothing has no length.

        Raises:
            InvalidInput: it is 0, over `limit`, or written longer than it needs to be.
        """
        start, number = self.at, 0
        for place in range(_LENGTH):
            byte = self.take_at_most(1) if place == 0 else self.take(1, f"the length of {what}")
            if not byte:
                return 0
            number |= (byte[0] & 0x7F) << 7 * place
            if byte[0] < 0x80:
                break
        if not 0 < number <= limit or byte[0] >= 0x80 or (byte == b"\0" and place):
            raise self.fault(f"no {what} has the length that stands there", start)
        return number

    def fault(self, problem: str, at: int | None = None) -> InvalidInput:
        return InvalidInput(f"{self.name} at byte {self.at if at is None else at:,}: {problem}")


def _header_of(source: _Input) -> bytes:
    length = source.varint(HEADER_LIMIT, "header of a CAR")
    return source.take(length, "the header of a CAR")


def _enter(source: _Input) -> None:
    """Go to the version 1 inside a version 2."""
    layout = source.take(40, "the layout of a CAR of version 2")
    start, length = (int.from_bytes(layout[n : n + 8], "little") for n in (16, 24))
    if start < source.at:
        raise source.fault("it is a CAR of version 2 whose layout makes no sense")
    while source.at < start:
        source.take(min(_SKIP, start - source.at), "the padding of a CAR of version 2")
    source.end = start + length


def _roots(source: _Input, header: bytes) -> list[Cid]:
    """Read by hand: one form is allowed, and a general CBOR reader would take a hundred.

    Only what writing the found roots gives again is accepted, so that looking is all that it takes.
    """
    start = re.match(rb"\xa2eroots([\x80-\x97]|\x98.|\x99..|\x9a....)", header, re.DOTALL)
    found, at = [], start.end() if start else 0
    while header.startswith(_LINK, at) and at + 4 < len(header):
        end = at + 4 + header[at + 3]
        found.append(header[at + 5 : end])
        at = end
    if header != _header(found):
        raise source.fault("it is no CAR of version 1 with roots over sha2-256", 0)
    return [_cid(source, root, 0) for root in found]


def _blocks(source: _Input, count: int | None) -> Iterator[Block]:
    read = 0
    while length := source.varint(_CID + BLOCK_LIMIT, "block"):
        read += 1
        if count is not None and read > count:
            raise source.fault(f"the CAR has more than {count:,} blocks")
        yield _block(source, length)


def _block(source: _Input, length: int) -> Block:
    start = source.at
    head = source.take(min(length, _CID), "the CID of a block")
    size = 34 if head.startswith(b"\x12\x20") else _CID
    cid = _cid(source, head[:size], start)
    if length - size > BLOCK_LIMIT:
        raise source.fault(f"block {cid} has more than {BLOCK_LIMIT:,} bytes (2 MiB)", start)
    data = head[size:] + source.take(length - len(head), f"block {cid}")
    if not cid.matches(data):
        raise ContentCorrupt(cid, f"{source.name} at byte {start:,}")
    return Block(cid, data)


def _cid(source: _Input, raw: bytes, at: int) -> Cid:
    try:
        return Cid.from_bytes(raw)
    except InvalidInput as error:
        raise source.fault(f"{error}, and others are not supported", at) from None


def _header(roots: Sequence[bytes]) -> bytes:
    links = [_LINK + bytes((len(root) + 1, 0)) + root for root in roots]
    return b"".join([b"\xa2eroots", _array(len(links)), *links, b"gversion\x01"])


def _array(length: int) -> bytes:
    """How an array of so many items begins in CBOR, in the shortest form."""
    if length < 24:
        return bytes((0x80 + length,))
    size = 1 if length < 1 << 8 else 2 if length < 1 << 16 else 4
    return bytes((0x98 + size.bit_length() - 1,)) + length.to_bytes(size)


def _varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes((low | 0x80,)) + _varint(rest) if rest else bytes((low,))
