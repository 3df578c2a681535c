"""Graphs of blocks: what links to what."""

from metaorg.errors import InvalidInput
from metaorg.ipfs.blocks import Block
from metaorg.types import DAG_PB, Cid


def links(block: Block) -> list[Cid]:
    """The CIDs that a block links to, in its order.

    Raises:
        InvalidInput: its bytes are no node of its codec.
    """
    if block.cid.codec != DAG_PB:
        return []
    return [Cid.from_bytes(value) for link in _fields(block.data, 2) for value in _fields(link, 1)]


def _fields(data: bytes, number: int) -> list[bytes]:
    found, at = [], 0
    while at < len(data):
        tag, at = _varint(data, at)
        value, at = _varint(data, at)
        if tag & 7 == 2:
            if tag >> 3 == number:
                found.append(data[at : at + value])
            at += value
        if at > len(data) or tag & 7 not in (0, 2):
            raise InvalidInput("this block is no dag-pb node")
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data):
        value, shift, at = value | (data[at] & 127) << shift, shift + 7, at + 1
        if data[at - 1] < 128:
            return value, at
    raise InvalidInput("this block is no dag-pb node")
