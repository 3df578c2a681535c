"""Logs that nobody emitted, for tests of what keeps them."""

import hashlib
import random
from collections.abc import Sequence
from itertools import pairwise

from metaorg.audit.events import Header, Row
from metaorg.audit.index import Batch, Index, Window, digest_of
from metaorg.types import ZERO_DIGEST, checksum_address

FRONT_DOOR = checksum_address("0x" + "5a" * 20)


def header(number: int, fork: str = "") -> Header:
    return Header(number, _hash(number, fork), _hash(number - 1, fork), 1_700_000_000 + 12 * number)


def rows(first: int, last: int, fork: str = "") -> list[Row]:
    """Up to four logs in two of three blocks, of all sizes; the same for the same arguments."""
    return [
        _row(number, place, random.Random(f"{number} {place} {fork}"))
        for number in range(first, last + 1)
        if number % 3
        for place in range(0, 2 * (number % 4 + 1), 2)
    ]


def _row(number: int, place: int, draw: random.Random) -> Row:
    return Row(
        number,
        place,
        draw.randbytes(32),
        place // 2,
        draw.randbytes(20),
        draw.randbytes(32 * draw.randrange(5)),
        draw.randbytes(draw.choice((0, 32, 33, 500))),
    )


def batch(
    first: int,
    last: int,
    fork: str = "",
    *,
    replaces: bool = False,
    endpoint: str = "http://127.0.0.1:8545",
    logs: Sequence[Row] | None = None,
) -> Batch:
    found = rows(first, last, fork) if logs is None else logs
    numbers = {row.block for row in found} | {last}
    window = Window(first, last, endpoint, 1_800_000_000 + last, len(found), final=True)
    return Batch(window, [header(number, fork) for number in sorted(numbers)], found, replaces)


def kept(index: Index) -> list[Row]:
    return [row for page in index.rows() for row, _ in page]


def sound(index: Index) -> None:
    """Between two batches: windows without a gap, and all that they announce, and no more."""
    windows, found = index.windows(), kept(index)
    for window, following in pairwise(windows):
        assert following.first == window.last + 1
    at, digest = 0, ZERO_DIGEST
    for window in windows:
        own = found[at : at + window.count]
        at, digest = at + window.count, digest_of(own, digest)
        assert all(window.first <= row.block <= window.last for row in own)
        assert digest == window.digest
        assert index.header(window.last) is not None
    assert at == len(found)
    assert index.log_digest() == digest_of(found)


def _hash(number: int, fork: str) -> bytes:
    return hashlib.sha256(f"{number} {fork}".encode()).digest()
