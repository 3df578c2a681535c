"""Merkle-Patricia tries: the root of a list, and proofs that a key has a value or none."""

from collections.abc import Sequence
from functools import lru_cache

from eth_hash.auto import keccak

from metaorg.audit.proofs import rlp
from metaorg.errors import InvalidInput

EMPTY_ROOT = keccak(b"\x80")
"""Root of a trie without keys."""
LONGEST_PROOF = 65
"""Nodes on the way to a key of 32 bytes, at most: one for each half byte, and the last."""
LARGEST_NODE = 1024
"""Bytes of a node; a branch of a state has at most 532, a leaf of an account about 150."""


def ordered_root(values: Sequence[bytes]) -> bytes:
    """The root of the trie that has these values (never empty) under the RLP of 0, 1, 2 ..."""
    if not values:
        return EMPTY_ROOT
    pairs = [(rlp.number(index).hex(), value) for index, value in enumerate(values)]
    node = _node(sorted(pairs), 0)
    return keccak(node)


def _node(pairs: Sequence[tuple[str, bytes]], depth: int) -> bytes:
    """The encoded node that holds sorted keys (as hex digits), from a digit on."""
    first, value = pairs[0]
    if len(pairs) == 1:
        return rlp.encode([_path(first[depth:], leaf=True), value])
    shared = _shared(first, pairs[-1][0], depth)
    if shared > depth:
        below = _link(_node(pairs, shared))
        return rlp.packed([rlp.encode(_path(first[depth:shared], leaf=False)), below])
    return _branch(pairs, depth)


def _branch(pairs: Sequence[tuple[str, bytes]], depth: int) -> bytes:
    slots, start, value = [b"\x80"] * 16, 0, b""
    if len(pairs[0][0]) == depth:
        start, value = 1, pairs[0][1]
    while start < len(pairs):
        digit, end = pairs[start][0][depth], start + 1
        while end < len(pairs) and pairs[end][0][depth] == digit:
            end += 1
        slots[int(digit, 16)] = _link(_node(pairs[start:end], depth + 1))
        start = end
    return rlp.packed([*slots, rlp.encode(value)])


def _link(node: bytes) -> bytes:
    """How a node stands in the one above: itself where it is short, else its hash."""
    return node if len(node) < 32 else b"\xa0" + keccak(node)


def _shared(one: str, other: str, depth: int) -> int:
    """Up to where two keys are alike."""
    while depth < min(len(one), len(other)) and one[depth] == other[depth]:
        depth += 1
    return depth


def _path(digits: str, *, leaf: bool) -> bytes:
    """Hex digits with the flag that says whether they end a key (hex-prefix encoding)."""
    flag = 2 * leaf + len(digits) % 2
    return bytes.fromhex(f"{flag:x}{'' if flag % 2 else '0'}{digits}")


def find(root: bytes, key: bytes, proof: Sequence[bytes]) -> bytes | None:
    """The value under a key of a trie, as a proof shows it; None when it shows that there is none.

    Args:
        root: of the trie. key: as it stands in the trie (hashed, in a state). proof: the nodes from
            the root towards the key, no more and no fewer.

    Raises:
        InvalidInput: this does not follow from the root; the message says where it breaks.
    """
    if len(proof) > LONGEST_PROOF or any(len(node) > LARGEST_NODE for node in proof):
        raise InvalidInput("the proof is longer than any can be")
    if root == EMPTY_ROOT and list(proof) in ([], [b"\x80"]):
        return None
    return _Walk(key.hex(), proof).from_root(root)


class _Walk:
    """The way from the root to a key, over the nodes of a proof."""

    def __init__(self, digits: str, proof: Sequence[bytes]) -> None:
        self._digits, self._proof, self._used = digits, proof, 0

    def from_root(self, root: bytes) -> bytes | None:
        found = self._follow(self._linked(root), 0)
        if self._used != len(self._proof):
            raise InvalidInput("the proof has nodes that nothing leads to")
        return found

    def _follow(self, node: rlp.Item, depth: int) -> bytes | None:
        while True:
            if not isinstance(node, list) or len(node) not in (2, 17):
                raise InvalidInput(f"node {self._used} of the proof is neither a branch nor a path")
            if len(node) == 17:
                if depth == len(self._digits):
                    return _value(node[16]) or None
                below, depth = node[int(self._digits[depth], 16)], depth + 1
            else:
                leaf, part = _digits(node[0])
                if not self._digits.startswith(part, depth):
                    return None
                depth, below = depth + len(part), node[1]
                if leaf:
                    return _value(below) if depth == len(self._digits) else None
            if below == b"":
                return None
            node = below if isinstance(below, list) else self._linked(below)

    def _linked(self, digest: bytes) -> rlp.Item:
        """The next node of the proof, which must have this hash."""
        if self._used == len(self._proof):
            raise InvalidInput(f"the proof ends after {self._used} nodes, before the key")
        node = self._proof[self._used]
        if _hash(node) != digest:
            raise InvalidInput(f"node {self._used} of the proof has not the hash that leads to it")
        self._used += 1
        return _decoded(node)


@lru_cache(maxsize=1 << 12)
def _hash(node: bytes) -> bytes:
    """The hash of a node; those near the root are in every proof."""
    return keccak(node)


@lru_cache(maxsize=1 << 12)
def _decoded(node: bytes) -> rlp.Item:
    return rlp.decode(node)


def _value(item: rlp.Item) -> bytes:
    if not isinstance(item, bytes):
        raise InvalidInput("the proof has a list where a value must be")
    return item


def _digits(item: rlp.Item) -> tuple[bool, str]:
    """Whether a path ends a key, and its hex digits."""
    text = _value(item).hex()
    if text[:1] not in ("0", "1", "2", "3") or (text[0] in "02" and text[1] != "0"):
        raise InvalidInput("the proof has a path that is not hex-prefix encoded")
    return text[0] in "23", text[1 if text[0] in "13" else 2 :]
