"""What holds for one block, whichever store keeps it: its limits, its name, and that both agree."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from metaorg.errors import ContentCorrupt, InvalidInput
from metaorg.types import BLOCK_LIMIT, CODECS, RAW, Cid


class Block(NamedTuple):
    """One block with its name; whoever makes one has seen that they agree."""

    cid: Cid
    data: bytes


def cid_of(data: bytes, codec: int = RAW) -> Cid:
    """The CID of a block that every store accepts.

    Raises:
        InvalidInput: over `BLOCK_LIMIT` bytes, or a codec that `CODECS` does not list.
    """
    problems = [*_size_problem(data), *_codec_problem(codec)]
    if problems:
        raise InvalidInput(*problems)
    return Cid.of(data, codec)


def verified(cid: Cid, data: object, where: str) -> bytes:
    """The bytes, once they are known to hash to their CID.

    Raises:
        ContentCorrupt: they do not, or they are no bytes at all.
    """
    if not isinstance(data, bytes) or not cid.matches(data):
        raise ContentCorrupt(cid, where)
    return data


def batches(blocks: Iterable[Block], *, count: int, size: int) -> Iterator[list[Block]]:
    """Blocks in order, in lists that are full at `count` blocks or `size` bytes.

    A store takes one list at a time, so that neither memory nor a transaction waits for the next.
    """
    batch: list[Block] = []
    held = 0
    for block in blocks:
        batch.append(block)
        held += len(block.data)
        if len(batch) >= count or held >= size:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def _size_problem(data: bytes) -> list[str]:
    if len(data) <= BLOCK_LIMIT:
        return []
    return [
        f"{len(data):,} bytes do not fit in one block of at most {BLOCK_LIMIT:,} bytes (2 MiB): "
        "split it"
    ]


def _codec_problem(codec: int) -> list[str]:
    if codec in CODECS:
        return []
    known = ", ".join(f"{name} ({code:#x})" for code, name in CODECS.items())
    return [f"{codec:#x} is no codec of this project; known are {known}"]
