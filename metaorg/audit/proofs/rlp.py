"""Recursive length prefix (RLP), strictly: every value has one encoding, and no other is read."""

from collections.abc import Sequence

from metaorg.errors import InvalidInput

Item = bytes | list["Item"]
"""A string of bytes, or a list of items."""
DEPTH = 4
"""How deep lists may lie in one another; nodes of tries and receipts need 3."""


def encode(item: "bytes | Sequence[bytes | Sequence[object]]") -> bytes:
    """The encoding of bytes, or of a sequence of items."""
    if isinstance(item, bytes):
        return item if len(item) == 1 and item[0] < 128 else head(len(item), 128) + item
    return packed([encode(part) for part in item])  # type: ignore[arg-type]


def packed(encoded: Sequence[bytes]) -> bytes:
    """A list of items that are encoded already."""
    body = b"".join(encoded)
    return head(len(body), 192) + body


def number(value: int) -> bytes:
    """The encoding of a number: its bytes, big-endian, without leading zeros."""
    return encode(value.to_bytes((value.bit_length() + 7) // 8))


def head(length: int, kind: int) -> bytes:
    """What stands before `length` bytes of a string (kind 128) or of a list (kind 192)."""
    if length < 56:
        return bytes((kind + length,))
    size = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes((kind + 55 + len(size),)) + size


def decode(data: bytes) -> Item:
    """The item that `data` is the encoding of.

    Raises:
        InvalidInput: it is not the encoding of exactly one item, or lists are too deep.
    """
    item, end = _item(data, 0, DEPTH)
    if end != len(data):
        raise InvalidInput("the RLP goes on after its end")
    return item


def _item(data: bytes, at: int, depth: int) -> tuple[Item, int]:
    kind, start, end = _span(data, at)
    if kind == 128:
        return data[start:end], end
    if depth == 0:
        raise InvalidInput("lists in the RLP are too deep")
    items: list[Item] = []
    while start < end:
        item, start = _item(data, start, depth - 1)
        items.append(item)
    if start != end:
        raise InvalidInput("an item of the RLP ends after its list")
    return items, end


def _span(data: bytes, at: int) -> tuple[int, int, int]:
    """Kind of the item at a place, and where its body begins and ends."""
    if at >= len(data):
        raise InvalidInput("the RLP ends too early")
    first = data[at]
    if first < 128:
        return 128, at, at + 1
    kind = 128 if first < 192 else 192
    length, start = first - kind, at + 1
    if length > 55:
        size, start = data[start : start + length - 55], start + length - 55
        length = int.from_bytes(size)
        if length < 56 or size[:1] == b"\0":
            raise InvalidInput("a length in the RLP is not in its shortest form")
    elif kind == 128 and length == 1 and data[start : start + 1] < b"\x80":
        raise InvalidInput("a byte in the RLP is not in its shortest form")
    if start + length > len(data):
        raise InvalidInput("the RLP ends too early")
    return kind, start, start + length
