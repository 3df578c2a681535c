"""Bloom filters of logs, as headers and receipts carry them: 2,048 bits, three for each value."""

from collections.abc import Iterable
from functools import lru_cache

from eth_hash.auto import keccak

from metaorg.audit.events import Row


class Bloom:
    """A bloom filter.

    Args:
        bits: as the chain has it, 256 bytes.
    """

    __slots__ = ("_bits",)

    def __init__(self, bits: bytes) -> None:
        if len(bits) != 256:
            raise ValueError(f"a bloom filter has 256 bytes, this one has {len(bits)}")
        self._bits = int.from_bytes(bits)

    def may_contain(self, value: bytes) -> bool:
        """Whether a contract or a topic may be in it; False is certain."""
        wanted = mask(value)
        return self._bits & wanted == wanted

    def may_contain_any(self, values: Iterable[bytes]) -> bool:
        """Whether one of these contracts or topics may be in it; False is certain."""
        return any(self.may_contain(value) for value in values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bloom) and self._bits == other._bits

    def __hash__(self) -> int:
        return hash(self._bits)

    def __bytes__(self) -> bytes:
        return self._bits.to_bytes(256)


@lru_cache(maxsize=1 << 16)
def mask(value: bytes) -> int:
    """The bits of one value: the low 11 bits of each of the first three pairs of its hash."""
    digest, found = keccak(value), 0
    for at in (0, 2, 4):
        found |= 1 << (int.from_bytes(digest[at : at + 2]) & 2047)
    return found


def bloom_of(logs: Iterable[Row]) -> Bloom:
    """The filter that exactly these logs make: contracts and topics."""
    bits = 0
    for row in logs:
        bits |= mask(row.contract)
        for at in range(0, len(row.topics), 32):
            bits |= mask(row.topics[at : at + 32])
    return Bloom(bits.to_bytes(256))
